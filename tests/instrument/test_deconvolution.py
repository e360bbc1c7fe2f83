import math

import numpy as np
import pytest

from cta_columnar.errors import UserError
from cta_columnar.instrument.deconvolution import deconvolution
from cta_columnar.instrument.pulses import sliding_correction

from .conftest import readout

DECAY = 0.7  # per sample of 1 ns
STEP = 0.25


def exponential(**options):
    """A pulse that rises at once and decays; 4 of its steps are a sample."""
    j = np.arange(160)
    pulse = np.where(j >= 40, DECAY ** ((j - 40) * STEP), 0.0)
    options = {"reference_pulse": pulse[np.newaxis]} | options
    return readout(7, reference_pulse_sample_width=STEP, **options)


def test_pole_zero_is_the_decay_of_one_sample():
    found = deconvolution(exponential(), 4, 7, 3, 0.0, True, 0.05)
    assert found.pole_zero == pytest.approx(DECAY)


def test_gain_is_that_of_the_sample_which_is_left():
    """Deconvolved, a pulse is one sample: its height, not the sum of what follows."""
    found = deconvolution(exponential(), 1, 1, 0, 0.0, False, 0.05)
    pulse = exponential().reference_pulse[0]
    # Each of the four phases begins with another height.
    heights = [DECAY ** (phase * STEP) for phase in range(4)]
    assert found.gain == pytest.approx(np.mean(heights) / (pulse.sum() * STEP))
    assert math.isnan(found.edge_offset)


def test_time_without_resampling_is_that_of_the_sample():
    """The pulse begins at step 40, the 10th sample of each of the four phases."""
    found = deconvolution(exponential(), 1, 1, 0, 0.0, False, 0.05)
    assert found.time_shift == 0.0
    late = exponential()
    late = exponential(reference_pulse=np.roll(late.reference_pulse, 2, axis=1))
    # From step 42 on: two phases begin at step 42 and 43, two a sample later.
    late_by = np.mean([44 - 42, 44 - 42, 40 - 42, 40 - 42]) * STEP
    found = deconvolution(late, 1, 1, 0, 0.0, False, 0.05)
    assert found.time_shift == pytest.approx(late_by)


def test_longer_light_has_a_smaller_gain():
    gains = [
        deconvolution(exponential(), 4, 7, 3, std, True, 0.05).gain
        for std in (0.0, 1.0, 3.0)
    ]
    assert gains[0] > gains[1] > gains[2] > 0


def test_only_the_first_gain_channel_counts():
    one = exponential()
    two = exponential(
        reference_pulse=np.stack([one.reference_pulse[0], one.reference_pulse[0][::-1]])
    )
    options = 4, 7, 3, 2.0, True, 0.05
    assert deconvolution(two, *options) == deconvolution(one, *options)


@pytest.mark.parametrize(
    ("pulse", "step", "message"),
    [
        (np.ones((1, 50)), 2.0, "steps of 2 ns, longer than a sample of 1 ns"),
        (np.arange(50.0)[np.newaxis] ** 2, 1.0, "no window|has decayed"),
        (np.ones((1, 1)), 1.0, "ends before it has decayed"),
        (np.zeros((1, 50)), 1.0, "ends before it has decayed"),
    ],
)
def test_pulses_that_cannot_be_deconvolved(pulse, step, message):
    one = readout(7, reference_pulse=pulse, reference_pulse_sample_width=step)
    with pytest.raises(UserError, match=message):
        deconvolution(one, 4, 7, 3, 2.0, True, 0.05)


@pytest.mark.parametrize("width", [1, 4, 9])
def test_sliding_correction_is_one_over_the_largest_share(width):
    one = readout(7)
    n = width * 4  # steps of a quarter of a sample
    want = [
        pulse.sum() / max(pulse[j : j + n].sum() for j in range(pulse.size - n + 1))
        for pulse in one.reference_pulse
    ]
    np.testing.assert_allclose(sliding_correction(one, width), want, rtol=1e-12)


@pytest.mark.parametrize("pulse", [np.zeros((1, 20)), np.ones((1, 3)), np.ones((1, 0))])
def test_no_pulse_to_slide_over(pulse):
    one = readout(7, reference_pulse=pulse, reference_pulse_sample_width=1.0)
    assert sliding_correction(one, 7).tolist() == [1.0]
