"""Camera coefficients of a user's table in stage 1."""

import json
from datetime import datetime, timedelta
from functools import partial

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy import units as u
from astropy.table import Table
from astropy.time import Time
from runs.commands import hashes
from runs.tables import assert_same_tables
from simulated_showers import TELESCOPES

from cta_columnar import open_store, run
from cta_columnar.errors import UserError
from cta_columnar.instrument.pulses import integration_correction
from cta_columnar.pipelines.stage1 import raw_files
from cta_columnar.sources.base import open_source
from cta_columnar.stages import dl1 as stage

WINDOW = 7, 3


@pytest.fixture(scope="module")
def raw(showers):
    return showers


def stage1(raw, root, table=None, **how):
    settings = [] if table is None else [f"monitoring.calibration={table}"]
    run("stage1", input=raw, output=root, **{"workers": 1, "set": settings} | how)
    return open_store(root)


@pytest.fixture(scope="module")
def plain(raw, tmp_path_factory):
    return stage1(raw, tmp_path_factory.mktemp("plain") / "dl1")


def images(store, tel_type):
    """Keys, times and images of a telescope type, in order of events."""
    keys = ["obs_id", "event_id", "tel_id"]
    frame = store.scan("images", tel_type=tel_type).collect()
    trigger = store.scan("trigger").select("obs_id", "event_id", "time").collect()
    frame = frame.join(trigger, on=keys[:2]).sort(keys)
    return {name: np.array(frame[name].to_list()) for name in frame.columns} | {
        "time": frame["time"].to_numpy()
    }


def rows(store, **columns):
    """A row per telescope: constants over the camera for names of columns."""
    found = {"tel_id": np.array(TELESCOPES, np.int16)}
    shapes = [
        (readout.n_channels, readout.n_pixels)
        for readout in (store.subarray().type_of(t).readout for t in TELESCOPES)
    ]
    for name, value in columns.items():
        found[name] = [np.full(shape, value).tolist() for shape in shapes]
    return found


def write(path, columns):
    pq.write_table(pa.table(columns), path)
    return path


def test_offset_factor_and_shift_act_as_defined(raw, plain, tmp_path):
    offset, factor, shift = 0.25, 1.5, 2.0
    columns = rows(plain, pedestal_offset=offset, factor=factor, time_shift=shift)
    store = stage1(raw, tmp_path / "dl1", write(tmp_path / "mine.parquet", columns))
    for camera in plain.subarray().types:
        before, after = images(plain, camera.name), images(store, camera.name)
        has_samples = camera.readout.n_samples > 1
        width = np.ones(camera.readout.n_channels)
        if has_samples:
            width = WINDOW[0] * integration_correction(camera.readout, *WINDOW)
        channel = before["selected_gain_channel"]
        np.testing.assert_array_equal(after["selected_gain_channel"], channel)
        # Windows at the ends of a trace are shorter.
        inside = np.ones(channel.shape, bool)
        if has_samples:
            sample = before["peak_time"] * camera.readout.sampling_rate
            inside = (sample > 7) & (sample < camera.readout.n_samples - 8)
            inside &= before["image"] > 20
        assert inside.any()
        want = (before["image"] - width[channel] * offset) * factor
        np.testing.assert_allclose(
            after["image"][inside], want[inside], rtol=1e-3, atol=0.02
        )
        if has_samples:
            bright = inside & (before["image"] > 100)
            moved = (before["peak_time"] - after["peak_time"])[bright]
            # The offset takes positive samples off the mean time, too.
            assert np.median(moved) == pytest.approx(shift, abs=0.1)
        else:
            assert not after["peak_time"].any()


def test_dl0_takes_it_too(raw, plain, tmp_path):
    columns = rows(plain, pedestal_offset=0.25, factor=1.5, time_shift=2.0)
    table = write(tmp_path / "mine.parquet", columns)
    run("reduce", input=raw, output=tmp_path / "dl0", workers=1)
    moved = ["waveform_time_shift=WaveformTimeShift", "time_shift=null"]
    settings = [f"monitoring.calibration={table}", *moved]
    wanted = stage1(raw, tmp_path / "wanted", set=settings)
    found = stage1(tmp_path / "dl0", tmp_path / "found", set=settings)
    for tel_type in plain.tel_types("images"):
        some = found.scan("images", tel_type=tel_type).collect()
        assert some.equals(wanted.scan("images", tel_type=tel_type).collect())
        assert not some.equals(plain.scan("images", tel_type=tel_type).collect())


def test_a_table_that_says_nothing_new_changes_nothing(raw, plain, tmp_path):
    columns = rows(plain, factor=1.0, time_shift=0.0, outlier_mask=False)
    store = stage1(raw, tmp_path / "dl1", write(tmp_path / "mine.parquet", columns))
    for tel_type in plain.tel_types("images"):
        before = plain.scan("images", tel_type=tel_type).collect()
        assert store.scan("images", tel_type=tel_type).collect().equals(before)


def test_rows_are_joined_by_time_and_invalid_ones_left_out(raw, plain, tmp_path):
    factors = {}
    columns = {"tel_id": [], "time": [], "factor": [], "is_valid": []}
    for tel_id in TELESCOPES:
        camera = plain.subarray().type_of(tel_id)
        shape = camera.readout.n_channels, camera.readout.n_pixels
        times = np.unique(images(plain, camera.name)["time"])
        assert len(times) > 3
        # The first begins after the first event; the last one is not valid.
        steps = [(times[1], 2.0, True), (times[2], 3.0, True), (times[3], 9.0, False)]
        for time, factor, is_valid in reversed(steps):
            columns["tel_id"].append(tel_id)
            columns["time"].append(time)
            columns["factor"].append(np.full(shape, factor).tolist())
            columns["is_valid"].append(is_valid)
        factors[tel_id] = times[2]
    columns["time"] = np.array(columns["time"])
    store = stage1(raw, tmp_path / "dl1", write(tmp_path / "mine.parquet", columns))
    for tel_id in TELESCOPES:
        name = plain.subarray().type_of(tel_id).name
        before, after = images(plain, name), images(store, name)
        factor = np.where(before["time"] >= factors[tel_id], 3.0, 2.0)
        assert {2.0, 3.0} == set(factor)
        want = before["image"] * factor[:, np.newaxis]
        np.testing.assert_allclose(after["image"], want, rtol=1e-4, atol=1e-3)


def of_two_runs(plain):
    """Rows of the run there is and of another one, from the same time on."""
    (obs_id,) = plain.scan("simulation/runs").collect()["obs_id"]
    both = [rows(plain, factor=factor) for factor in (2.0, 5.0)]
    columns = {n: [*both[0][n], *both[1][n]] for n in both[0]}
    columns["obs_id"] = np.repeat([obs_id, obs_id + 1], len(TELESCOPES))
    columns["time"] = np.zeros(len(columns["tel_id"]), "datetime64[ns]")
    return columns


def test_rows_of_a_run_are_for_that_run_alone(raw, plain, tmp_path):
    path = write(tmp_path / "mine.parquet", of_two_runs(plain))
    store = stage1(raw, tmp_path / "dl1", path)
    wanted = write(tmp_path / "wanted.parquet", rows(plain, factor=2.0))
    assert_same_tables(store.root, stage1(raw, tmp_path / "wanted", wanted).root)


def test_rows_of_another_run_are_left_and_told(raw, plain, tmp_path):
    columns = of_two_runs(plain)
    others = {name: each[len(TELESCOPES) :] for name, each in columns.items()}
    path = write(tmp_path / "mine.parquet", others)
    settings = [f"monitoring.calibration={path}"]
    how = {"input": raw, "workers": 1}
    summary = run("stage1", output=tmp_path / "dl1", set=settings, **how)
    (warning,) = (w for w in summary.warnings if "coefficients" in w)
    assert "of other runs than 1 for telescopes 1, 3, 5: those of the input" in warning
    assert "monitoring.calibration_of_any_run=true" in warning
    assert_same_tables(tmp_path / "dl1", plain.root)
    settings.append("monitoring.calibration_of_any_run=true")
    summary = run("stage1", output=tmp_path / "any", set=settings, **how)
    assert not any("coefficients" in w for w in summary.warnings)
    wanted = write(tmp_path / "wanted.parquet", rows(plain, factor=5.0))
    assert_same_tables(tmp_path / "any", stage1(raw, tmp_path / "wanted", wanted).root)


def test_without_runs_two_rows_of_one_time_are_refused(raw, plain, tmp_path):
    path = write(tmp_path / "mine.parquet", of_two_runs(plain))
    settings = [
        f"monitoring.calibration={path}",
        "monitoring.calibration_of_any_run=true",
    ]
    with pytest.raises(UserError, match="two rows of telescope 1 begin at the same"):
        stage1(raw, tmp_path / "dl1", set=settings)


def test_outliers_are_replaced(raw, plain, tmp_path):
    columns = rows(plain, outlier_mask=False, factor=1.0)
    columns["outlier_mask"][0][0][7] = True
    columns["factor"][1][0][9] = float("nan")
    store = stage1(raw, tmp_path / "dl1", write(tmp_path / "mine.parquet", columns))
    for tel_id, pixel in zip(TELESCOPES, (7, 9), strict=False):
        camera = plain.subarray().type_of(tel_id)
        before, after = images(plain, camera.name), images(store, camera.name)
        first, last = camera.neighbor_indptr[pixel : pixel + 2]
        around = camera.neighbor_indices[first:last]
        of_high_gain = before["selected_gain_channel"][:, pixel] == 0
        np.testing.assert_allclose(
            after["image"][of_high_gain][:, pixel],
            after["image"][of_high_gain][:, around].mean(axis=1),
            rtol=1e-4,
            atol=1e-4,
        )
        assert (after["image"] != before["image"])[:, pixel].any()


def test_ecsv_and_parquet_are_the_same(raw, plain, tmp_path):
    name = plain.subarray().type_of(1).name
    readout = plain.subarray().type_of(1).readout
    shape = 2, readout.n_channels, readout.n_pixels
    rng = np.random.default_rng(5)
    values = {
        "factor": rng.normal(1, 0.1, shape).astype(np.float32),
        "time_shift": rng.normal(0, 1, shape).astype(np.float32),
        "outlier_mask": rng.random(shape) < 0.05,
    }
    times = np.unique(images(plain, name)["time"])[[0, 2]]
    table = {"tel_id": [1, 1], "time": times}
    table |= {key: list(map(np.ndarray.tolist, values[key])) for key in values}
    ecsv = Table({"tel_id": [1, 1], **values})
    start = datetime(1970, 1, 1)
    exact = [start + timedelta(microseconds=int(t) // 1000) for t in times.astype(int)]
    # One ns earlier than the microsecond would be the row before.
    ecsv["time"] = Time(exact, scale="tai") + (times.astype(int) % 1000) * u.ns
    ecsv["time"] = ecsv["time"].utc
    ecsv["time_shift"] = values["time_shift"].astype(np.float64) * 1e-3 * u.us
    ecsv.write(tmp_path / "mine.ecsv", format="ascii.ecsv")
    paths = write(tmp_path / "mine.parquet", table), tmp_path / "mine.ecsv"
    stores = [
        stage1(raw, tmp_path / path.suffix[1:], path, allowed_tels=[1])
        for path in paths
    ]
    frames = [images(store, name) for store in stores]
    np.testing.assert_array_equal(frames[0]["image"], frames[1]["image"])
    np.testing.assert_allclose(
        frames[0]["peak_time"], frames[1]["peak_time"], atol=1e-5
    )
    assert (frames[0]["image"] != images(plain, name)["image"]).any()


def test_telescopes_without_coefficients_are_told(raw, plain, tmp_path):
    columns = pl.DataFrame(rows(plain, factor=2.0)).head(1).to_dict(as_series=False)
    path = write(tmp_path / "mine.parquet", columns)
    summary = run(
        "stage1",
        input=raw,
        output=tmp_path / "dl1",
        workers=1,
        set=[f"monitoring.calibration={path}"],
    )
    (warning,) = (w for w in summary.warnings if "coefficients" in w)
    assert "mine.parquet has no coefficients for telescopes 3, 5" in warning
    store = open_store(tmp_path / "dl1")
    name = plain.subarray().type_of(3).name
    before = plain.scan("images", tel_type=name).collect()
    assert store.scan("images", tel_type=name).collect().equals(before)


def test_results_do_not_depend_on_batches(raw, plain, tmp_path, monkeypatch):
    rng = np.random.default_rng(3)
    columns = rows(plain, factor=1.0)
    columns["factor"] = [
        rng.normal(1, 0.1, np.shape(each)).tolist() for each in columns["factor"]
    ]
    path = write(tmp_path / "mine.parquet", columns)
    wanted = hashes(stage1(raw, tmp_path / "all", path).root)
    one_a_batch = partial(open_source, batch_rows=1)
    monkeypatch.setattr(raw_files, "open_source", one_a_batch)
    monkeypatch.setattr(stage, "SLICE_BYTES", 1)
    assert hashes(stage1(raw, tmp_path / "single", path).root) == wanted


def test_another_content_is_another_configuration(raw, plain, tmp_path):
    path = write(tmp_path / "mine.parquet", rows(plain, factor=1.1))
    stage1(raw, tmp_path / "dl1", path)
    stage1(raw, tmp_path / "dl1", path, resume=True)
    write(path, rows(plain, factor=1.2))
    with pytest.raises(UserError, match="config"):
        stage1(raw, tmp_path / "dl1", path, resume=True)


def inputs_of(store):
    """Size of each file that a run has used, by its path."""
    document = json.loads((store.root / "provenance.json").read_text())
    used = {each["prov:entity"] for each in document["used"].values()}
    return {
        facts["prov:label"]: int(facts["ctacol:size"]["$"])
        for name, facts in document["entity"].items()
        if name in used and facts.get("ctacol:role") == "input"
    }


def test_it_is_an_input_in_the_provenance(raw, plain, tmp_path):
    path = write(tmp_path / "mine.parquet", rows(plain, factor=1.1))
    store = stage1(raw, tmp_path / "dl1", path)
    assert inputs_of(store)[str(path)] == path.stat().st_size


def test_images_need_it_no_more(raw, plain, tmp_path):
    """They are calibrated: what is made of them anew can do without the table."""
    path = write(tmp_path / "mine.parquet", rows(plain, factor=1.1))
    first = stage1(raw, tmp_path / "dl1", path)
    path.unlink()
    again = stage1(first.root, tmp_path / "again")
    assert_same_tables(again.root, first.root)
    assert inputs_of(again)
    assert str(path) not in inputs_of(again)


def bad_tables():
    good = {"tel_id": [1], "factor": [[[1.0]]]}
    time = np.array([0, 0], "datetime64[ns]")
    return [
        ({"factor": [[1.0]]}, "has no column tel_id"),
        ({"tel_id": [1]}, "none of the columns pedestal_offset, factor"),
        (good, "factor of .* has the shape .1, 1.; the camera has 2 gain channels"),
        ({"tel_id": [1], "factor": [[["a"]]]}, "column factor: no table here has list"),
        ({"tel_id": [1], "factor": [[[1.0], [1.0, 2.0]]]}, "factor: a cell is no arr"),
        (good | {"time": [5.0]}, "time must be timestamps without zone"),
        (
            {"tel_id": [1, 1], "time": time, "factor": [[[1.0]]] * 2},
            "two rows of telescope 1 begin at the same time",
        ),
        ({"tel_id": [1, None], "factor": [[[1.0]]] * 2}, "tel_id has 1 nulls"),
        (
            good | {"time_shfit": [[[1.0]]]},
            "has a column 'time_shfit'; did you mean 'time_shift'",
        ),
        (good | {"pixel": [3]}, "has a column 'pixel'; known: factor, is_valid, obs_"),
    ]


@pytest.mark.parametrize(("columns", "message"), bad_tables())
def test_what_is_wrong_with_a_table_is_told(raw, tmp_path, columns, message):
    path = write(tmp_path / "mine.parquet", columns)
    with pytest.raises(UserError, match=f"monitoring.calibration: .*{message}"):
        stage1(raw, tmp_path / "dl1", path)


def test_a_misspelt_column_of_ecsv_is_told(raw, tmp_path):
    path = tmp_path / "mine.ecsv"
    Table({"tel_id": [1], "factr": [1.0]}).write(path, format="ascii.ecsv")
    with pytest.raises(UserError, match="'factr'; did you mean 'factor'"):
        stage1(raw, tmp_path / "dl1", path)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nothing.parquet", "No such file"),
        ("mine.csv", "wants a dataset, or a file named"),
        ("mine.parquet", "cannot be read"),
        ("mine.ecsv", "cannot be read"),
    ],
)
def test_a_file_of_another_kind_is_told(raw, tmp_path, name, message):
    path = tmp_path / name
    if not name.startswith("nothing"):
        path.write_text("tel_id\n1\n")
    with pytest.raises(UserError, match=f"monitoring.calibration: .*{message}"):
        stage1(raw, tmp_path / "dl1", path)


def test_a_dataset_without_coefficients_is_told(raw, plain, tmp_path):
    with pytest.raises(UserError, match="has no table monitoring/camera_calibration"):
        stage1(raw, tmp_path / "dl1", plain.root)


def test_stored_images_are_cleaned_by_the_scatter_of_a_table(raw, plain, tmp_path):
    """One that images were made with; of their pixels it says no more than that."""
    path = write(tmp_path / "noise.parquet", rows(plain, pedestal_std=1.7))
    nsb = "cleaner={name: NSBImageCleaner, picture_threshold_pe: 3, pedestal_factor: 6}"
    wanted = stage1(
        raw, tmp_path / "wanted", set=[f"monitoring.calibration={path}", nsb]
    )
    images_of = stage1(raw, tmp_path / "images", path)
    assert_same_tables(images_of.root, plain.root)
    again = stage1(images_of.root, tmp_path / "again", set=[nsb])
    assert_same_tables(again.root, wanted.root)
    without = stage1(plain.root, tmp_path / "without", set=[nsb])
    with pytest.raises(AssertionError):
        assert_same_tables(without.root, wanted.root)
    write(path, rows(plain, pedestal_std=1.8))
    with pytest.raises(UserError, match=r"monitoring\.calibration: .* is not known"):
        stage1(images_of.root, tmp_path / "no", set=[nsb])
    assert not (tmp_path / "no").exists()
    stage1(images_of.root, tmp_path / "tailcuts")
