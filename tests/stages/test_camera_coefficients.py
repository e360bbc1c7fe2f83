"""Coefficients from statistics that are known, against their formulas."""

import numpy as np
import pytest

from cta_columnar.stages.camera_calibration import (
    Chunks,
    GainOptions,
    coefficients_of,
)

SECOND = 10**9
GAINS = GainOptions(1.2, 0.02, flat_field=False)
N_PIXELS = 6


def chunks(times, median, std, time=None, valid=True):
    """Statistics of one gain channel, the same in every pixel but for a slope."""
    shape = (len(times), 1, N_PIXELS)
    slope = 1 + np.arange(N_PIXELS) / 100
    full = [
        np.broadcast_to(np.reshape(each, (-1, 1, 1)) * slope, shape).astype(np.float32)
        for each in (median, std)
    ]
    pulse_time = {}
    if time is not None:
        late = np.reshape(time, (-1, 1, 1)) + np.arange(N_PIXELS)
        pulse_time = {"median": np.broadcast_to(late, shape).astype(np.float32)}
    return Chunks(
        np.array(times) * SECOND,
        {"median": full[0], "std": full[1]},
        pulse_time,
        np.zeros(shape, bool),
        np.broadcast_to(valid, len(times)),
    )


def test_formulas():
    dark, light = chunks([0], [1.4], [3.0]), chunks([0], [71.4], [11.0], [20.0])
    found = coefficients_of(dark, light, np.array([7.0]), GAINS)
    slope = 1 + np.arange(N_PIXELS) / 100
    np.testing.assert_allclose(found["pedestal_offset"][0, 0], 0.2 * slope, rtol=1e-5)
    signal = 70 * slope
    variance = (11**2 - 3**2) * slope**2 - (0.02 * signal) ** 2
    factor = 1.2 * signal / variance
    np.testing.assert_allclose(found["factor"][0, 0], factor, rtol=1e-5)
    np.testing.assert_allclose(
        found["time_shift"][0, 0], np.arange(N_PIXELS) - 2.5, atol=1e-5
    )
    np.testing.assert_allclose(
        found["pedestal_std"][0, 0], 3 * slope * factor, rtol=1e-5
    )
    assert found["is_valid"].tolist() == [True]
    assert not found["outlier_mask"].any()


def test_a_flat_field_gives_all_pixels_the_same_charge():
    dark, light = chunks([0], [1.4], [3.0]), chunks([0], [71.4], [11.0], [20.0])
    options = GainOptions(1.2, 0.02, flat_field=True)
    found = coefficients_of(dark, light, np.array([7.0]), options)
    single = coefficients_of(dark, light, np.array([7.0]), GAINS)
    signal = (light.charge["median"] - dark.charge["median"])[0, 0]
    charge = found["factor"][0, 0] * signal
    np.testing.assert_allclose(charge, np.median(single["factor"] * signal), rtol=1e-5)


def test_a_row_begins_with_every_chunk():
    dark = chunks([0, 10], [0.0, 7.0], [3.0, 3.0])
    light = chunks([5, 20], [70.0, 77.0], [11.0, 11.0], [20.0, 21.0], [True, False])
    found = coefficients_of(dark, light, np.array([7.0]), GAINS)
    assert (found["time"] // SECOND).tolist() == [0, 5, 10, 20]
    np.testing.assert_allclose(
        found["pedestal_offset"][:, 0, 0], [0, 0, 1, 1], atol=1e-6
    )
    assert found["is_valid"].tolist() == [True, True, True, False]
    # The first flashes serve the time before them.
    np.testing.assert_array_equal(found["factor"][0], found["factor"][1])
    assert found["factor"][2, 0, 0] != found["factor"][1, 0, 0]


def test_what_is_missing_changes_nothing():
    dark, light = chunks([0], [1.4], [3.0]), chunks([0], [71.4], [11.0], [20.0])
    samples = np.array([7.0])
    found = coefficients_of(dark, None, samples, GAINS)
    assert (found["factor"] == 1).all()
    assert not found["time_shift"].any()
    assert found["pedestal_offset"].all()
    found = coefficients_of(None, light, samples, GAINS)
    assert (found["factor"] == 1).all()
    assert found["time_shift"].any()
    assert not found["pedestal_offset"].any()
    assert np.isnan(found["pedestal_std"]).all()


@pytest.mark.parametrize("flat_field", [True, False])
def test_pixels_without_a_signal_are_outliers_that_change_nothing(flat_field):
    dark, light = chunks([0], [1.4], [3.0]), chunks([0], [71.4], [11.0], [20.0])
    light.charge["median"][0, 0, 2] = dark.charge["median"][0, 0, 2]
    light.charge["median"][0, 0, 4] = np.nan
    options = GainOptions(1.2, 0.0, flat_field=flat_field)
    found = coefficients_of(dark, light, np.array([7.0]), options)
    assert np.flatnonzero(found["outlier_mask"]).tolist() == [2, 4]
    assert (found["factor"][0, 0, [2, 4]] == 1).all()
    assert np.flatnonzero(np.isnan(found["pedestal_std"])).tolist() == [2, 4]
    dark.outlier_mask[0, 0, 1] = True
    marked = coefficients_of(dark, light, np.array([7.0]), options)
    assert np.flatnonzero(np.isnan(marked["pedestal_std"])).tolist() == [1, 2, 4]
    dark.outlier_mask[0, 0, 1] = False
    assert found["is_valid"].tolist() == [True]
    found = coefficients_of(dark, light, np.array([7.0]), options, 0.2)
    assert found["is_valid"].tolist() == [False]
