"""`ctacol run irf`: what it writes, refuses, and that nothing depends on how it ran."""

import hashlib
import json
import pickle

import numpy as np
import polars as pl
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.table import Table
from toy_irf import ELECTRON, EVENTS, GAMMA, PROTON, SMALL, toy_events, toy_irf_input
from toy_training import merged

from cta_columnar import run
from cta_columnar.cli.irf_contents import describe_irf
from cta_columnar.cli.validate import validate
from cta_columnar.errors import UserError
from cta_columnar.executors import SerialExecutor
from cta_columnar.instrument import frames
from cta_columnar.pipelines.irf import count as irf_count
from cta_columnar.pipelines.irf import inventory as irf_inventory
from cta_columnar.pipelines.irf import tasks as irf_tasks
from cta_columnar.pipelines.irf.responses import components_of
from cta_columnar.stages.dl3.shares import makes_responses
from cta_columnar.stages.irf.spectra import reference_spectrum
from cta_columnar.store import open_irf, validate_irf

NO_BACKGROUND = {
    "background": [],
    "sensitivity": None,
    "background_2d": False,
    "background_3d": False,
}
FIXED = {"cuts": {"method": "fixed", "gh": 0.6, "theta": 0.2}}
OPTIONS = ("workers", "on_progress", "overwrite", "dry_run", "add_to", "set")


def make(inputs, root, **how):
    options = {"workers": 1} | {k: how.pop(k) for k in list(how) if k in OPTIONS}
    return run("irf", input=inputs, output=root, **options, **merged(SMALL, how))


def only_gammas(**changes):
    return merged(NO_BACKGROUND, {"benchmarks": {"roc": False}}, changes)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """Gammas, protons and electrons, which have the same keys; not to be changed."""
    root = tmp_path_factory.mktemp("toy")
    return [toy_irf_input(root / str(p), p) for p in (GAMMA, PROTON, ELECTRON)]


@pytest.fixture(scope="module")
def done(inputs, tmp_path_factory):
    """Responses of them, with the defaults; not to be changed."""
    root = tmp_path_factory.mktemp("done") / "irf"
    make(inputs, root)
    return root


def hashes(root, without=("provenance.json",)):
    """Digests of files; whatever responses were added to, the result is the same."""
    found = {}
    for path in sorted(root.rglob("*")):
        if path.is_file() and path.name not in without:
            content = path.read_bytes()
            if path.name == "irf.json":
                content = repr(json.loads(content) | {"other_irfs": {}}).encode()
            name = path.relative_to(root).as_posix()
            found[name] = hashlib.sha256(content).hexdigest()
    return found


def frame(dataset, product, *cell):
    return pl.DataFrame(pl.from_arrow(dataset.read(product, *cell)))


def used(events, config=SMALL):
    """Events of a toy that make responses."""
    keys = events["obs_id"], events["event_id"]
    mask = makes_responses(1, config["fraction"], *keys)
    return {name: values[mask] for name, values in events.items()}


def test_what_comes_out(done, inputs):
    assert validate_irf(done) == []
    dataset = open_irf(done)
    assert dataset.products == (
        *("effective_area", "energy_dispersion", "energy_migration", "psf"),
        *("background_2d", "background_3d", "rad_max", "cuts", "sensitivity"),
        *("angular_resolution", "energy_resolution", "background_rate"),
        *("roc", "roc_area"),
    )
    (point,) = dataset.grid.to_pylist()
    assert (point["zenith"], point["azimuth"], point["n_runs"]) == (20.0, 180.0, 3)
    manifest = dataset.manifest
    assert [each.particle for each in manifest.inputs] == [
        "electron",
        "gamma",
        "proton",
    ]
    assert {each.path for each in manifest.inputs} == set(map(str, inputs))
    assert (manifest.seed, manifest.fraction) == (1, SMALL["fraction"])
    assert manifest.enclosure == "FULL-ENCLOSURE"
    assert set(manifest.spectra) == {"gamma", "proton", "electron"}
    for each in manifest.spectra.values():
        again = reference_spectrum(each.name)
        assert (each.is_diffuse, each.unit) == (again.is_diffuse, again.unit)
        assert dict(each.parameters) == again.parameters
        np.testing.assert_allclose(each.flux, again(np.array(each.energy)), rtol=1e-14)
    components = components_of(dataset)
    assert set(components) == set(dataset.products)
    assert components["psf"].metadata["enclosure"] == "FULL-ENCLOSURE"


def test_the_effective_area_is_that_of_the_events(done):
    """Computed from the toy itself, without any of our histograms."""
    events = used(toy_events(1500, GAMMA))
    dataset = open_irf(done)
    cuts = frame(dataset, "cuts")
    edges = np.append(cuts["reco_energy_low"], cuts["reco_energy_high"][-1])
    bins = np.digitize(events["reco_energy"], edges) - 1
    inside = (bins >= 0) & (bins < len(cuts))
    cut = cuts["gh_cut"].to_numpy()[np.clip(bins, 0, len(cuts) - 1)]
    passed = inside & (events["gh_score"] >= cut)
    area = frame(dataset, "effective_area")
    in_axes = (events["true_energy"] >= 0.03) & (events["true_energy"] < 30)
    assert area["n_selected"].sum() == np.count_nonzero(passed & in_axes)
    thrown = 20_000 * 20 * SMALL["fraction"]
    share = (1 / 0.03 - 1 / 30) / (1 / 0.02 - 1 / 50)
    assert area["n_thrown"].sum() == pytest.approx(thrown * share, rel=1e-6)


def test_the_background_is_that_of_the_spectra(done):
    dataset = open_irf(done)
    rate = frame(dataset, "background_rate")
    expected = 0.0
    cuts = frame(dataset, "cuts")
    for name, primary in (("PROTON", PROTON), ("ELECTRON", ELECTRON)):
        events = used(toy_events(1500, primary))
        spectrum = reference_spectrum(f"IRFDOC_{name}_SPECTRUM")
        energy = events["true_energy"]
        thrown = 20_000 * 20 * SMALL["fraction"]
        cone = 2 * np.pi * (1 - np.cos(np.radians(3.0)))
        density = thrown * energy**-2.0 / (1 / 0.02 - 1 / 50)
        weight = spectrum(energy) * cone * np.pi * 1e6 / density
        edges = np.append(cuts["reco_energy_low"], cuts["reco_energy_high"][-1])
        bins = np.digitize(events["reco_energy"], edges) - 1
        inside = (bins >= 0) & (bins < len(cuts))
        cut = cuts["gh_cut"].to_numpy()[np.clip(bins, 0, len(cuts) - 1)]
        passed = inside & (events["gh_score"] >= cut)
        alt, az = (np.radians(events[f"reco_{each}"]) for each in ("alt", "az"))
        down = np.sin(alt) * np.sin(np.radians(70)) - np.cos(alt) * np.cos(
            np.radians(70)
        ) * np.cos(az)
        passed &= np.degrees(np.arccos(down)) < 3.0
        expected += weight[passed].sum()
    assert rate["background_rate"].sum() == pytest.approx(expected, rel=1e-4)


def test_the_on_region_is_that_of_the_sensitivity(done):
    """Its background is alpha of the off region; empty bins have limits."""
    dataset = open_irf(done)
    rate, found = frame(dataset, "background_rate"), frame(dataset, "sensitivity")
    on = 0.2 * found["n_background_weighted"] / (50 * 3600)
    np.testing.assert_allclose(rate["on_region_rate"], on, rtol=1e-12)
    empty = (rate["n_events"] == 0).to_numpy()
    assert empty.any()
    assert np.isnan(rate["on_region_rate_upper"].to_numpy()[~empty]).all()
    limit = 0.2 * found["n_background_weighted_upper"] / (50 * 3600)
    np.testing.assert_allclose(rate["on_region_rate_upper"], limit, rtol=1e-12)
    background = frame(dataset, "background_2d")
    low = background["reco_energy_low"].to_numpy()
    high = background["reco_energy_high"].to_numpy()
    cone = 2 * np.pi * (1 - np.cos(np.radians(3.0)))
    density = (
        20_000 * 20 * SMALL["fraction"] / (1 / 0.02 - 1 / 50) / (cone * np.pi * 1e6)
    )
    ends = [low, np.sqrt(low * high), high]
    one = np.max(
        [
            reference_spectrum(f"IRFDOC_{name}_SPECTRUM")(energy) / energy**-2.0
            for energy in ends
            for name in ("PROTON", "ELECTRON")
        ],
        axis=0,
    )
    ring = [
        background[f"reco_source_fov_offset_{end}"].to_numpy()
        for end in ("low", "high")
    ]
    angle = 2 * np.pi * -np.diff(np.cos(np.radians(ring)), axis=0)[0]
    want = -np.log(0.05) * one / density / (angle * (high - low))
    want[background["n_events"] > 0] = np.nan
    np.testing.assert_allclose(background["background_upper"], want, rtol=1e-6)
    assert np.isfinite(want).any()


def test_the_signal_is_that_of_the_source(done):
    """Showers from all over the cone stand for a source in the ring, which is all."""
    dataset = open_irf(done)
    events, cuts = used(toy_events(1500, GAMMA)), frame(dataset, "cuts")
    energy = events["true_energy"]
    density = 20_000 * 20 * SMALL["fraction"] * energy**-2.0 / (1 / 0.02 - 1 / 50)
    crab = reference_spectrum("CRAB_HEGRA")(energy)
    weight = crab * np.pi * 1e6 * 50 * 3600 / density
    edges = np.append(cuts["reco_energy_low"], cuts["reco_energy_high"][-1])
    bins = np.digitize(events["reco_energy"], edges) - 1
    rows = np.clip(bins, 0, len(cuts) - 1)
    ends = (
        events[f"{kind}_{each}"] for kind in ("true", "reco") for each in ("az", "alt")
    )
    theta = frames.angular_separation(*ends)
    passed = (bins == rows) & (events["gh_score"] >= cuts["gh_cut"].to_numpy()[rows])
    passed &= theta <= cuts["theta_cut"].to_numpy()[rows]
    expected = np.bincount(rows, weight * passed, len(cuts))
    found = frame(dataset, "sensitivity")
    np.testing.assert_allclose(found["n_signal_weighted"], expected, rtol=1e-5)
    counts = np.bincount(rows[passed], minlength=len(cuts))
    assert found["n_signal"].to_list() == counts.tolist()


def test_wide_bins_of_sensitivity_are_sums_of_narrow_ones(done, inputs, tmp_path):
    """Two bins of cuts in each: signal and background have the cuts of their own."""
    narrow = frame(open_irf(done), "sensitivity")
    config = {"benchmarks": {"energy": [0.03, 30.0, 1], "roc": False}}
    config |= {"background_3d": False}
    for how in ("stepwise", "interpolated"):
        make(inputs, tmp_path / how, **config, sensitivity={"off_region": how})
        wide = frame(open_irf(tmp_path / how), "sensitivity")
        n_signal, n_background = (
            (wide[name], narrow[name].to_numpy().reshape(-1, 2).sum(axis=1))
            for name in ("n_signal_weighted", "n_background_weighted")
        )
        np.testing.assert_allclose(*n_signal, rtol=1e-9)
        assert np.allclose(*n_background, rtol=1e-9, atol=0) == (how == "stepwise")


def test_what_axes_do_not_reach_is_told(done):
    """Events of the toy are above and below the axes of energy, and far off."""
    events, dataset = used(toy_events(1500, GAMMA)), open_irf(done)
    left = pl.DataFrame(pl.from_arrow(dataset.left_out))
    area = left.filter(particle="gamma", histogram="effective_area").to_dicts()[0]
    assert area["n_inside"] == frame(dataset, "effective_area")["n_selected"].sum()
    assert (
        area["n_selected"]
        == area["n_inside"] + area["n_outside"]
        <= len(events["obs_id"])
    )
    assert area["n_outside"] > 0
    assert set(left["particle"]) == {"gamma", "proton", "electron"}
    assert "outside of axes" in "\n".join(describe_irf(dataset))


def test_files_for_others(done):
    with fits.open(done / "fits" / "point0.fits.gz") as file:
        names = [hdu.name for hdu in file[1:]]
        assert names[:3] == ["EFFECTIVE AREA", "ENERGY DISPERSION", "PSF"]
        assert {"SENSITIVITY", "ANGULAR RESOLUTION", "ENERGY BIAS RESOLUTION"} < {
            *names
        }
        assert file["EFFECTIVE AREA"].header["HDUCLAS3"] == "FULL-ENCLOSURE"
        assert "RAD_MAX" not in names
    table = Table.read(done / "ecsv" / "sensitivity.ecsv")
    assert table["energy_flux_sensitivity"].unit == u.Unit("erg / (cm2 s)")
    assert table["point"].tolist() == [0] * len(table)


def test_the_provenance_and_cut_flow_name_all(done, inputs):
    document = json.loads((done / "provenance.json").read_text())
    labels = {e.get("prov:label") for e in document["entity"].values()}
    assert {str(each) for each in inputs} | {"psf.parquet"} < labels
    flow = pl.DataFrame(pl.from_arrow(open_irf(done).cut_flow))
    gamma = flow.filter(stage="gamma")
    assert gamma["cut"].to_list() == [
        *("all", "makes_responses", "has_energy", "has_gh_score", "has_direction"),
        *("gh_cut", "theta_cut"),
    ]
    assert gamma["n_survivors"][0] == 1500
    area = frame(open_irf(done), "effective_area")
    assert gamma["n_survivors"][-2] >= area["n_selected"].sum()


def test_workers_files_and_shards_do_not_matter(done, inputs, tmp_path):
    """The gammas in other shards and another order of inputs."""
    again = toy_irf_input(tmp_path / "gamma", GAMMA, n_shards=5)
    make([inputs[2], again, inputs[1]], tmp_path / "irf")
    without = ("provenance.json", "irf.json", "runs.parquet")
    ours, theirs = (
        {
            k: v
            for k, v in hashes(root, without).items()
            if not k.startswith("histograms")
        }
        for root in (tmp_path / "irf", done)
    )
    assert ours == theirs


class FakeWorkers(SerialExecutor):
    """What goes to workers and comes back does so through a pipe."""

    def map(self, tasks, on_result=None, on_progress=None):
        tasks = pickle.loads(pickle.dumps(list(tasks)))
        return pickle.loads(pickle.dumps(super().map(tasks, on_result, on_progress)))


def test_work_that_travels_gives_the_same(done, inputs, tmp_path, monkeypatch):
    monkeypatch.setattr(irf_tasks, "make_executor", lambda _workers: FakeWorkers())
    monkeypatch.setattr(irf_count, "_MOST_TASKS", 3)
    monkeypatch.setattr(irf_inventory, "_EVENTS_TOGETHER", 1)
    seen = []
    make(inputs, tmp_path / "irf", workers=2, on_progress=seen.append)
    assert hashes(tmp_path / "irf") == hashes(done)
    assert (seen[-1].done, seen[-1].total, seen[-1].events) == (5, 5, 4500)


def test_what_is_told_of_them(done, capsys):
    told = "\n".join(describe_irf(open_irf(done)))
    for line in (
        "irf: instrument responses, full-enclosure",
        "observation  50 h, CRAB_HEGRA",
        "gamma     1 run",
        "has_gh_score",
        "point 0: zenith 20.0 deg, azimuth 180.0 deg, nsb 0, 3 runs",
        "erg/(cm2 s)",
    ):
        assert line in told
    rate = frame(open_irf(done), "background_rate")
    at_10 = rate.filter(pl.col("reco_energy_low") <= 10)[-1]
    assert at_10["n_events"][0] == 0
    assert f"< {at_10['on_region_rate_upper'][0]:.2g}  1/s" in told
    validate(str(done))
    assert "all is well" in capsys.readouterr().out


@pytest.fixture(scope="module")
def fixed(inputs, tmp_path_factory):
    root = tmp_path_factory.mktemp("fixed") / "irf"
    make(inputs, root, **FIXED)
    return root


@pytest.fixture(scope="module")
def more(tmp_path_factory):
    return toy_irf_input(tmp_path_factory.mktemp("more") / "gamma2", obs_id=2, seed=3)


def test_adding_to_fixed_cuts_is_a_run_on_all(fixed, inputs, more, tmp_path):
    added = run("irf", input=more, output=tmp_path / "sum", add_to=fixed, workers=1)
    assert not added.warnings
    make([*inputs, more], tmp_path / "whole", **FIXED)
    assert hashes(tmp_path / "sum") == hashes(tmp_path / "whole")
    assert added.counts["events"] == 6000


def test_adding_else_counts_all_anew_and_says_so(done, fixed, inputs, more, tmp_path):
    added = run("irf", input=more, output=tmp_path / "sum", add_to=done, workers=1)
    assert "counted anew, since cuts are set by the events" in added.warnings[-1]
    make([*inputs, more], tmp_path / "whole")
    assert hashes(tmp_path / "sum") == hashes(tmp_path / "whole")
    other = toy_irf_input(
        tmp_path / "other", obs_id=3, run={"spectral_index": -2.3}, n_events=300
    )
    planned = run(
        "irf", input=other, output=tmp_path / "no", add_to=fixed, dry_run=True
    )
    assert "gamma differs from run to run" in planned.warnings[-1]
    with pytest.raises(UserError, match="run 1 is in"):
        run("irf", input=inputs[0], output=tmp_path / "no", add_to=fixed)


def test_adding_a_point_of_the_grid(inputs, tmp_path):
    """The old point gets another number, and its event types stay."""
    low = toy_irf_input(tmp_path / "low", zenith=10.0, obs_id=7)
    config = only_gammas(**FIXED, event_types="direction_error_class")
    make(inputs[:1], tmp_path / "irf", **config)
    added = run(
        "irf", input=low, output=tmp_path / "sum", add_to=tmp_path / "irf", workers=1
    )
    assert not added.warnings
    make([low, inputs[0]], tmp_path / "whole", **config)
    assert hashes(tmp_path / "sum") == hashes(tmp_path / "whole")
    old, new = open_irf(tmp_path / "irf"), open_irf(tmp_path / "sum")
    assert new.grid["zenith"].to_pylist() == pytest.approx([10.0, 20.0])
    assert frame(new, "psf", 1, 1).equals(frame(old, "psf", 0, 1))
    with pytest.raises(UserError, match="name the responses with --add-to"):
        run("irf", input=low, output=tmp_path / "no", set="add_to=x")


def test_the_night_sky_makes_points(inputs, tmp_path):
    moon = toy_irf_input(tmp_path / "moon" / "gamma", obs_id=9)
    config = only_gammas(nsb={"*/moon/*": 2.5})
    make([inputs[0], moon], tmp_path / "irf", **config)
    assert open_irf(tmp_path / "irf").grid["nsb"].to_pylist() == [0.0, 2.5]


def test_stored_cuts_are_used_again(done, inputs, tmp_path):
    stored = {"cuts": {"method": "stored", "table": str(done)}}
    make(inputs, tmp_path / "irf", **stored)
    same = ("effective_area.parquet", "sensitivity.parquet", "cuts.parquet")
    ours, theirs = hashes(tmp_path / "irf"), hashes(done)
    assert [ours[name] for name in same] == [theirs[name] for name in same]


def test_event_types_have_cuts_of_their_own(inputs, tmp_path):
    root = tmp_path / "irf"
    make(inputs, root, event_types="direction_error_class", enclosure="point-like")
    dataset = open_irf(root)
    assert dataset.manifest.event_types == (0, 1)
    assert dataset.cells("psf") == [(0, -1), (0, 0), (0, 1)]
    cuts = [frame(dataset, "cuts", 0, kind)["gh_cut"] for kind in (0, 1)]
    assert not cuts[0].equals(cuts[1])
    flow = pl.DataFrame(pl.from_arrow(dataset.cut_flow))
    assert "has_direction_error_class" in flow["cut"].to_list()
    with fits.open(root / "fits" / "point0_type1.fits.gz") as file:
        assert file["EFFECTIVE AREA"].header["HDUCLAS3"] == "POINT-LIKE"
        assert "RAD_MAX" in [hdu.name for hdu in file]


def test_events_of_no_type_are_told(tmp_path):
    classes = np.tile(np.array([-1, 0, 1], np.int8), 500)
    gamma = toy_irf_input(tmp_path / "g", columns={"direction_error_class": classes})
    config = only_gammas(**FIXED, event_types="direction_error_class", fraction=1.0)
    told = make([gamma], tmp_path / "irf", **config).warnings
    assert told == [
        "500 of 1500 gamma have no direction_error_class (-1): they are in no event "
        "type, only in all together"
    ]


def test_further_axes_and_grid_points(inputs, tmp_path):
    high = toy_irf_input(tmp_path / "high", zenith=40.0, obs_id=5)
    of_point = only_gammas(axes={"further": {"multiplicity": [2, 4, 8]}})
    make([inputs[0], high], tmp_path / "irf", **of_point)
    dataset = open_irf(tmp_path / "irf")
    assert dataset.grid["zenith"].to_pylist() == pytest.approx([20.0, 40.0])
    area = frame(dataset, "effective_area", 1)
    assert area["multiplicity_low"].unique().sort().to_list() == [2.0, 4.0]
    with fits.open(tmp_path / "irf" / "fits" / "point1_multiplicity_bin1.fits.gz") as f:
        hdu = f["EFFECTIVE AREA"]
        told = [hdu.header[f"{key}1"] for key in ("BINAX", "BINUN", "BINLO", "BINHI")]
        assert told == ["multiplicity", "", 4.0, 8.0]
        assert "SENSITIVITY" not in f
        of_bin = area.filter(multiplicity_low=4)["effective_area"].to_numpy()
        np.testing.assert_array_equal(hdu.data["EFFAREA"][0].T.reshape(-1), of_bin)
    axes = {"further": {"zenith": [0.0, 30.0, 60.0], "telescope_types": []}}
    made = make([inputs[0], high], tmp_path / "one", **only_gammas(axes=axes))
    files = {path.name for path in (tmp_path / "one" / "fits").iterdir()}
    # Each event has telescopes of both types.
    assert files == {
        f"point0_zenith_bin{k}_telescope_types_bin2.fits.gz" for k in (0, 1)
    }
    assert "point0_zenith_bin1_telescope_types_bin0" in made.warnings[0]
    assert validate_irf(tmp_path / "one") == []
    area = frame(open_irf(tmp_path / "one"), "effective_area")
    both = area.filter(telescope_types_low=2.5)["n_selected"].sum()
    assert both == area["n_selected"].sum() > 0
    by_zenith = area.group_by("zenith_low").agg(pl.col("n_selected").sum())
    assert (by_zenith["n_selected"] > 0).all()


def test_bins_of_an_axis_of_runs_are_by_what_was_thrown_into_each(inputs, tmp_path):
    """As if the runs of each bin were alone, with other numbers and energies."""
    low = [inputs[0], inputs[1]]
    thrown = {"n_showers": 300_000, "energy_range_min": 0.01, "spectral_index": -2.2}
    high = [
        toy_irf_input(tmp_path / str(p), p, zenith=40.0, obs_id=5, run=thrown)
        for p in (GAMMA, PROTON)
    ]
    config = {
        **FIXED,
        "background": ["proton"],
        "sensitivity": None,
        "benchmarks": {"roc": False},
    }
    further = {"axes": {"further": {"zenith": [0.0, 30.0, 60.0]}}}
    make([*low, *high], tmp_path / "both", **merged(config, further))
    both = open_irf(tmp_path / "both")
    for kept, name in ((low, "low"), (high, "high")):
        make(kept, tmp_path / name, **config)
        alone = open_irf(tmp_path / name)
        bin_low = {"low": 0.0, "high": 30.0}[name]
        for product in ("background_2d", "background_3d", "effective_area"):
            in_bin = frame(both, product).filter(zenith_low=bin_low)
            other = frame(alone, product)
            for column in other.columns:
                np.testing.assert_allclose(in_bin[column], other[column], rtol=1e-12)


@pytest.mark.parametrize("method", ["optimise-gh", "optimise-grid"])
def test_cuts_that_optimise(inputs, tmp_path, method):
    grid = {"gh_efficiencies": [0.3, 0.6], "method": method, "energy": None}
    if method == "optimise-grid":
        grid |= {"theta_efficiencies": [0.5, 0.8], "multiplicities": [2, 3]}
    make(inputs, tmp_path / "irf", cuts=grid)
    cuts = frame(open_irf(tmp_path / "irf"), "cuts")
    assert len(cuts) == 1
    assert cuts["gh_efficiency"][0] in (0.3, 0.6)


def test_bootstrap_errors_are_like_those_of_formulas(inputs, done, tmp_path):
    make(inputs, tmp_path / "irf", bootstrap=30, background_3d=False)
    resampled, plain = (open_irf(root) for root in (tmp_path / "irf", done))
    ratio = (
        frame(resampled, "effective_area")["effective_area_uncert"]
        / frame(plain, "effective_area")["effective_area_uncert"]
    )
    filled = frame(plain, "effective_area")["n_selected"] > 10
    assert 0.75 < ratio.filter(filled).median() < 1.25
    one = resampled.read("psf").schema.metadata
    assert one[b"errors"] == b"30 resamplings"


def test_a_dry_run_writes_nothing(inputs, tmp_path):
    summary = make(inputs, tmp_path / "irf", dry_run=True)
    assert [shard.key for shard in summary.shards] == ["electron", "gamma", "proton"]
    assert list(tmp_path.iterdir()) == []


def refused(inputs, tmp_path, message, **how):
    with pytest.raises(UserError, match=message):
        make(inputs, tmp_path / "irf", **how)
    assert not (tmp_path / "irf").exists()


def test_missing_particles_are_told(inputs, tmp_path):
    gamma, proton, _ = inputs
    refused([proton], tmp_path, "no input has gamma, the signal")
    refused(
        [gamma, proton], tmp_path, r"no input has electron.*background='\[proton\]'"
    )
    refused([gamma], tmp_path, "--set sensitivity=null")
    make([gamma, proton], tmp_path / "irf", background=["proton"])


def test_bad_inputs_are_told(inputs, tmp_path):
    n = 60
    wrong = toy_irf_input(tmp_path / "wrong", n_events=n, counted=5)
    refused([wrong], tmp_path, "wrong: run 1: its header tells of", **only_gammas())
    trained = toy_irf_input(
        tmp_path / "trained", n_events=n, columns={"was_trained_on": np.ones(n, bool)}
    )
    refused([trained], tmp_path, "trained_on=drop", **only_gammas())
    moved = toy_irf_input(
        tmp_path / "moved", n_events=n, columns={"array_pointing_alt": np.full(n, 60.0)}
    )
    refused([moved], tmp_path, "mixed pointings in run 1: 60 ev", **only_gammas())
    none = toy_irf_input(tmp_path / "none", n_events=n, run={"n_showers": 0}, counted=0)
    refused([none], tmp_path, "no shower was thrown", **only_gammas())
    unlike = toy_irf_input(tmp_path / "unlike", PROTON, n, array="other")
    refused([inputs[0], unlike], tmp_path, "different arrays")
    blind = EVENTS.remove(EVENTS.get_field_index("gh_score"))
    scoreless = toy_irf_input(tmp_path / "scoreless", n_events=n, schema=blind)
    refused([scoreless], tmp_path, "has no gh_score: apply a model of the particle")
    high = toy_irf_input(tmp_path / "high", PROTON, n, zenith=40.0)
    refused([inputs[0], high], tmp_path, "mixed pointings: at zenith 20",
            background=["proton"])  # fmt: skip


def test_inputs_of_a_point_are_reconstructed_alike(inputs, tmp_path):
    n, config = 60, {"background": ["proton"], "sensitivity": None}
    gamma = inputs[0]
    other = toy_irf_input(tmp_path / "other", PROTON, n, models="another training")
    config = merged(config, {"benchmarks": {"roc": False}}, FIXED)
    told = r"gh_score, reco_energy of \S+other is what other models"
    refused([gamma, other], tmp_path, told, **config)
    cleaned = toy_irf_input(tmp_path / "clean", PROTON, reconstruction="another one")
    refused([gamma, cleaned], tmp_path, "another configuration than", **config)
    keep = {"mixed_reconstruction": "keep"}
    summary = make([gamma, cleaned], tmp_path / "kept", **config, **keep)
    assert "another configuration than" in summary.warnings[0]
    digests = [each.models for each in open_irf(tmp_path / "kept").manifest.inputs]
    assert digests[0] == digests[1]
    assert set(digests[0]) == {"gh_score", "reco_energy"}
    # Models of another pointing are of that pointing.
    moved = toy_irf_input(tmp_path / "moved", zenith=40.0, obs_id=5, models="another")
    make([gamma, moved], tmp_path / "grid", **only_gammas(**FIXED))


def test_events_without_predictions_are_counted(tmp_path):
    events = toy_events(1500, GAMMA)
    events["reco_energy"][::3] = np.nan
    events["gh_score"][1::3] = np.nan
    gamma = toy_irf_input(tmp_path / "gamma", columns=events)
    make([gamma], tmp_path / "irf", **only_gammas(fraction=1.0))
    flow = pl.DataFrame(pl.from_arrow(open_irf(tmp_path / "irf").cut_flow))
    left = dict(flow.select("cut", "n_survivors").iter_rows())
    assert (left["has_energy"], left["has_gh_score"]) == (1000, 500)
    nobody = {"quality": {"none": "multiplicity > 99"}}
    refused([gamma], tmp_path / "no", "no gamma is left to set cuts by",
            **only_gammas(**nobody))  # fmt: skip
    unscored = events | {"gh_score": np.full(1500, np.nan)}
    lost = toy_irf_input(tmp_path / "lost", columns=unscored)
    left = (
        "all 1,500, makes_responses 1,500, has_energy 1,000, has_gh_score 0, "
        "has_direction 0, in_rings 0"
    )
    refused([lost], tmp_path / "no", left, **only_gammas(fraction=1.0))
    nowhere = {"benchmarks": {"rings": [6.0, 7.0]}, "fraction": 1.0}
    left = "has_gh_score 500, has_direction 500, in_rings 0"
    refused([gamma], tmp_path / "no", left, **only_gammas(**nowhere))
    alone = only_gammas(**nobody, **FIXED)
    refused([gamma], tmp_path / "no", "no event is left for 'effective_area'", **alone)


def test_rings_beyond_the_background_are_told(inputs, tmp_path):
    told = "benchmarks.rings: proton was thrown within 0 to 3 deg.*in all of 0 to 4 deg"
    refused(inputs, tmp_path, told, benchmarks={"rings": [0.0, 4.0]})


@pytest.mark.parametrize(
    ("spectrum", "message"),
    [
        ("CRAB_HEGRAA", "did you mean 'CRAB_HEGRA'"),
        ("PDG_ALL_PARTICLE", "is per solid angle"),
        ({"flux": 1.0}, "wants a name, or flux and index"),
        ({"flux": "much", "index": -2.0}, "flux wants a number"),
        ({"flux": float("inf"), "index": -2.0}, "spectra: must be finite, got inf"),
    ],
)
def test_wrong_spectra_are_told(inputs, tmp_path, spectrum, message):
    refused(inputs, tmp_path, message, spectra={"gamma": spectrum})
