"""Time shifts of samples and peak times against values of ctapipe.

They come of `tests/peer/time_shift.py`, which runs ctapipe on shared files.
"""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from golden import groups

from cta_columnar.registry import get

PEER = json.loads((Path(__file__).parents[1] / "peer" / "time_shift.json").read_text())
BEFORE = (
    ("gain_selector", "ThresholdGainSelector"),
    ("calibrator", "SimTelCalibrator"),
)
MOVE = ("waveform_time_shift", "WaveformTimeShift")
EXTRACT = ("extractor", "NeighborPeakWindowSum")
HANDLE = ("invalid_pixel_handler", "NeighborAverage")
CASES = {
    "waveforms": (MOVE, EXTRACT, ("time_shift", "RemainingPeakTimeShift"), HANDLE),
    "peak times": (EXTRACT, ("time_shift", "PeakTimeShift"), HANDLE),
    "waveforms only": (MOVE, EXTRACT, HANDLE),
}


def shifts(n_channels, n_pixels):
    """As in the script."""
    number = np.arange(n_channels * n_pixels).reshape(n_channels, n_pixels)
    return ((number * 37 % 401) * 0.05 - 9.0).astype(np.float32)


@cache
def groups_of(shared, name):
    return groups(shared, name)


def calibrated(shared, name, key, steps, **options):
    for group in groups_of(shared, name):
        if key not in group.keys:
            continue
        row = group.keys.index(key)
        shape = group.coefficients.time_shift.shape
        shifted = np.broadcast_to(shifts(*shape[1:]), shape).copy()
        context = {
            "camera": group.camera,
            "coefficients": replace(group.coefficients, time_shift=shifted),
        }
        columns = {
            "r0_waveform": group.r0_waveform[row : row + 1],
            "calibration_index": group.calibration_index[row : row + 1],
        }
        for kind, algorithm in (*BEFORE, *steps):
            given = options if kind == MOVE[0] else {}
            found = get(kind, algorithm)
            columns |= found.run(columns, context, found.validate_options(given))
        return columns
    raise LookupError(key)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", PEER["files"])
def test_shifted_images_equal_those_of_ctapipe(shared, name, case, record_property):
    wanted = PEER["files"][name][case]
    key = tuple(PEER["files"][name]["key"])
    columns = calibrated(shared, name, key, CASES[case])
    for column in wanted:
        # Rounded to four decimals.
        difference = abs(columns[column][0] - np.array(wanted[column]))
        np.testing.assert_allclose(
            columns[column][0], wanted[column], rtol=1e-5, atol=6e-5
        )
        record_property(f"{column}: max difference", float(difference.max()))


@pytest.mark.parametrize("name", PEER["files"])
def test_not_applied_it_leaves_all_to_the_peak_time(shared, name):
    key = tuple(PEER["files"][name]["key"])
    columns = calibrated(shared, name, key, CASES["waveforms"], apply=False)
    wanted = PEER["files"][name]["peak times"]
    np.testing.assert_allclose(
        columns["image"][0], wanted["image"], rtol=1e-5, atol=6e-5
    )
    np.testing.assert_allclose(
        columns["peak_time"][0], wanted["peak_time"], rtol=1e-5, atol=6e-5
    )
