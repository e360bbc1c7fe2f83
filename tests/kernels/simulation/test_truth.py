import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.simulation import truth as reference

from cta_columnar.kernels.simulation.segments import LEVEL_STEP, N_LEVELS, deposit
from cta_columnar.kernels.simulation.truth import charged_on_tracks, depth_of_maximum
from cta_columnar.simulation.atmosphere import shipped

AIR = shipped("LaPalma", 2156.0).air


@settings(deadline=None, max_examples=40)
@given(st.floats(0, 900), st.floats(0, 200), st.floats(0, 10))
def test_deposits(depth, thickness, amount):
    levels = np.zeros(N_LEVELS)
    deposit(levels, depth, thickness, amount)
    want = reference.deposit(N_LEVELS, LEVEL_STEP, depth, thickness, amount)
    np.testing.assert_allclose(levels, want, atol=1e-9)


def test_a_track_counts_once_per_step_it_crosses():
    track = np.array([[0, 0, 8000, 0, 0, 1, 6000, 50, 0.1, 2, 0]], float)
    levels = charged_on_tracks(track, AIR)
    assert levels.max() == pytest.approx(2)
    top, bottom = np.interp([10156, 4156], np.arange(2401) * 50.0, AIR.thickness)
    assert levels.sum() * LEVEL_STEP == pytest.approx(2 * (bottom - top), rel=1e-6)


def test_no_track_and_no_profile():
    assert charged_on_tracks(np.empty((0, 11)), AIR).sum() == 0
    assert depth_of_maximum(np.zeros(N_LEVELS)) == 0


@pytest.mark.parametrize("centre", [5.0, 313.0, 828.0])
def test_depth_of_maximum(centre):
    levels = 100 - ((np.arange(N_LEVELS) + 0.5) * LEVEL_STEP - centre) ** 2 / 1e4
    assert depth_of_maximum(levels) == pytest.approx(centre, abs=6)
