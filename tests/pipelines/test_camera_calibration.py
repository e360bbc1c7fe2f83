"""Coefficients computed from simulated calibration events, against the truth.

The raw file holds the pedestals, gains and delays that the simulation used, so what is
computed with them must change nothing, but for the efficiencies of pixels, which no
file tells. Then stage 1 gets coefficients that are wrong on purpose, to be found.
"""

from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from runs.commands import hashes

from cta_columnar import open_store, run
from cta_columnar.errors import UserError
from cta_columnar.simulation.arrays import load_array
from cta_columnar.simulation.pixel_constants import array_electronics
from cta_columnar.store import validate

TELESCOPE, TYPE, N_EVENTS = 1, "LST_LST_LSTCam", 400
SEED, RUN, DISABLED = 1, 1, 0.01
# Flashes take 1 ns: narrow windows miss some of the light, more or less by chance.
WIDE = {"window_width": 14, "window_shift": 6}
FLASH_SPREAD = 0.03
SHIFTED, OFF = 1.5, 0.2
RAW_STAGE1 = {
    "skip_calibration_events": False,
    "invalid_pixel_handler": None,
    "extractor": WIDE,
    "workers": 1,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("calibration")


@pytest.fixture(scope="module")
def raw(folder):
    path = folder / "run.simtel.zst"
    run(
        "simulate",
        output=path,
        workers=1,
        array="all-cameras",
        telescopes=[TELESCOPE],
        energy=[2.0, 20.0],
        n_showers=6,
        reuse=2,
        scatter_radius=150.0,
        cameras={"disabled_pixels": DISABLED},
        seed=SEED,
        runs=[RUN],
        calibration_events={"pedestal": N_EVENTS, "flatfield": N_EVENTS},
    )
    return path


@pytest.fixture(scope="module")
def camera():
    """The camera that was simulated, with what it drew for its pixels."""
    array = load_array("all-cameras").select([TELESCOPE])
    (drawn,) = array_electronics(array, SEED, RUN, disabled_fraction=DISABLED)
    return drawn


@pytest.fixture(scope="module")
def excess_noise(camera):
    """Squared excess noise of photo-electrons; between quantiles charges are even."""
    quantiles = camera.banks.signal_charges.astype(float)
    low, high = quantiles[:-1], quantiles[1:]
    mean = ((low + high) / 2).mean()
    return ((low**2 + low * high + high**2) / 3).mean() / mean**2


@pytest.fixture(scope="module")
def wrong(folder, camera):
    """Coefficients that are wrong on purpose, as arrays and as a file."""
    shape = camera.pedestal.shape
    rng = np.random.default_rng(7)
    values = {
        "pedestal_offset": rng.normal(0, OFF, shape),
        "factor": rng.normal(1, 0.1, shape),
        "time_shift": rng.normal(0, SHIFTED, shape),
    }
    return values, write(folder / "wrong.parquet", values)


def write(path, values):
    columns = {name: [each.tolist()] for name, each in values.items()}
    pq.write_table(pa.table({"tel_id": [TELESCOPE], **columns}), path)
    return path


def stage1(raw, root, table=None, **how):
    settings = [] if table is None else [f"monitoring.calibration={table}"]
    run("stage1", input=raw, output=root, set=settings, **{**RAW_STAGE1, **how})
    return open_store(root)


@pytest.fixture(scope="module")
def plain(raw, folder):
    return stage1(raw, folder / "plain")


@pytest.fixture(scope="module")
def wrong_dl1(raw, folder, wrong):
    return stage1(raw, folder / "wrong", wrong[1])


def calibration(store, root, **how):
    run("calibration", input=store.root, output=root, **{"workers": 1} | how)
    return open_store(root)


def rows(store, table="camera_calibration"):
    frame = store.scan(f"monitoring/{table}", tel_type=TYPE).collect()
    return {name: np.array(frame[name].to_list()) for name in frame.columns}


def test_true_coefficients_are_confirmed(plain, folder, camera, excess_noise):
    gains = {
        "squared_excess_noise": float(excess_noise),
        "flash_spread": FLASH_SPREAD,
        "flat_field": False,
    }
    store = calibration(plain, folder / "confirmed", gains=gains)
    assert validate(store.root) == []
    found = rows(store)
    # A row where pedestals begin, and one where flashes begin.
    assert found["is_valid"].tolist() == [True, True]
    mask = found["outlier_mask"][0]
    np.testing.assert_array_equal(np.isnan(found["pedestal_std"][0]), mask)
    assert camera.disabled.sum() > 5
    np.testing.assert_array_equal(mask, np.tile(camera.disabled, (2, 1)))
    # Where pixels are more efficient than the model the simulation gives some light
    # twice, which scatters more than a Poisson number.
    poisson = ~camera.disabled & (camera.efficiency < 1)
    factor = found["factor"][0, 0, poisson]
    # The number of photo-electrons of a pixel is known to about sqrt(2 / n).
    error = np.sqrt(2 / N_EVENTS)
    assert factor.std() == pytest.approx(error, rel=0.3)
    assert np.median(factor) == pytest.approx(1, abs=0.02)
    good = ~camera.disabled
    # The delays are in the file; what is left is chance: n flashes of 70 p.e. each.
    assert found["time_shift"][0, 0, good].std() < 0.1
    statistics = rows(store, "pedestal_statistics")
    assert (statistics["charge_n_events"][0, 0] > 0.95 * N_EVENTS).all()
    mean, std = (statistics[f"charge_{k}"][0, 0, good] for k in ("mean", "std"))
    pulls = mean / (std / np.sqrt(N_EVENTS))
    # Clipping takes the brightest of the night sky away.
    assert abs(pulls.mean()) < 1
    assert pulls.std() == pytest.approx(1, rel=0.15)


def test_a_flat_field_finds_the_efficiencies(plain, folder, camera):
    factor = rows(calibration(plain, folder / "flat"))["factor"][0, 0]
    good = ~camera.disabled
    light = (factor * camera.efficiency)[good]
    assert camera.efficiency[good].std() > 0.05
    assert light.std() / light.mean() < 0.012


def test_wrong_coefficients_are_found(wrong_dl1, folder, camera, wrong):
    found = rows(calibration(wrong_dl1, folder / "found"))
    np.testing.assert_array_equal(found["outlier_mask"][0, 0], camera.disabled)
    good = ~camera.disabled
    values = {name: each[0, good] for name, each in wrong[0].items()}
    # What was taken off is put back, in the units of the wrong gain; not all of it, for
    # windows about chance peaks may be cut at the ends of a trace.
    put_back = found["pedestal_offset"][0, 0, good]
    assert np.std(put_back + values["pedestal_offset"] * values["factor"]) < 0.15 * OFF
    light = found["factor"][0, 0, good] * values["factor"] * camera.efficiency[good]
    assert light.std() / light.mean() < 0.015
    left = found["time_shift"][0, 0, good] + values["time_shift"]
    assert np.std(left) < 0.1 * SHIFTED


def combined(values, found):
    """One table for both: the wrong coefficients, and then those that were found."""
    offset, factor, shift = (
        found[name][0] for name in ("pedestal_offset", "factor", "time_shift")
    )
    return {
        "pedestal_offset": values["pedestal_offset"] + offset / values["factor"],
        "factor": values["factor"] * factor,
        "time_shift": values["time_shift"] + shift,
        "outlier_mask": found["outlier_mask"][0],
    }


def images(store):
    frame = store.scan("images", tel_type=TYPE).collect()
    frame = frame.sort("obs_id", "event_id", "tel_id")
    names = ("image", "peak_time", "selected_gain_channel")
    return {name: np.array(frame[name].to_list()) for name in names}


def test_charges_of_showers_recover(raw, plain, wrong_dl1, folder, wrong, camera):
    found = rows(calibration(wrong_dl1, folder / "again"))
    table = write(folder / "combined.parquet", combined(wrong[0], found))
    store = stage1(raw, folder / "recovered", table)
    right, bad, recovered = (images(each) for each in (plain, wrong_dl1, store))
    bright = (right["image"] > 30) & (right["selected_gain_channel"] == 0)
    bright &= ~camera.disabled

    def spread(each):
        """Of charges that are too large or small, but for the efficiencies."""
        ratio = (each["image"] / right["image"])[bright]
        return np.std(ratio) / np.mean(ratio)

    def lateness(each):
        return np.std((each["peak_time"] - right["peak_time"])[bright])

    recovered["image"] = recovered["image"] * camera.efficiency
    assert bright.sum() > 200
    assert spread(bad) > 0.09
    assert spread(recovered) < 0.25 * spread(bad)
    assert lateness(recovered) < 0.2 * lateness(bad)


def test_a_dataset_is_resumed_and_has_the_chunks_asked_for(plain, folder):
    again = partial(calibration, plain, folder / "chunks")
    wanted = hashes(again(chunks={"size": 100}).root)
    assert hashes(again(chunks={"size": 100}, resume=True).root) == wanted
    with pytest.raises(UserError, match="config"):
        again(chunks={"size": 50}, resume=True)
    found = again(chunks={"size": 150, "last": "truncate"}, overwrite=True)
    statistics = rows(found, "pedestal_statistics")
    assert statistics["event_id_start"].tolist() == [-1, -151, -301]
    assert statistics["event_id_end"].tolist() == [-150, -300, -400]
    assert len(rows(found)["time"]) == 6


def test_a_dataset_of_coefficients_is_a_table(raw, plain, folder):
    store = calibration(plain, folder / "table")
    by_dataset = stage1(raw, folder / "by_dataset", store.root)
    assert str(store.root) in (by_dataset.root / "provenance.json").read_text()
    calibrated = images(by_dataset)
    found = rows(store)
    # Showers come behind all calibration events.
    last = {name: found[name][-1:] for name in found}
    values = combined({"pedestal_offset": 0.0, "factor": 1.0, "time_shift": 0.0}, last)
    table = write(folder / "same.parquet", values)
    wanted = images(stage1(raw, folder / "by_file", table))
    for name, each in calibrated.items():
        np.testing.assert_array_equal(each, wanted[name])


def test_too_few_events_are_not_valid(plain, folder):
    summary = run(
        "calibration",
        input=plain.root,
        output=folder / "few",
        workers=1,
        chunks={"size": 10, "min_events": 11},
    )
    assert any(
        "too few events, 10 where chunks.min_events is 11" in w
        for w in summary.warnings
    )
    store = open_store(folder / "few")
    table = store.scan("monitoring/camera_calibration").select("is_valid").collect()
    assert not table["is_valid"].any()
    assert summary.counts["coefficients"] == 0
    assert summary.counts["coefficients that are not valid"] == len(table) > 2


def test_one_event_is_no_bright_flash(plain, raw, tmp_path):
    """What is wrong is told, and nothing that follows from it alone."""
    store = stage1(raw, tmp_path / "dl1", max_events=1)
    summary = run("calibration", input=store.root, output=tmp_path / "out", workers=1)
    told = "\n".join(summary.warnings)
    assert "pedestal events are not valid: too few events, 1 where" in told
    assert "no row of coefficients is valid: no chunk of pedestal events is" in told
    assert "bright" not in told
    assert "outliers" not in told
    assert summary.counts["coefficients"] == 0
    with pytest.raises(UserError, match=r"chunks.min_events: .* 2"):
        calibration(plain, tmp_path / "no", chunks={"min_events": 1})


def test_flashes_that_scatter_no_more_than_pedestals_may_be_too_bright(plain, tmp_path):
    """With a spread of the light that is more than all of it, there is no factor."""
    how = {"input": plain.root, "output": tmp_path / "out", "workers": 1}
    summary = run("calibration", gains={"flash_spread": 0.9}, **how)
    assert any(
        "no row of coefficients is valid: 100% of the pixels are outliers; flashes may "
        "be too bright" in w
        for w in summary.warnings
    )


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (
            {"skip_calibration_events": True},
            "has neither pedestal nor flat-field events",
        ),
        ({"source": {"select_gain": True}}, "has one gain channel per pixel"),
    ],
)
def test_what_cannot_be_calibrated_is_told(raw, tmp_path, how, message):
    store = stage1(raw, tmp_path / "dl1", **how, max_events=3)
    with pytest.raises(UserError, match=message):
        calibration(store, tmp_path / "calibration")


def test_coefficients_on_top_of_others_are_a_warning(wrong_dl1, folder):
    summary = run(
        "calibration", input=wrong_dl1.root, output=folder / "on_top", workers=1
    )
    assert any("on top of those of" in w for w in summary.warnings)


def test_only_dl1_is_calibrated(plain, folder):
    run("stage2", input=plain.root, output=folder / "dl2", workers=1)
    with pytest.raises(UserError, match="calibration wants what stage1 made"):
        calibration(open_store(folder / "dl2"), folder / "of_dl2")


def test_charges_of_neighbours_are_a_warning(raw, tmp_path):
    store = stage1(raw, tmp_path / "dl1", invalid_pixel_handler="NeighborAverage")
    summary = run("calibration", input=store.root, output=tmp_path / "out", workers=1)
    assert any("have the charges of their neighbours" in w for w in summary.warnings)
    assert summary.counts["coefficients"] == 2
