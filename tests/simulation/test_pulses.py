import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cta_columnar.simulation.arrays import load_array
from cta_columnar.simulation.pulses import pulse_shape, pulse_table


def width(pulse, step):
    """Full width at half maximum, between two values by a straight line."""
    above = np.flatnonzero(pulse >= 0.5)
    first, last = above[0], above[-1]
    begin = first - (pulse[first] - 0.5) / (pulse[first] - pulse[first - 1])
    end = last + (pulse[last] - 0.5) / (pulse[last] - pulse[last + 1])
    return step * (end - begin)


@settings(deadline=None, max_examples=40)
@given(st.floats(0.5, 100.0), st.floats(0.0, 20.0), st.floats(0.005, 0.05))
def test_width_peak_and_ends(fwhm, tail, fineness):
    step = fineness * fwhm
    pulse = pulse_shape(fwhm, tail, step)
    assert pulse.max() == 1.0
    assert width(pulse, step) == pytest.approx(fwhm, rel=0.02)
    assert 0.0 <= pulse[0] < 1e-3
    assert 0.0 <= pulse[-1] < 1e-3
    assert (pulse >= 0.0).all()
    assert (pulse == pulse.astype(np.float16)).all()
    peak = pulse.argmax()
    assert (np.diff(pulse[: peak + 1]) >= 0.0).all()
    assert (np.diff(pulse[peak:]) <= 0.0).all()


def test_longer_tail_is_more_area():
    areas = [pulse_shape(3.0, tail, 0.02).sum() for tail in (0.0, 0.5, 2.0, 8.0)]
    assert (np.diff(areas) > 0.0).all()
    gaussian = np.sqrt(np.pi / np.log(2.0)) / 2.0
    assert areas[0] * 0.02 / 3.0 == pytest.approx(gaussian, rel=2e-3)


@pytest.mark.parametrize("bad", [(0, 1, 0.1), (2, -1, 0.1), (2, 21, 0.1), (2, 1, 0)])
def test_impossible_pulses(bad):
    with pytest.raises(ValueError, match="no pulse of width"):
        pulse_shape(*bad)


def test_gains_share_a_table():
    table = pulse_table((2.0, 4.0), (1.0, 1.0), 0.1)
    short = pulse_shape(2.0, 1.0, 0.1)
    assert (table[0, : short.size] == short).all()
    assert not table[0, short.size :].any()
    assert (table[1] == pulse_shape(4.0, 1.0, 0.1)).all()


# Sum of the reference pulse in units of a sample, in the headers of real files.
AREAS = {
    "LSTCam": (2.759, 3.2125),
    "NectarCam": (2.659, 2.659),
    "FlashCam": (5.481,),
    "DigiCam": (3.903,),
    "SCTCam": (4.384,),
}


@pytest.mark.parametrize("name", AREAS)
def test_pulses_have_the_area_of_real_ones(name):
    models = load_array("all-cameras").models
    readout = next(m.readout for m in models if m.layout.name == name)
    area = readout.pulse.sum(axis=1) * readout.pulse_step / readout.sample_width
    # Undershoot, which ours lack, takes from the low gain of LSTCam.
    tolerance = 0.12 if name == "LSTCam" else 0.02
    np.testing.assert_allclose(area, AREAS[name], rtol=tolerance)
