"""A simulated file from its configuration to DL2, read back by eventio and by us."""

import json
import math
from contextlib import closing

import eventio
import numpy as np
import pyarrow.compute as pc
import pytest
from eventio.simtel import SimTelFile

from cta_columnar import __version__, open_store, run
from cta_columnar.errors import UserError
from cta_columnar.simulation.simtel.runs import version_number
from cta_columnar.simulation.simtel.showers import USES_PER_SHOWER
from cta_columnar.sources.base import open_source

# Two gains, other samples, and a camera without samples.
SMALL = {
    "array": "all-cameras",
    "telescopes": [1, 2, 5],
    "energy": [2.0, 20.0],
    "n_showers": 12,
    "reuse": 3,
    "scatter_radius": 250.0,
    "viewcone": [0.0, 1.0],
    "calibration_events": {"flatfield": 1, "pedestal": 2},
    "file": {"showers_per_piece": 5},
}
THROWN = 36


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    path = tmp_path_factory.mktemp("simulated") / "small.simtel.zst"
    return path, run("simulate", output=path, workers=1, **SMALL)


def batches(path):
    with closing(open_source(path)) as source:
        return source, list(source.batches())


def test_summary_counts_what_is_in_the_file(simulated):
    path, summary = simulated
    assert summary.counts["showers"] == 12
    assert summary.counts["thrown"] == THROWN
    assert summary.written_bytes == path.stat().st_size
    source, _ = batches(path)
    assert source.counts.array_events == summary.counts["events"] > 5
    assert source.counts.telescope_events == summary.counts["telescope_events"]
    assert source.counts.dropped == {"calibration event": 3}


def test_eventio_reads_every_event(simulated):
    path, summary = simulated
    with SimTelFile(path, skip_calibration=False) as file:
        events = list(file)
        shown = [e for e in events if e["type"] == "data"]
        histograms = {h["id"]: h for h in file.histograms}
    assert len(events) - len(shown) == 3
    assert len(shown) == summary.counts["events"]
    for event in shown:
        shower, use = divmod(event["event_id"], USES_PER_SHOWER)
        assert event["mc_event"]["shower_num"] == shower
        assert 0 <= use < SMALL["reuse"]
    assert histograms[6]["data"].sum() == THROWN
    assert histograms[7]["data"].sum() == len(shown)
    assert histograms[1]["entries"] == histograms[6]["entries"] == THROWN
    assert histograms[6]["upper_x"] > SMALL["scatter_radius"]


def throws(path):
    """Per event id: distance of the core across the axis, energy, and if triggered."""
    found, showers = {}, {}
    with eventio.EventIOFile(str(path)) as file:
        for block in file:
            ident = block.header.id
            if isinstance(block, eventio.simtel.MCShower):
                showers[ident] = block.parse()
            if isinstance(block, eventio.simtel.MCEvent):
                core, shower = block.parse(), showers[ident // 100]
                alt, az = shower["altitude"], shower["azimuth"]
                towards = np.array([math.cos(az), -math.sin(az)]) * math.cos(alt)
                place = np.array([core["xcore"], core["ycore"]])
                across = math.sqrt(place @ place - (place @ towards) ** 2)
                found[ident] = [across, shower["energy"], False]
            if isinstance(block, eventio.simtel.ArrayEvent):
                found[ident][2] = True
    return found


def test_every_throw_is_in_the_file(simulated):
    found = throws(simulated[0])
    assert list(found) == [100 * s + use for s in range(1, 13) for use in range(3)]
    for across, energy, _ in found.values():
        assert across < SMALL["scatter_radius"] * 1.001
        assert 2.0 <= energy <= 20.0


def test_histograms_are_those_of_the_throws(simulated):
    across, energy, triggered = np.array(list(throws(simulated[0]).values())).T
    with SimTelFile(simulated[0]) as file:
        list(file)
        histograms = {h["id"]: h for h in file.histograms}
    weight = energy**-0.5 / SMALL["reuse"]
    every = np.ones(THROWN)
    for ident, kept, weights in (
        (6, every > 0, every),
        (7, triggered > 0, every),
        (1006, every > 0, weight),
        (1007, triggered > 0, weight),
    ):
        h = histograms[ident]
        distances, energies = (
            np.linspace(h[f"lower_{a}"], h[f"upper_{a}"], h[f"n_bins_{a}"] + 1)
            for a in "xy"
        )
        wanted, *_ = np.histogram2d(
            np.log10(energy[kept]),
            across[kept],
            (energies, distances),
            weights=weights[kept],
        )
        np.testing.assert_allclose(h["data"].reshape(wanted.shape), wanted, rtol=1e-5)
        assert h["entries"] == h["tentries"] == kept.sum()
        assert h["sum_x"] == pytest.approx((across * weights)[kept].sum(), rel=1e-5)


def test_true_images_are_the_photo_electrons(simulated):
    path, _ = simulated
    lists = {}
    with eventio.EventIOFile(str(path)) as file:
        for block in file:
            if isinstance(block, eventio.iact.TelescopeData):
                for inner in block:
                    n_pe = inner.parse()["n_pe"]
                    lists[block.header.id, inner.header.id % 1000 + 1] = n_pe
    _, found = batches(path)
    n_images = 0
    for batch in found:
        for rows in batch.telescopes.values():
            images = np.array(rows["true_image"].to_pylist())
            keys = zip(rows["event_id"], rows["tel_id"], strict=True)
            for (event, tel), image in zip(keys, images, strict=True):
                n_pe = lists.get((event.as_py(), tel.as_py()))
                if n_pe is not None:
                    assert image.sum() == n_pe >= 10
                    n_images += 1
    assert n_images > 10


def test_times_ascend_and_begin_with_the_year(simulated):
    path, _ = simulated
    _, found = batches(path)
    times = np.concatenate([np.asarray(b.trigger["time"]) for b in found])
    assert (np.diff(times) > np.timedelta64(0)).all()
    assert str(times[0]).startswith("2020-01-01T00:00:3")  # TAI


def test_stages_go_on_from_it(simulated, tmp_path):
    path, summary = simulated
    run("stage1", input=path, output=tmp_path / "dl1", workers=1)
    run("stage2", input=tmp_path / "dl1", output=tmp_path / "dl2", workers=1)
    store = open_store(tmp_path / "dl2")
    events = store.scan("events").collect()
    assert events.height == summary.counts["events"]
    valid = events.filter(events["reco_is_valid"])
    assert valid.height > 0
    thrown = open_store(tmp_path / "dl1").scan("simulation/thrown").collect()
    assert sum(np.sum(each) for each in thrown["n_thrown"].to_list()) == THROWN


def test_provenance_lies_beside(simulated):
    path, _ = simulated
    text = (path.parent / f"{path.name}.provenance.json").read_text()
    (activity,) = json.loads(text)["activity"].values()
    assert activity["ctacol:stage"] == "simulate"
    assert activity["ctacol:status"] == "completed"
    assert sorted(each.name for each in path.parent.iterdir()) == [
        path.name,
        f"{path.name}.provenance.json",
    ]


def test_images_of_throws_without_event_may_be_left_out(tmp_path):
    made = {}
    for kept in (True, False):
        path = tmp_path / f"{kept}.simtel.zst"
        # Far away, so that most have some light and few have enough.
        settings = {**SMALL, "scatter_radius": 600.0, "calibration_events": {}}
        settings["file"] = {**SMALL["file"], "untriggered_images": kept}
        counts = run("simulate", output=path, workers=1, **settings).counts
        made[kept] = counts, path.stat().st_size
    (with_all, size), (with_some, smaller) = made[True], made[False]
    for name in ("thrown", "events", "telescope_events"):
        assert with_some[name] == with_all[name]
    assert 0 < with_some["images"] < with_all["images"]
    assert smaller < size


def test_what_triggers_does_not_depend_on_which_images_are_kept(tmp_path):
    counts = {}
    for least in (10, 400):
        config = {
            "array": "CTAO-North",
            "telescopes": [1, 2, 3, 4],
            "energy": [0.05, 0.2],
            "n_showers": 12,
            "reuse": 3,
            "scatter_radius": 200.0,
            "file": {"photoelectrons": least},
        }
        path = tmp_path / f"{least}.simtel.zst"
        counts[least] = run("simulate", output=path, workers=1, **config).counts
    for name in ("events", "telescope_events"):
        assert counts[400][name] == counts[10][name] > 10
    assert counts[400]["images"] < counts[10]["images"]


def test_calibration_events_between_showers(simulated, tmp_path):
    settings = {
        **SMALL,
        "calibration_events": {
            "dark": 1, "flatfield": 3, "pedestal": 4, "interleaved": True,
        },
    }  # fmt: skip
    path = tmp_path / "between.simtel.zst"
    summary = run("simulate", output=path, workers=1, **settings)
    for name in ("thrown", "events", "telescope_events"):
        assert summary.counts[name] == simulated[1].counts[name]
    with SimTelFile(path, skip_calibration=False) as file:
        events = list(file)
    times = [
        (t[0], t[1]) for t in (e["trigger_information"]["gps_time"] for e in events)
    ]
    assert times == sorted(set(times))
    places = [k for k, e in enumerate(events) if e["type"] == "calibration"]
    kinds = [events[k]["calibration_type"] for k in places]
    assert [events[k]["event_id"] for k in places] == list(range(1, 9))
    assert kinds[0] == 0
    assert sorted(kinds) == [0, 1, 1, 1, 1, 3, 3, 3]
    # Showers lie between them.
    assert np.count_nonzero(np.diff(places) > 1) >= 3


def test_muons_fly_by_the_telescope(tmp_path):
    path = tmp_path / "muons.simtel.gz"
    settings = {"array": "LST-1", "particle": "muon", "energy": [0.01, 0.1]}
    summary = run("simulate", output=path, workers=1, n_showers=6, **settings)
    assert summary.counts["events"] > 3
    assert summary.counts["telescope_events"] == summary.counts["events"]
    source, _ = batches(path)
    assert source.counts.array_events == summary.counts["events"]


def mc_header(path):
    with SimTelFile(path) as file:
        return file.mc_run_headers[0]


def test_a_file_does_not_claim_what_it_is_not(simulated):
    """Neither CORSIKA nor sim_telarray, which are number 1 each, made it."""
    header = mc_header(simulated[0])
    for program in ("shower_prog", "detector_prog"):
        assert header[f"{program}_id"] == 0
        assert header[f"{program}_vers"] == version_number(__version__) > 0
    assert header["core_pos_mode"] == 1
    assert header["core_range"].tolist() == [0, SMALL["scatter_radius"]]


def test_versions_as_numbers():
    versions = {"0.1.0": 100, "1.2.3": 10203, "2.0": 20000, "1.2.3.dev4": 10203}
    assert {text: version_number(text) for text in versions} == versions


def test_cores_of_muons_are_not_told_as_a_disc(tmp_path):
    path = tmp_path / "muons.simtel"
    settings = {"array": "LST-1", "particle": "muon", "energy": [0.01, 0.1]}
    run("simulate", output=path, workers=1, n_showers=2, **settings)
    header = mc_header(path)
    assert header["core_pos_mode"] == 3
    assert 0 < header["core_range"][1] < 100
    content = path.read_bytes()
    assert b"cores within 1.2 radii of a mirror" in content
    assert b"scatter_radius" not in content


def first_times(path):
    _, found = batches(path)
    times = np.concatenate([np.asarray(b.trigger["time"]) for b in found])
    return times.min(), times.max()


def test_runs_follow_each_other(tmp_path):
    settings = {
        **SMALL, "telescopes": [2], "calibration_events": {}, "n_showers": 3,
        "start": "2021-06-30T12:00:00", "runs": [1, 2, 40],
    }  # fmt: skip
    run("simulate", output=tmp_path / "{run}.simtel", workers=1, **settings)
    paths = [tmp_path / f"{number}.simtel" for number in (1, 2, 40)]
    (first, last), (second, _), (later, _) = map(first_times, paths)
    in_tai = np.timedelta64(37, "s")
    begin = np.datetime64("2021-06-30T12:00:00") + in_tai
    assert begin <= first < last < begin + np.timedelta64(1, "s") <= second
    assert later >= begin + np.timedelta64(39, "s")
    # The headers say so, too.
    start = int((begin - in_tai - np.datetime64(0, "s")) / np.timedelta64(1, "s"))
    headers = [mc_header(path)["shower_prog_start"] for path in paths]
    assert headers == [start, start + 1, start + 39]


def test_one_energy(tmp_path):
    path = tmp_path / "mono.simtel.zst"
    summary = run("simulate", output=path, workers=1, **{**SMALL, "energy": [5, 5]})
    assert summary.counts["events"] > 5
    assert {energy for _, energy, _ in throws(path).values()} == {5.0}
    assert mc_header(path)["E_range"].tolist() == [5, 5]
    with SimTelFile(path) as file:
        list(file)
        histograms = {h["id"]: h for h in file.histograms}
    run("stage1", input=path, output=tmp_path / "dl1", workers=1)
    thrown = open_store(tmp_path / "dl1").scan("simulation/thrown").collect()
    for ident, total in ((6, THROWN), (7, summary.counts["events"])):
        h = histograms[ident]
        (row,) = np.flatnonzero(h["data"].reshape(140, 200).sum(axis=1))
        edges = np.linspace(h["lower_y"], h["upper_y"], 141)
        assert edges[row] < math.log10(5) < edges[row + 1]
        assert h["data"].sum() == total
    assert np.sum(thrown["n_thrown"].to_list()) == THROWN


def test_a_table_may_be_the_atmosphere(tmp_path):
    height = np.linspace(0, 120, 61)
    fall = np.exp(-height / 8)
    table = np.column_stack([height, 1.2e-3 * fall, 1030 * fall, 2.8e-4 * fall])
    np.savetxt(tmp_path / "mine.txt", table)
    path = tmp_path / "a.simtel"
    settings = {
        "array": "LST-1",
        "energy": [1, 2],
        "atmosphere": f"{tmp_path}/mine.txt",
    }
    run("simulate", output=path, workers=1, n_showers=1, **settings)
    source, _ = batches(path)
    density = source.atmosphere["density"].to_numpy()
    assert density[0] == pytest.approx(1.2e-3)
    assert density[2] == pytest.approx(1.2e-3 * math.exp(-2 / 8))


def test_half_the_transmission_is_half_the_light(tmp_path):
    (tmp_path / "half.txt").write_text("# km  share\n2.2 0.5\n100 0.5\n")
    (tmp_path / "all.txt").write_text("2.2 1\n")
    light = {}
    for name in ("half", "all"):
        path = tmp_path / f"{name}.simtel"
        run(
            "simulate",
            output=path,
            workers=1,
            n_showers=8,
            array="LST-1",
            energy=[1, 3],
            scatter_radius=100,
            transmission={"table": f"{tmp_path}/{name}.txt"},
        )
        _, read = batches(path)
        images = [rows for batch in read for rows in batch.telescopes.values()]
        light[name] = sum(
            int(pc.sum(rows["true_image_sum"]).as_py()) for rows in images
        )
    assert light["half"] == pytest.approx(0.5 * light["all"], rel=0.1)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"transmission": {"table": "none.txt"}}, "none.txt: no table of numbers"),
        ({"transmission": {"dust_depth": -1.0}}, "dust_depth: must be >= 0"),
        ({"array": "CTAO-Nort"}, "did you mean 'CTAO-North'"),
        ({"particle": "gama"}, "did you mean 'gamma'"),
        ({"energy": [5.0, 1.0]}, "energy: 5 to 1 is no range"),
        ({"energy": [1e4, 1e4]}, "energy: must begin below 10000 TeV"),
        ({"start": "yesterday"}, "'yesterday' is no time; write e.g. 2020"),
        ({"start": "2020-01-01T00:00:00+02:00"}, "always in UTC"),
        ({"start": "1969-12-31"}, "is before 1970"),
        ({"start": "2038-02-01"}, "run 1 would end after 2038-01-19"),
        ({"runs": [2**31 - 1]}, "would end after 2038-01-19"),
        ({"viewcone": [0.0, 28.0], "zenith": 50.0}, "78 deg from the zenith"),
        ({"scatter_radius": math.inf}, "scatter_radius: must be <= 100000 m"),
        ({"index": 400.0}, "index: must be <= 20, got 400"),
        ({"index": math.nan}, "index: must be >= -20, got nan"),
        ({"cameras": {"nsb_factor": 1e9}}, "nsb_factor: must be <= 1000"),
        ({"trigger": {"window": math.inf}}, r"trigger.window: must be <= 1e\+06 ns"),
        ({"trigger": {"night_sky_rate": 1e-9}}, "night_sky_rate: must be >= 1 Hz"),
        (
            {"trigger": {"night_sky_rate": 1e3}, "cameras": {"nsb_factor": 0.0}},
            "no threshold of LST has 1000 Hz: there is no night sky$",
        ),
        ({"telescopes": [1, 99]}, "has no telescope 99"),
        ({"trigger": {"min_telescopes": 99}}, "99 cannot trigger"),
        ({"atmosphere": "Mars"}, "no file and no name"),
        ({"runs": [1, 2]}, "put {run} into it"),
        ({"output": "{foo}.simtel"}, "may hold {run}"),
        ({"output": "a.root"}, "name must end in"),
        ({"output": "no/where.simtel"}, "no folder no"),
        ({"input": "x"}, "reads no input"),
    ],
)
def test_what_is_impossible_is_said_before_anything_is_written(
    tmp_path, monkeypatch, settings, words
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=words.replace("{", r"\{")):
        run("simulate", **{"output": "a.simtel", **settings})
    assert list(tmp_path.iterdir()) == []


def test_a_plan_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    summary = run("simulate", dry_run=True, runs=[3, 4], **SMALL)
    assert len(summary.shards) == 8
    assert {each.inputs for each in summary.shards} == {
        ("gamma_run00003.simtel.zst",),
        ("gamma_run00004.simtel.zst",),
    }
    assert list(tmp_path.iterdir()) == []


def test_effective_area_has_a_plateau(tmp_path):
    """All gammas near the telescopes trigger, none far away, more at more energy."""
    path = tmp_path / "area.simtel.zst"
    config = {
        "array": "CTAO-North",
        "telescopes": [1, 2, 3, 4],
        "energy": [0.03, 30.0],
        "index": -1.0,
        "n_showers": 40,
        "reuse": 10,
        "scatter_radius": 900.0,
    }
    run("simulate", output=path, workers=1, **config)
    with SimTelFile(path) as file:
        assert sum(1 for _ in file) > 50
        found = {h["id"]: h for h in file.histograms}
    thrown, triggered = found[6]["data"], found[7]["data"]  # by energy and distance
    assert (triggered <= thrown).all()
    energy = np.linspace(found[6]["lower_y"], found[6]["upper_y"], len(thrown) + 1)[:-1]
    near = np.linspace(0, found[6]["upper_x"], thrown.shape[1] + 1)[:-1] < 100
    tev = energy > 0
    assert triggered[tev][:, near].sum() == thrown[tev][:, near].sum() > 2
    disc = math.pi * config["scatter_radius"] ** 2
    below, above = (
        disc * triggered[rows].sum() / thrown[rows].sum() for rows in (~tev, tev)
    )
    # Light of gammas spreads over a disc of some 120 to 500 m: 5e4 to 8e5 m2.
    assert 2e4 < below < above < 8e5
