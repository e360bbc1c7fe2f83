import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.simulation import atmosphere as reference

from cta_columnar.kernels.simulation import atmosphere
from cta_columnar.simulation.atmosphere import shipped

AIR = shipped("LaPalma", 2156.0).air
TABLES = st.sampled_from(["thickness", "density", "refractivity", "opacity"])


@settings(deadline=None, max_examples=25)
@given(TABLES, st.lists(st.floats(-100, 130e3), max_size=5))
def test_tables_are_interpolated(name, heights):
    heights, table = np.array(heights, float), getattr(AIR, name)
    got = atmosphere.many_at_height(table, AIR.step, heights)
    want = reference.at_heights(table, AIR.step, heights)
    # The kernel stops a millionth of a step before the last row.
    np.testing.assert_allclose(
        got, want, rtol=1e-4, atol=1e-15 + want.max(initial=0) * 1e-9
    )


@settings(deadline=None, max_examples=25)
@given(st.lists(st.floats(0, 1200), max_size=5))
def test_heights_of_depths(depths):
    depths = np.array(depths, float)
    got = atmosphere.heights_of(AIR, depths)
    np.testing.assert_allclose(
        got, reference.heights_of(AIR, depths), rtol=1e-6, atol=0.1
    )


@pytest.mark.parametrize("height", [0.0, 2156.0, 11e3, 27e3, 55e3])
def test_depths_and_heights_are_inverse(height):
    depth = atmosphere.many_at_height(AIR.thickness, AIR.step, np.array([height]))
    assert atmosphere.heights_of(AIR, depth)[0] == pytest.approx(height, abs=3)
