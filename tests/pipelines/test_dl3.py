"""`ctacol run dl3`: datasets and responses to a folder of event lists."""

import json
import pickle
import weakref
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import toy_lists as lists
import toy_observatory as toy
import yaml
from store.toy_run import LST, toy_subarray
from toy_conditions import muons, pedestals, write

from cta_columnar import run
from cta_columnar.errors import UserError
from cta_columnar.executors import Ok
from cta_columnar.gadf import file_problems
from cta_columnar.instrument.frames import angular_separation
from cta_columnar.pipelines.dl3.lists import EventList
from cta_columnar.schemas.gadf import POINT_LIKE
from cta_columnar.stages.dl3.samples import DrawOptions, Sample
from cta_columnar.stages.dl3.shares import makes_responses
from cta_columnar.stages.dl3.simulated_events import observe
from cta_columnar.stages.dl3.site import Site
from cta_columnar.stages.irf.axes import Axis
from cta_columnar.stages.irf.component import Component
from cta_columnar.stages.irf.cuts import same_cuts
from cta_columnar.store import irf_telescopes, open_irf
from cta_columnar.store.gadf import (
    dataset_problems,
    load_dl3_table,
    read_gadf,
    read_index,
    validate_dl3,
)
from cta_columnar.store.tables import read_table

OBSERVE = {
    "target": {"name": "Crab", "ra": toy.CRAB.ra, "dec": toy.CRAB.dec},
    "source": {"spectrum": {"flux": 3e-7, "index": -2.5}},
    "background": {"proton": {"flux": 0.1, "index": -2.7}, "electron": None},
    "observations": [
        {
            "start": "2024-12-06T00:00:00",
            "duration": 5,
            "number": 2,
            "pause": 1,
            "offset": 0.7,
            "position_angles": [0, 180],
            "gaps": [[1, 1.5]],
        }
    ],
    "dead_fraction": 0.05,
    "zenith_tolerance": 25,
}
PEDESTALS = "monitoring/pedestal_statistics"
NEAR = {"zenith_tolerance": 25}
SITE = Site(-17.0, 28.7, 2e3)


class Place:
    """Datasets and responses; not to be changed."""

    def __init__(self, root):
        self.root = root
        self.samples = lists.make_samples()
        self.dl2 = {
            primary: lists.simulated_dl2(root / str(primary), primary, *each)
            for primary, each in self.samples.items()
        }
        pair = [Sample("x", *self.samples[lists.GAMMA], toy.SOURCE, toy.CRAB)]
        pair += [Sample("x", *self.samples[lists.PROTON], toy.PROTONS)]
        self.components = toy.make_components(pair)
        self.irf = lists.write_irf(root / "irf", self.components, self.dl2)

    def run(self, output, *, observe=None, **how):
        how = {"responses": NEAR, "workers": 1, "input": list(self.dl2.values())} | how
        given = OBSERVE | (observe or {}) if observe != "no" else None
        return run(
            "dl3", output=output, irf=how.pop("irf", self.irf), observe=given, **how
        )


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return Place(tmp_path_factory.mktemp("lists"))


@pytest.fixture(scope="module")
def done(place):
    """Return a folder of event lists; not to be changed."""
    output = place.root / "dl3"
    summary = place.run(output)
    assert summary.counts["observations"] == 2
    return output


def tables(folder, obs_id=1):
    return {hdu.kind: hdu for hdu in read_gadf(folder / f"dl3_{obs_id}.fits.gz")}


def test_what_comes_out_is_gadf(done):
    assert dataset_problems(done) == []
    assert validate_dl3(done) == []
    index, hdus = read_index(done)
    assert index["OBS_ID"].tolist() == [1, 2]
    np.testing.assert_allclose(index["ONTIME"], 270.0)
    assert set(hdus["HDU_CLASS"].tolist()) == {
        *("events", "gti", "aeff_2d", "edisp_2d", "psf_table", "bkg_2d"),
    }
    found = tables(done)
    assert file_problems(found.values()) == []
    head = found["events"].header
    assert head["OBJECT"] == "Crab"
    assert head["INSTRUME"] == "North"
    assert head["LIVETIME"] == pytest.approx(0.95 * 270)
    assert {"GAMMANESS", "DIR_ERR", "EVENT_TYPE", "MULTIP"} <= set(
        found["events"].columns
    )


def test_pointings_alternate_around_the_target(done):
    index, _ = read_index(done)
    np.testing.assert_allclose(index["RA_PNT"], toy.CRAB.ra, atol=1e-4)
    np.testing.assert_allclose(
        index["DEC_PNT"], toy.CRAB.dec + np.array([0.7, -0.7]), atol=1e-4
    )


def test_cuts_and_shares_are_those_of_the_responses(done, place):
    for obs_id in (1, 2):
        events = tables(done, obs_id)["events"]
        assert (events["GAMMANESS"] >= 0.82 - 1e-6).all()
        assert not makes_responses(
            0, toy.FRACTION, events["SIM_OBS"], events["SIM_ID"]
        ).any()
        # One bit for each event: its class.
        assert (events["EVENT_TYPE"].sum(axis=1) == 1).all()
    keys = [
        {*zip(e["SIM_SAMP"].tolist(), e["SIM_ID"].tolist(), strict=True)}
        for e in (tables(done, k)["events"] for k in (1, 2))
    ]
    assert not keys[0] & keys[1]
    scores = place.samples[lists.GAMMA][0]["gh_score"]
    flow = pl.from_arrow(load_dl3_table(done, "cut_flow")).filter(stage="gamma")
    left = dict(flow.select("cut", "n_survivors").iter_rows())
    assert left["all"] == scores.size
    assert left["gh_cut"] == np.count_nonzero(scores >= 0.82)
    assert left["drawn"] == sum(
        (tables(done, k)["events"]["SIM_SAMP"] == 0).sum() for k in (1, 2)
    )


def test_as_many_events_as_expected(done):
    observed = pl.from_arrow(load_dl3_table(done, "observed"))
    assert observed["sample"].to_list() == ["gamma", "proton"] * 2
    # By hand: flux, area, share that passes, live time; the ring has 0.5 of 1 deg.
    live = 0.95 * 270
    passing = 0.9 * toy.EFF_GAMMA * np.pi * toy.RADIUS**2
    wanted = 3e-7 / 1.5 * (toy.LOW**-1.5 - toy.HIGH**-1.5) * passing * live
    gamma = observed.filter(sample="gamma")
    np.testing.assert_allclose(gamma["n_expected"], wanted, rtol=0.1)
    away = np.abs(observed["n_drawn"] - observed["n_expected"])
    assert (away < 4 * np.sqrt(observed["n_expected"])).all()


def test_the_source_is_at_its_place(done):
    for obs_id in (1, 2):
        events = tables(done, obs_id)["events"]
        gamma = events["SIM_SAMP"] == 0
        away = angular_separation(
            events["RA"][gamma], events["DEC"][gamma], toy.CRAB.ra, toy.CRAB.dec
        )
        assert np.median(away) == pytest.approx(0.05 * np.sqrt(np.log(4)), rel=0.2)


def test_technical_tables(done):
    frame = pl.from_arrow(load_dl3_table(done, "technical/intervals"))
    first = frame.filter(obs_id=1)
    assert first.height == 5
    np.testing.assert_allclose(first["ontime"], [60, 30, 60, 60, 60])
    np.testing.assert_allclose(first["live_time"], 0.95 * first["ontime"])
    counts = tables(done)["events"].n_rows
    assert first["n_events"].sum() == counts
    assert 0 < first["n_cosmic_rays"].sum() < counts
    # All triggers are recorded ones: more than are in the list.
    rate = first["trigger_rate"].unique().to_numpy()
    assert rate == pytest.approx(counts / 0.9 / 270, rel=0.2)
    assert first["transparency"].is_nan().all()
    assert load_dl3_table(done, "technical/telescopes").num_rows == 0


def test_the_provenance_names_inputs_and_files(done, place):
    document = json.loads((done / "provenance.json").read_text())
    (activity,) = document["activity"].values()
    assert activity["ctacol:status"] == "completed"
    labels = {e.get("prov:label") for e in document["entity"].values()}
    assert {str(place.irf), *map(str, place.dl2.values())} <= labels
    assert {"dl3_1.fits.gz", "obs-index.fits.gz", "cut_flow.parquet"} <= labels


class Travelling:
    """An executor whose tasks go to another process, and arrive here."""

    workers: int

    def __init__(self, workers):
        self.workers = workers

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def map(self, tasks, on_result):
        sent = [pickle.loads(pickle.dumps(task)) for task in tasks]
        done = {
            task.name: Ok(task.name, task.function(*task.args)) for task in sent[::-1]
        }
        for each in done.values():
            on_result(each)
        return [done[task.name] for task in sent]


def test_workers_and_order_of_inputs_change_nothing(place, done, tmp_path, monkeypatch):
    made = []

    def make(workers):
        made.append(workers)
        return Travelling(workers)

    monkeypatch.setattr("cta_columnar.pipelines.dl3.writing.EVENTS_PER_PROCESS", 1)
    monkeypatch.setattr("cta_columnar.pipelines.dl3.writing.make_executor", make)
    backwards = list(place.dl2.values())[::-1]
    place.run(tmp_path / "dl3", input=backwards, workers=2)
    assert made == [2]
    for name in ("dl3_1.fits.gz", "dl3_2.fits.gz", "obs-index.fits.gz"):
        assert (tmp_path / "dl3" / name).read_bytes() == (done / name).read_bytes()


def test_the_file_of_observations(place, done, tmp_path):
    file = tmp_path / "observation.yaml"
    file.write_text(yaml.safe_dump({"stage": "observation", **OBSERVE}))
    summary = run(
        "dl3",
        input=list(place.dl2.values()),
        irf=place.irf,
        observe=file,
        output=tmp_path / "dl3",
        set=["responses.zenith_tolerance=25", "observe.seed=1"],
        dry_run=True,
    )
    assert [each.key for each in summary.shards] == ["dl3_1.fits.gz", "dl3_2.fits.gz"]
    assert "events in 4.5 min, responses of point 0" in summary.shards[0].inputs[0]
    assert not (tmp_path / "dl3").exists()


def test_background_of_the_events_themselves(place, tmp_path):
    how = {"off_region": {"energy_bins": 2, "offset_bins": 3, "max_offset": 3.0}}
    place.run(tmp_path / "dl3", background="off-region", **how)
    table = tables(tmp_path / "dl3")["bkg_2d"]
    found = read_table(tmp_path / "dl3" / "background.parquet")
    width = np.asarray(found["reco_energy_high"]) - found["reco_energy_low"].to_numpy()
    low, high = (
        np.cos(np.radians(found[f"reco_source_fov_offset_{end}"].to_numpy()))
        for end in ("low", "high")
    )
    rate = (found["background"].to_numpy() * width * 2 * np.pi * (low - high)).sum()
    protons = tables(tmp_path / "dl3")["events"]
    of_cone = (protons["SIM_SAMP"] == 1) & (protons["THETA"] < 3.0)
    assert rate == pytest.approx(of_cone.sum() / (0.95 * 270), rel=0.25)
    # In the file it is per time with dead time, and per MeV.
    np.testing.assert_allclose(
        table["BKG"][0].T.reshape(-1),
        found["background"].to_numpy() * 0.95e-6,
        rtol=1e-5,
    )


@pytest.fixture(scope="module")
def recorded(place):
    """A dataset that looks recorded, and its observations; not to be changed."""
    observations = [
        toy.make_observation(k, start, minutes=8, site=SITE, north=north)
        for k, start, north in (
            (11, "2024-12-05T23:40:00", 0.7),
            (12, "2024-12-06T00:00:00", -0.7),
        )
    ]
    samples = [
        Sample("gamma", *place.samples[lists.GAMMA], toy.SOURCE, toy.CRAB),
        Sample("proton", *place.samples[lists.PROTON], toy.PROTONS),
    ]
    for each in samples:
        each.events["direction_error_class"] = (
            each.events["multiplicity"].astype(np.int8) % 3
        )
    options = DrawOptions(zenith_tolerance=25, response_fraction=0.0)
    seen = observe(samples, observations, options)
    return (
        lists.recorded_dl2(place.root / "recorded", observations, seen.events),
        observations,
        seen.events,
    )


def conditions(observation, folder):
    """Weather, pedestals and a muon during an observation."""
    start = observation.start_ns // 10**9
    chunks = pedestals(LST, 1, [start, start + 250], [1.0, 2.0], obs_id=11)
    rings = muons(1, [start + 130], [0.2], [True], obs_id=11)
    paths = [
        write(folder / "a", "calibration", PEDESTALS, {LST: chunks}),
        write(folder / "b", "stage1", "muons", {LST: rings}),
    ]
    weather = folder / "weather.csv"
    # The observation is given in TAI, 37 s ahead of UTC.
    times = [str(np.datetime64(start - 37 + s, "s")) for s in (0, 600)]
    weather.write_text(f"time,temperature\n{times[0]},4\n{times[1]},5\n")
    return {"weather": str(weather), "monitoring": paths}


def test_recorded_data(place, recorded, tmp_path):
    dataset, observations, events = recorded
    how = {
        "target": OBSERVE["target"],
        "good_time": {"longest_gap": 5.0, "dead_time": 0.02},
        "technical": {"interval": 120.0, **conditions(observations[0], tmp_path)},
    }
    summary = place.run(tmp_path / "dl3", observe="no", input=dataset, **how)
    assert validate_dl3(tmp_path / "dl3") == []
    index, _ = read_index(tmp_path / "dl3")
    assert index["OBS_ID"].tolist() == [11, 12]
    (told,) = (each for each in summary.warnings if "weather" in each)
    assert "temperature of" in told
    assert "intervals have no value" in told
    for observation, each in zip(observations, events, strict=True):
        found = tables(tmp_path / "dl3", observation.obs_id)
        head = found["events"].header
        assert head["OBS_MODE"] == "POINTING"
        assert head["RA_PNT"] == pytest.approx(observation.pointing.ra, abs=1e-6)
        assert head["ONTIME"] == pytest.approx(420, abs=2.5)
        triggers = len(each["event_id"]) + 420
        assert 1 - head["DEADC"] == pytest.approx(triggers * 0.02 / 420, rel=0.05)
        assert found["gti"].n_rows == 2
        passing = np.count_nonzero(each["gh_score"] >= 0.82)
        assert found["events"].n_rows == pytest.approx(passing, abs=3)
        assert "SIM_ID" not in found["events"].columns
    frame = pl.from_arrow(load_dl3_table(tmp_path / "dl3", "technical/intervals"))
    assert frame.filter(pl.col("ontime") > 50)["trigger_rate"].min() > 1.0
    assert frame.filter(obs_id=11)["temperature"].to_list()[0] == pytest.approx(4.1)
    assert frame.filter(obs_id=12)["temperature"].is_nan().all()
    known = pl.from_arrow(load_dl3_table(tmp_path / "dl3", "technical/telescopes"))
    assert known["obs_id"].to_list() == [11] * 4
    assert known["pedestal_mean"].to_list() == [1.0, 1.0, 2.0, 2.0]
    assert known["n_muons"].to_list() == [0, 1, 0, 0]
    assert known["light_throughput"][1] == pytest.approx(0.2)
    flow = pl.from_arrow(load_dl3_table(tmp_path / "dl3", "cut_flow"))
    assert flow["cut"].to_list()[-1] == "good_time"
    document = json.loads((tmp_path / "dl3" / "provenance.json").read_text())
    labels = {e.get("prov:label") for e in document["entity"].values()}
    given = how["technical"]
    assert {str(dataset), given["weather"], *given["monitoring"]} <= labels


def problem(place, output, **how):
    with pytest.raises(UserError) as caught:
        place.run(output, **how)
    assert not Path(output).exists()
    return str(caught.value)


def series(**changes):
    return {"observations": [OBSERVE["observations"][0] | changes]}


@pytest.mark.parametrize(
    ("observe", "words"),
    [
        (series(start="2024-12-06T12:00:00"), "below the horizon"),
        (series(start="2024-12-06T05:00:00"), "the nearest responses are at 20.0"),
        (series(start="yesterday"), "start 'yesterday' is no time"),
        (series(start="2263-01-01T00:00:00"), "tables have times of the years 1720 to"),
        (series(number=20, duration=1e7), "tables have times of the years 1720 to"),
        (series(duration=float("inf")), "must be finite"),
        (series(gaps=[[4, 7]]), "gap from 4 to 7 min is not inside"),
        (series(gaps=[[0, 5]]), "no good time is left"),
        (series(duration=5, number=1, offset=4.0), "no simulated event is as far off"),
        (series(ra=80.0, dec=22.0), "given is offset and ra and dec"),
        (series(offset=None, ra=80.0), "given is ra and dec"),
        (series(ofset=1.0), "did you mean 'offset'"),
        ({"observations": []}, "observations: there is none"),
        ({"observations": {"start": "x"}}, "wants a list of keys"),
        ({"source": {"spectrum": "CRAB"}}, "there is no spectrum 'CRAB'"),
        ({"source": {"spectrum": "PDG_ALL_PARTICLE"}}, "is per solid angle"),
        ({"source": {"spectrum": {"flux": 1.0}}}, "wants a name, or flux"),
        ({"background": {"proton": "CRAB_HEGRA"}}, "is a source"),
        (
            {"background": {"iron": {"flux": 1.0, "index": -2.0}, "electron": None}},
            "no particle 'iron'",
        ),
    ],
)
def test_impossible_observations(place, tmp_path, observe, words):
    assert words in problem(place, tmp_path / "dl3", observe=observe)


def test_too_much_is_told_of_the_observation(place, tmp_path):
    long = series(start="2024-12-05T23:00:00", duration=120, number=1)
    told = problem(place, tmp_path / "dl3", observe={**long, "first_obs_id": 40})
    assert "expected in observation 40 would be missing" in told


def test_two_observations_at_one_time(place, tmp_path):
    twice = {"observations": OBSERVE["observations"] * 2}
    told = problem(place, tmp_path / "dl3", observe=twice)
    assert "observations 1 and 3 overlap" in told


def test_inputs_that_do_not_do(place, tmp_path, recorded):
    def told(**how):
        return problem(place, tmp_path / "dl3", **how)

    assert "no input has runs of it" in told(input=place.dl2[lists.GAMMA])
    assert "is simulated: say with --observe" in told(observe="no")
    assert "is recorded: leave out --observe" in told(input=recorded[0])
    assert "name the folder of responses" in told(irf=None)
    assert "is no folder of responses" in told(irf=place.dl2[lists.GAMMA])
    gamma = place.samples[lists.GAMMA]
    other = lists.simulated_dl2(
        tmp_path / "v1", lists.GAMMA, *gamma, schema_version="1.0.0"
    )
    assert "version 1.0.0 of the data model" in told(input=other)
    second = lists.simulated_dl2(tmp_path / "2", lists.GAMMA, *gamma, stage="stage2")
    assert "dl3 wants what stage3 made" in told(input=second)


def test_responses_that_do_not_do(place, tmp_path):
    def told(name, *, set=(), **changes):  # noqa: A002
        irf = lists.write_irf(tmp_path / name, place.components, place.dl2, **changes)
        return problem(place, tmp_path / "dl3", irf=irf, set=set)

    none = {"background_2d": None, "background_3d": None}
    assert "has no background; set background=off-region" in told("a", products=none)
    assert "has no psf" in told("b", products={"psf": None})
    assert "has no rad_max" in told("c", point_like=True)
    cuts = same_cuts(toy.AXES.reco_energy, gh=2.0).to_component()
    strict = told("d", products={"cuts": cuts})
    n = place.samples[lists.GAMMA][0]["event_id"].size
    assert f"gamma: none of {n} simulated events is left by the cuts" in strict
    assert "0 pass gh_cut" in strict
    used = told("e", set="responses.azimuth_tolerance=0.001")
    assert "azimuth" in used


def test_nothing_is_left_of_a_run_that_fails(place, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise UserError("the disk is full")

    monkeypatch.setattr("cta_columnar.pipelines.dl3.writing.write_index", fail)
    assert "the disk is full" in problem(place, tmp_path / "dl3")
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_overwritten(place, tmp_path):
    output = tmp_path / "dl3"
    output.mkdir()
    (output / "mine.txt").write_text("x")
    with pytest.raises(UserError, match="is no folder of event lists"):
        place.run(output, overwrite=True)
    (output / "mine.txt").unlink()
    (output / "obs-index.fits.gz").write_text("old")
    with pytest.raises(UserError, match="use --overwrite"):
        place.run(output)
    place.run(output, overwrite=True)
    assert validate_dl3(output) == []


def test_only_simulations_of_the_nearest_pointing_are_seen(place, done, tmp_path):
    gamma, runs = place.samples[lists.GAMMA]
    events = {
        **gamma,
        "obs_id": np.full_like(gamma["obs_id"], 2),
        "array_pointing_alt": gamma["array_pointing_alt"] - 30,
    }
    other = lists.simulated_dl2(
        tmp_path / "other",
        lists.GAMMA,
        events,
        runs,
        run={"obs_id": 2, "pointing_alt": toy.ALT - 30},
    )
    both = [*place.dl2.values(), other]
    summary = place.run(tmp_path / "dl3", input=both, dry_run=True)
    for obs_id, planned in enumerate(summary.shards, 1):
        n_events = tables(done, obs_id)["events"].n_rows
        assert planned.inputs[0].startswith(f"{n_events} events")


def test_events_of_other_simulations_are_all_observed(place, done, tmp_path):
    irf = lists.write_irf(tmp_path / "irf", place.components, place.dl2, inputs=())
    place.run(tmp_path / "dl3", irf=irf)
    events = tables(tmp_path / "dl3")["events"]
    used = makes_responses(0, toy.FRACTION, events["SIM_OBS"], events["SIM_ID"])
    assert used.mean() == pytest.approx(toy.FRACTION, abs=0.1)
    before = load_dl3_table(done, "observed")["n_expected"].to_numpy()
    now = load_dl3_table(tmp_path / "dl3", "observed")["n_expected"].to_numpy()
    np.testing.assert_allclose(now, before, rtol=0.1)


def test_events_that_models_were_trained_on(place, tmp_path):
    gamma, runs = place.samples[lists.GAMMA]
    trained = {**gamma, "was_trained_on": np.arange(gamma["event_id"].size) % 4 == 0}
    inputs = [
        lists.simulated_dl2(tmp_path / "gamma", lists.GAMMA, trained, runs),
        place.dl2[lists.PROTON],
    ]
    n = trained["was_trained_on"].sum()
    told = problem(place, tmp_path / "dl3", input=inputs)
    assert f"the showers of {n} of {gamma['event_id'].size} events" in told
    place.run(tmp_path / "dl3", input=inputs, trained_on="keep", dry_run=True)


def test_point_like_responses_keep_events_around(place, tmp_path):
    near = {
        name: each.told(enclosure=POINT_LIKE) for name, each in place.components.items()
    }
    axes = (toy.AXES.reco_energy, toy.AXES.reco_offset)
    near["rad_max"] = Component("rad_max", axes, {"rad_max": np.full((20, 8), 0.125)})
    irf = lists.write_irf(tmp_path / "irf", near, place.dl2, point_like=True)
    place.run(tmp_path / "dl3", irf=irf, background="none")
    assert validate_dl3(tmp_path / "dl3") == []
    found = tables(tmp_path / "dl3")
    assert "rad_max_2d" in found
    assert not {"psf_table", "bkg_2d", "bkg_3d"} & found.keys()
    events = found["events"]
    away = angular_separation(events["RA"], events["DEC"], toy.CRAB.ra, toy.CRAB.dec)
    assert away.max() > 2


def test_the_other_background_may_be_named_by_the_index(place, tmp_path):
    how = {"responses": {**NEAR, "background": "background_3d"}}
    place.run(tmp_path / "a", **how)
    _, hdus = read_index(tmp_path / "a")
    assert "bkg_3d" in hdus["HDU_CLASS"].tolist()
    assert "bkg_2d" in tables(tmp_path / "a")


def test_events_of_one_type_with_their_responses(place, tmp_path):
    irf = lists.write_irf(
        tmp_path / "irf",
        place.components,
        place.dl2,
        event_types=(0, 1),
        event_type_column="direction_error_class",
    )
    how = {"responses": {**NEAR, "event_type": 1}}
    place.run(tmp_path / "dl3", irf=irf, **how)
    events = tables(tmp_path / "dl3")["events"]
    assert events["EVENT_TYPE"][:, 1].all()
    assert events["EVENT_TYPE"].sum() == events.n_rows
    told = problem(place, tmp_path / "no", irf=irf, set="responses.event_type=2")
    assert "set responses.event_type to one of -1, 0, 1" in told


def test_runs_that_were_given_another_number_are_known(place, tmp_path):
    gamma, runs = place.samples[lists.GAMMA]
    events = {**gamma, "obs_id": np.full_like(gamma["obs_id"], 5)}
    renamed = lists.simulated_dl2(
        tmp_path / "renamed", lists.GAMMA, events, runs, run={"obs_id": 5}
    )
    proton = place.dl2[lists.PROTON]
    place.run(tmp_path / "dl3", input=[renamed, proton])
    seen = tables(tmp_path / "dl3")["events"]
    gammas = seen["SIM_SAMP"] == 0
    assert (seen["SIM_OBS"][gammas] == 5).all()
    number = np.ones(gammas.sum(), np.int64)
    keys = (number, seen["SIM_ID"][gammas])
    assert not makes_responses(0, toy.FRACTION, *keys).any()
    told = problem(place, tmp_path / "no", input=[*place.dl2.values(), renamed])
    assert "as run 1; name only one" in told or "as run 5; name only one" in told


CUTS = ((5.0, 0.8), (45.0, 0.95))


@pytest.fixture(scope="module")
def grid(place):
    """Responses of two zenith angles; not to be changed."""
    root = place.root / "grid"
    return lists.write_irf(root, place.components, place.dl2, points=CUTS)


def cut_at(zenith):
    """Interpolate the cut on the score by hand."""
    place = np.cos(np.radians([zenith, *(each for each, _ in CUTS)]))
    return CUTS[0][1] + (CUTS[1][1] - CUTS[0][1]) * (place[1] - place[0]) / (
        place[1] - place[2]
    )


def test_events_have_the_cuts_of_interpolated_responses(place, grid, tmp_path):
    starts = ("2024-12-05T23:40:00", "2024-12-06T00:50:00")
    series = [OBSERVE["observations"][0] | {"number": 1, "start": at} for at in starts]
    how = {"choice": "interpolate"}
    observe = {"observations": series, "target": {"ra": 83.6, "dec": 22.0}}
    place.run(tmp_path / "dl3", irf=grid, responses=how, observe=observe)
    assert validate_dl3(tmp_path / "dl3") == []
    events = [tables(tmp_path / "dl3", k)["events"] for k in (1, 2)]
    wanted = [cut_at(each.header["ZEN_PNT"]) for each in events]
    assert wanted[0] > wanted[1] + 0.02
    for each, cut in zip(events, wanted, strict=True):
        # The mean direction of a few minutes is not quite that of their middle.
        assert each["GAMMANESS"].min() == pytest.approx(cut, abs=2e-3)
    pairs = [(e["SIM_SAMP"].tolist(), e["SIM_ID"].tolist()) for e in events]
    one, other = ({*zip(*each, strict=True)} for each in pairs)
    assert not one & other
    observed = pl.from_arrow(load_dl3_table(tmp_path / "dl3", "observed"))
    assert observed["n_drawn"].sum() == len(one) + len(other)
    # Scores are evenly from 0.8 to 1.
    gamma = observed.filter(sample="gamma")["n_expected"]
    shares = [(1 - cut) / 0.2 for cut in wanted]
    assert gamma[0] / gamma[1] == pytest.approx(shares[0] / shares[1], rel=0.08)
    flow = pl.from_arrow(load_dl3_table(tmp_path / "dl3", "cut_flow"))
    drawn = flow.filter(cut="drawn")["n_survivors"].sum()
    assert drawn == len(one) + len(other)


def test_recorded_events_have_interpolated_responses(place, recorded, grid, tmp_path):
    how = {"observe": "no", "input": recorded[0], "irf": grid}
    summary = place.run(tmp_path / "dry", dry_run=True, responses={}, **how)
    assert " of point 0, 0." in summary.shards[0].inputs[0]
    place.run(tmp_path / "dl3", responses={}, **how)
    for obs_id in (11, 12):
        events = tables(tmp_path / "dl3", obs_id)["events"]
        cut = cut_at(events.header["ZEN_PNT"])
        assert events["GAMMANESS"].min() == pytest.approx(cut, abs=5e-3)
    nearest = {"choice": "nearest", "zenith_tolerance": 25}
    summary = place.run(tmp_path / "near", dry_run=True, responses=nearest, **how)
    assert summary.shards[0].inputs[0].endswith("responses of point 0")


def test_an_event_that_could_be_in_two_observations(place, grid, tmp_path):
    """Gamma rays of two pointings, protons of one."""
    gamma, runs = place.samples[lists.GAMMA]
    events = {
        **gamma,
        "obs_id": np.full_like(gamma["obs_id"], 2),
        "array_pointing_alt": gamma["array_pointing_alt"] - 24,
    }
    moved = {"obs_id": 2, "pointing_alt": toy.ALT - 24}
    other = lists.simulated_dl2(
        tmp_path / "other", lists.GAMMA, events, runs, run=moved
    )
    starts = ("2024-12-06T00:50:00", "2024-12-05T22:00:00")
    series = [OBSERVE["observations"][0] | {"number": 1, "start": at} for at in starts]
    told = problem(
        place,
        tmp_path / "dl3",
        input=[*place.dl2.values(), other],
        irf=grid,
        observe={"observations": series},
    )
    assert "proton: run 1 of" in told
    assert "would be seen in observations 1 and 2" in told


def test_background_of_other_spectra(place, tmp_path):
    """Responses expect the protons of the real sky, an observation has few."""

    def told(background, **how):
        observe = {"background": {"electron": None, **background}}
        return problem(place, tmp_path / "no", observe=observe, **how)

    few = {"proton": {"flux": 1e-5, "index": -2.7}}
    said = told(few)
    assert "proton is " in said
    assert "1e+04 to 1e+04 times that flux" in said
    assert str(place.irf) in said
    for way in ("background=off-region", "other_spectra=keep", "observe.background"):
        assert way in said
    assert "proton is in the background alone" in told({"proton": None})
    old = lists.write_irf(tmp_path / "old", place.components, place.dl2, spectra={})
    assert "do not say of which spectrum" in told({}, irf=old)
    ways = [{"set": ["responses.other_spectra=keep"]}, {"background": "none"}]
    for way in [*ways, {"background": "off-region"}]:
        observe = {"background": {"electron": None, **few}}
        place.run(tmp_path / "dl3", observe=observe, dry_run=True, **way)


def test_telescopes_that_are_not_those_of_the_responses(place, recorded, tmp_path):
    def told(name, *telescopes, **how):
        irf = lists.write_irf(
            tmp_path / name, place.components, place.dl2, telescopes=telescopes,
            array="of others",
        )  # fmt: skip
        place.run(tmp_path / f"{name}.dl3", irf=irf, dry_run=True, **how)

    recorded_of = {"observe": "no", "input": recorded[0]}
    one, two = irf_telescopes(toy_subarray())
    for how in ({}, recorded_of):
        # Somewhere else as a whole, and not to a micrometre.
        moved = [
            replace(each, position=tuple(np.array(each.position) + 50 + off))
            for each, off in ((one, 1e-6), (two, 0.0))
        ]
        told("moved" + how.get("observe", ""), *moved, **how)
    far = replace(two, position=(100.0, 4.0, 5.0))
    other = replace(two, kind="MST with 1855 pixels")
    three = replace(two, tel_id=3)
    for how in ({}, recorded_of):
        name = how.get("observe", "")
        with pytest.raises(UserError, match=r"telescope 2 stands 48\.\d\d m from"):
            told("far" + name, one, far, **how)
        with pytest.raises(
            UserError,
            match="telescope 2 is LST with 5 pixels, in the responses MST with 1855",
        ):
            told("other" + name, one, other, **how)
        with pytest.raises(
            UserError, match="telescope 2 of the events is not in the responses"
        ):
            told("one" + name, one, **how)
        with pytest.raises(UserError, match="do not say of which telescopes"):
            told("none" + name, **how)
    with pytest.raises(UserError, match="telescope 3 is in the responses alone"):
        told("more", one, two, three)


@pytest.fixture(scope="module")
def patchy(place):
    """A recorded dataset: triggers alone, no scores, and one that is good."""
    good, blind = (
        toy.make_observation(k, start, minutes=8, site=SITE)
        for k, start in ((21, "2024-12-05T23:40:00"), (22, "2024-12-06T00:00:00"))
    )
    sample = Sample("gamma", *place.samples[lists.GAMMA], toy.SOURCE, toy.CRAB)
    options = DrawOptions(zenith_tolerance=25, response_fraction=0.0)
    first, second = observe([sample], [good, blind], options).events
    second["gh_score"] = np.full_like(second["gh_score"], np.nan)
    alone = good.start_ns + np.array([3000, 3100]) * 10**9
    lone = replace(good, obs_id=23, intervals=np.column_stack([alone, alone + 1]))
    none = {name: values[:0] for name, values in first.items()}
    return lists.recorded_dl2(
        place.root / "patchy", [good, blind, lone], [first, second, none]
    )


def test_what_cannot_be_used_stops_nothing_else(place, patchy, tmp_path):
    how = {"observe": "no", "input": patchy}
    summary = place.run(tmp_path / "dl3", **how)
    assert validate_dl3(tmp_path / "dl3") == []
    told = "; ".join(summary.warnings)
    assert "observation 23 is left out: no good time is left" in told
    assert "observation 22 has no event, has_gh_score has left none" in told
    index, _ = read_index(tmp_path / "dl3")
    assert index["OBS_ID"].tolist() == [21, 22]
    assert index["EVENT_COUNT"][0] > 0
    assert index["EVENT_COUNT"][1] == 0
    assert index["LIVETIME"][1] == pytest.approx(420, abs=2.5)
    rows = pl.from_arrow(load_dl3_table(tmp_path / "dl3", "observations"))
    assert rows["obs_id"].to_list() == [21, 22, 23]
    assert rows["why_not"].str.contains("no good time").to_list() == [
        *(False, False, True)
    ]
    head = tables(tmp_path / "dl3", 21)["events"].header
    first = rows.row(0, named=True)
    assert first["zenith_min"] < head["ZEN_PNT"] < first["zenith_max"]
    assert first["zenith_mean"] == pytest.approx(head["ZEN_PNT"], abs=0.1)
    assert first["response_zenith"] == pytest.approx(90 - toy.ALT)
    assert rows["zenith_min"].is_nan().to_list() == [False, False, True]


def test_nothing_that_can_be_used(place, patchy, tmp_path):
    def told(**how):
        return problem(place, tmp_path / "no", observe="no", **how)

    other_dates = tmp_path / "weather.csv"
    other_dates.write_text("time,humidity\n2001-01-01,50\n2001-01-02,50\n")
    weather = {"weather": str(other_dates)}
    assert "none of the" in told(input=patchy, technical=weather, dry_run=True)
    short = told(input=patchy, set=["good_time.shortest=3600"])
    assert short.count("is left out") == 3
    none = same_cuts(toy.AXES.reco_energy, gh=2.0).to_component()
    irf = lists.write_irf(
        tmp_path / "irf", place.components, place.dl2, products={"cuts": none}
    )
    assert "no observation has an event" in told(input=patchy, irf=irf)
    assert "gh_cut 0" in told(input=patchy, irf=irf, dry_run=True)


def test_a_telescope_in_two_observations_at_once(place, recorded, tmp_path):
    """As if the same data had been given two numbers."""
    _, observations, events = recorded
    again = replace(observations[0], obs_id=13)
    twice = lists.recorded_dl2(tmp_path / "twice", [again], [events[0]])
    told = problem(place, tmp_path / "no", observe="no", input=[recorded[0], twice])
    assert "observations 11 and 13 overlap from 2024-12-05T23:39:23.000 to" in told
    assert "telescopes 1, 2 are in both" in told


def test_a_pointing_that_moves_away_from_its_responses(place, recorded, tmp_path):
    how = {"observe": "no", "input": recorded[0], "dry_run": True}
    assert place.run(tmp_path / "a", **how).warnings == []
    near = {"responses": {"zenith_tolerance": 8.0}}
    (told,) = place.run(tmp_path / "a", **{**how, **near}).warnings[:1]
    assert "observation 11 moves from zenith angle" in told
    assert "responses are of 20.0 deg" in told


def test_off_regions_want_to_know_of_sources(place, recorded, tmp_path):
    how = {"observe": "no", "input": recorded[0], "background": "off-region"}
    told = problem(place, tmp_path / "no", **how)
    assert "there is no target" in told
    assert "regions.exclude: []" in told
    none = problem(
        place, tmp_path / "no", **how, target=OBSERVE["target"],
        set=["regions.target_radius=0"],
    )  # fmt: skip
    assert "regions.target_radius is 0" in none
    bins = {"off_region": {"energy_bins": 2, "offset_bins": 2, "max_offset": 3.0}}
    counts = []
    for name, way in (
        ("target", {"target": OBSERVE["target"]}),
        ("none", {"set": ["regions.exclude=[]"]}),
    ):
        place.run(tmp_path / name, **how, **way, **bins)
        table = read_table(tmp_path / name / "background.parquet")
        counts.append(sum(table["n_events"].to_pylist()))
    # The source is among the events where nobody has named it.
    assert counts[1] > counts[0] > 0


def test_events_of_one_observation_at_a_time_are_there(
    place, recorded, tmp_path, monkeypatch
):
    alive, most = set(), []

    def made(each):
        alive.add(each.observation.obs_id)
        weakref.finalize(each, alive.discard, each.observation.obs_id)
        most.append(len(alive))

    original = EventList.__init__

    def init(self, *args, **how):
        original(self, *args, **how)
        made(self)

    monkeypatch.setattr(EventList, "__init__", init)
    place.run(tmp_path / "a", observe="no", input=recorded[0])
    long = {"observations": [OBSERVE["observations"][0] | {"number": 3, "duration": 2}]}
    place.run(tmp_path / "b", observe=long)
    assert len(most) == 2 + 3
    # One that is being made, and the one before it.
    assert max(most) <= 2


def test_responses_in_bins_of_zenith_angles(place, tmp_path):
    """The file of an observation has the bin that it is in."""
    zenith = Axis("zenith", "deg", (0.0, 45.0, 90.0))

    def doubled(first):
        columns = {n: np.stack([each, 0 * each]) for n, each in first.columns.items()}
        return Component(first.name, (zenith, *first.axes), columns, first.metadata)

    own = {n: each for n, each in place.components.items() if n != "rad_max"}
    made = {name: doubled(each) for name, each in own.items()}
    plain = open_irf(place.irf).manifest.configuration
    config = {**plain, "axes": {"further": {"zenith": list(zenith.edges)}}}
    kept = {"effective_area": own["effective_area"]}
    irf = lists.write_irf(
        tmp_path / "irf", kept, place.dl2, products=made, configuration=config
    )
    # Wherever the mean of all zenith angles is.
    one = [OBSERVE["observations"][0] | {"number": 1}]
    how = {"observe": {"observations": one}, "responses": {"zenith_tolerance": 0}}
    place.run(tmp_path / "dl3", irf=irf, **how)
    assert validate_dl3(tmp_path / "dl3") == []
    found = tables(tmp_path / "dl3")
    area = own["effective_area"]["effective_area"]
    np.testing.assert_allclose(found["aeff_2d"]["EFFAREA"][0].T, area)
    assert found["events"].n_rows > 0
