import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.simulation import electrons as electrons_reference
from reference.simulation import emission as reference
from toy_showers import ATMOSPHERE

from cta_columnar.kernels.simulation import emission
from cta_columnar.kernels.simulation.emission import Spread, emission_table

AIR = ATMOSPHERE.air
SPREAD = Spread(1.0, 1.0, 0.3, 4.0)
TABLE = emission_table(1, 1, AIR, 0.94, SPREAD, 60, 8)


@settings(deadline=None, max_examples=50)
@given(st.floats(0, 1.5))
def test_bins_of_angles(angle):
    edge = np.abs(reference.EDGES - angle).min()
    if edge > 1e-9 * angle:
        got = emission.angle_bin(angle**2)
        assert min(got, 54) == min(reference.angle_bin(angle), 54)


@settings(deadline=None, max_examples=50)
@given(st.floats(-100, 40e3), st.floats(0, 3))
def test_places_on_the_axes(above, age):
    height, place = reference.places(above, age)
    assert emission.height_place(above) == pytest.approx(height, abs=1e-9)
    assert emission.age_place(age) == pytest.approx(place, abs=1e-9)


def test_all_light_is_somewhere():
    share = (TABLE.density * reference.solid_angles()).sum(axis=1)
    assert share.max() <= 1 + 1e-5
    # Of old pieces near the ground some goes beyond the table.
    assert share.min() > 0.7


@pytest.mark.parametrize(("height", "age"), [(0, 4), (12, 2), (27, 8)])
def test_light_per_electron(height, age):
    above = 400 + 25600 * (height / 27) ** 1.5
    delta = np.interp(
        2156 + above, np.arange(AIR.refractivity.size) * AIR.step, AIR.refractivity
    )
    want = electrons_reference.light_per_electron(0.2 * (age + 1), delta)
    assert TABLE.sin2[height, age] == pytest.approx(want, rel=5e-3)


def test_samples_are_where_there_is_light():
    lit = TABLE.density > 0
    np.testing.assert_array_equal(lit, TABLE.filled > 0)
    assert TABLE.filled.max() == 8


def test_the_table_depends_on_its_key_alone():
    again = emission_table(1, 1, AIR, 0.94, SPREAD, 60, 8)
    other = emission_table(1, 2, AIR, 0.94, SPREAD, 60, 8)
    np.testing.assert_array_equal(again.density, TABLE.density)
    np.testing.assert_array_equal(again.offsets, TABLE.offsets)
    assert np.any(other.density != TABLE.density)


def test_a_wider_spread_is_wider():
    wide = emission_table(1, 1, AIR, 0.94, Spread(4.0, 1.0, 0.0, 4.0), 60, 8)
    assert np.abs(wide.offsets).mean() > 1.5 * np.abs(TABLE.offsets).mean()
