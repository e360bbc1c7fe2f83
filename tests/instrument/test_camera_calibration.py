"""Coefficients of a table joined with those of a file, against their definition."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cta_columnar.instrument.camera_calibration import NO_ROW, CameraCalibration
from cta_columnar.instrument.coefficients import Coefficients

SHAPE = (2, 5)


def calibration(tel_id, time, seed=0, std=False, obs_id=None):
    rng = np.random.default_rng(seed)
    shape = (len(tel_id), *SHAPE)
    return CameraCalibration(
        np.array(tel_id, np.int16),
        np.array(time, np.int64),
        rng.normal(0, 0.3, shape).astype(np.float32),
        rng.normal(1, 0.2, shape).astype(np.float32),
        rng.normal(0, 2, shape).astype(np.float32),
        rng.random(shape) < 0.2,
        rng.random(shape, np.float32) if std else None,
        None if obs_id is None else np.array(obs_id, np.int64),
    )


def of_file(n_rows, seed=1, std=False):
    rng = np.random.default_rng(seed)
    shape = (n_rows, *SHAPE)
    gain = rng.normal(0.02, 0.002, shape).astype(np.float32)
    gain[rng.random(shape) < 0.1] = 0
    return Coefficients(
        rng.normal(300, 5, shape).astype(np.float32),
        gain,
        rng.normal(0, 1, shape).astype(np.float32),
        rng.random(shape) < 0.1,
        rng.random(shape, np.float32) if std else None,
    )


rows = st.lists(
    st.tuples(st.integers(1, 4), st.integers(-20, 20)), unique=True, max_size=12
).map(sorted)
rows_of_runs = st.lists(
    st.tuples(st.integers(7, 9), st.integers(1, 4), st.integers(-20, 20)),
    unique=True,
    max_size=12,
).map(sorted)
events = st.lists(
    st.tuples(st.integers(6, 9), st.integers(1, 5), st.integers(-25, 25)), max_size=10
)


def valid_row(table, obs_id, tel_id, time):
    """Slow: the last row of the telescope that has begun, or else its first one."""
    mine = [r for r, tel in enumerate(table.tel_id) if tel == tel_id]
    if table.obs_id is not None:
        mine = [r for r in mine if table.obs_id[r] == obs_id]
    begun = [r for r in mine if table.time[r] <= time]
    return (begun[-1:] or mine[:1] or [NO_ROW])[0]


@settings(deadline=None, max_examples=60)
@given(rows, events)
def test_the_row_is_the_last_that_has_begun(rows, events):
    table = calibration([r[0] for r in rows], [r[1] for r in rows])
    want = [valid_row(table, *event) for event in events]
    assert table.rows_of(*columns_of(events)).tolist() == want


def columns_of(events):
    """Runs, telescopes and times."""
    types = np.int64, np.int16, np.int64
    return [np.array([e[i] for e in events], types[i]) for i in range(3)]


@settings(deadline=None, max_examples=60)
@given(rows_of_runs, events)
def test_rows_of_a_run_are_for_its_events_alone(rows, events):
    obs_id, tel_id, time = ([r[i] for r in rows] for i in range(3))
    table = calibration(tel_id, time, obs_id=obs_id)
    want = [valid_row(table, *event) for event in events]
    assert table.rows_of(*columns_of(events)).tolist() == want
    for run in (6, 7, 8, 9):
        mine = {row[1] for row in rows if row[0] == run}
        assert table.telescopes_of(run) == mine


@settings(deadline=None, max_examples=40)
@given(rows, events, st.booleans(), st.booleans(), st.integers(0, 99))
def test_joined_coefficients_do_one_after_the_other(rows, events, std, old_std, seed):
    table = calibration([r[0] for r in rows], [r[1] for r in rows], seed, std)
    file = of_file(3, seed, old_std)
    rng = np.random.default_rng(seed)
    calibration_index = rng.integers(0, 3, len(events)).astype(np.int32)
    joined, index = table.applied_to(file, calibration_index, *columns_of(events))
    assert index.shape == (len(events),)
    pairs = {
        (int(k), valid_row(table, *event))
        for k, event in zip(calibration_index, events, strict=True)
    }
    assert len(joined) == len(pairs)
    counts = rng.normal(400, 100, SHAPE)
    for k, i, event in zip(calibration_index, index, events, strict=True):
        r1 = (counts - file.pedestal[k]) * file.dc_to_pe[k]
        row = valid_row(table, *event)
        got = (counts - joined.pedestal[i]) * joined.dc_to_pe[i]
        if row == NO_ROW:
            want, shift = r1, file.time_shift[k]
            mask = file.outlier_mask[k]
        else:
            works = file.dc_to_pe[k] != 0
            offset = np.where(works, table.pedestal_offset[row], 0)
            want = (r1 - offset) * table.factor[row]
            shift = file.time_shift[k] + table.time_shift[row]
            mask = file.outlier_mask[k] | table.outlier_mask[row]
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-4)
        np.testing.assert_array_equal(joined.time_shift[i], shift)
        np.testing.assert_array_equal(joined.outlier_mask[i], mask)
        if std and row != NO_ROW:
            np.testing.assert_array_equal(
                joined.pedestal_std[i], table.pedestal_std[row]
            )
        elif old_std:
            np.testing.assert_array_equal(joined.pedestal_std[i], file.pedestal_std[k])
        elif std:
            assert np.isnan(joined.pedestal_std[i]).all()
        else:
            assert joined.pedestal_std is None


def test_coefficients_of_the_file_stay_as_they_are():
    table, file = calibration([1], [0]), of_file(1)
    before = file.pedestal.copy()
    index = np.zeros(2, np.int32)
    joined, _ = table.applied_to(file, index, *columns_of([(7, 1, 1), (7, 1, 2)]))
    np.testing.assert_array_equal(file.pedestal, before)
    assert len(joined) == 1
