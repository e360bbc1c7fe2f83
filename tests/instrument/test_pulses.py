import numpy as np
import pytest

from cta_columnar.instrument.pulses import integration_correction

from .conftest import readout


def share_in_window(pulse, step, sample_width, width, shift):
    """How much of a pulse a window holds, with loops."""
    n_samples = int(np.ceil(pulse.size * step / sample_width)) - 1
    sums = [0.0] * n_samples
    for j, amplitude in enumerate(pulse):
        i = int(j * step // sample_width)
        if j * step == n_samples * sample_width:
            i = n_samples - 1  # the last bin is closed
        if i < n_samples:
            sums[i] += amplitude
    start = max(sums.index(max(sums)) - shift, 0)
    return sum(sums[start : start + width]) / sum(sums)


@pytest.mark.parametrize("window", [(7, 3), (5, 2), (5, 0), (6, 4), (1, 0), (7, 30)])
def test_correction_is_one_over_the_share(window):
    one = readout(7)
    correction = integration_correction(one, *window)
    want = [1 / share_in_window(p, 0.25, 1.0, *window) for p in one.reference_pulse]
    np.testing.assert_allclose(correction, want, rtol=1e-13)


def test_whole_pulse_needs_none():
    np.testing.assert_allclose(integration_correction(readout(7), 60, 20), 1)


def test_undershoot_gives_factors_below_one():
    pulse = np.array([[0.0, 4.0, 4.0, 0.0, -1.0, -1.0, 0.0, 0.0]])
    one = readout(7, reference_pulse=pulse, reference_pulse_sample_width=1.0)
    assert integration_correction(one, 3, 1) == pytest.approx(6 / 8)


@pytest.mark.parametrize("pulse", [np.ones((1, 1)), np.zeros((1, 20)), np.ones((1, 0))])
def test_no_pulse_to_speak_of(pulse):
    one = readout(7, reference_pulse=pulse, reference_pulse_sample_width=1.0)
    assert integration_correction(one, 7, 3).tolist() == [1.0]


def test_empty_window():
    assert integration_correction(readout(7), 0, 0).tolist() == [1.0, 1.0]


def test_computed_once():
    first = integration_correction(readout(7), 7, 3)
    assert integration_correction(readout(7), 7, 3) is first
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 2
