import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.simulation import electromagnetic as reference
from toy_showers import ATMOSPHERE, settings_of

from cta_columnar.kernels.simulation.draws import new_stream
from cta_columnar.kernels.simulation.electromagnetic import draw_growth
from cta_columnar.kernels.simulation.segments import LEVEL_STEP, segments_of
from cta_columnar.simulation.emission_table import emission_of

AIR = ATMOSPHERE.air
SIN2 = emission_of(settings_of()).sin2
UP = np.array([0.0, 0.0, 1.0])


def start(energy, z=100e3, weight=1.0):
    return np.array([[energy, weight, 0, 0, z, *UP, 0, 0]], float)


def cut(rows, step=24.0, seed=1):
    state = new_stream(seed, 1, 0, 0, 1)
    return segments_of(state, rows, UP, AIR, SIN2, 1.0, step)


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 1000), st.floats(20, 1e4))
def test_segments_carry_the_electrons_of_the_profile(seed, energy):
    _, profile, first = cut(start(energy), seed=seed)
    growth = draw_growth(new_stream(seed, 1, 0, 0, 1), energy, False, 1.0)
    top = np.interp(102156.0, np.arange(2401) * 50.0, AIR.thickness)
    depths = np.arange(top + growth.first, 809.0, 1.0)
    want = sum(reference.particles(*growth, d - top)[0] for d in depths)
    # The faint ends are left out.
    assert profile[0].sum() * LEVEL_STEP == pytest.approx(want, rel=0.05)
    height = np.interp(-(top + growth.first), -AIR.thickness, np.arange(2401) * 50.0)
    assert first == pytest.approx(height - 2156.0, abs=200)


def test_segments_lie_end_to_end_on_the_axis():
    segments, _, _ = cut(start(300.0))
    assert np.all(segments[:, :2] == 0)
    middle, length = segments[:, 2], segments[:, 6]
    gap = middle[:-1] - middle[1:] - 0.5 * (length[:-1] + length[1:])
    # Middles are by depth, not by height.
    assert np.abs(gap / length[1:]).max() < 0.1
    assert np.all(np.diff(segments[:, 9]) < 0)
    assert np.all(segments[:, 7] > 0)


def test_weight_counts_as_many_showers():
    one, profile, _ = cut(start(50.0))
    many, heavier, _ = cut(start(50.0, weight=3.0))
    np.testing.assert_allclose(many[:, 7], 3 * one[:, 7])
    np.testing.assert_allclose(heavier, 3 * profile)


def test_light_does_not_depend_on_the_cutting():
    fine, _, _ = cut(start(500.0), step=6.0)
    coarse, _, _ = cut(start(500.0), step=24.0)
    assert coarse[:, 7].sum() == pytest.approx(fine[:, 7].sum(), rel=0.01)
    assert len(fine) > 3 * len(coarse)


def test_no_showers_no_segments():
    segments, profile, first = cut(np.empty((0, 10)))
    assert segments.shape == (0, 10)
    assert profile.sum() == 0
    assert first == 0


def test_a_shower_that_starts_at_the_ground_has_no_light():
    segments, profile, _ = cut(start(500.0, z=0.0))
    assert len(segments) == 0
    assert profile.sum() == 0
