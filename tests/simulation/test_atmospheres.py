import numpy as np
import pytest

from cta_columnar.errors import UserError
from cta_columnar.simulation.atmosphere import Aerosols, from_table, shipped


# Thickness (g/cm2) and n - 1 of the tables in public prod6 files for La Palma in
# winter, at 0, 1 and 2 km.
def test_la_palma_is_that_of_real_files():
    profile = shipped("LaPalma", 2156.0).profile()
    np.testing.assert_allclose(profile[:3, 2], [1044.73, 928.757, 823.744], rtol=1e-3)
    np.testing.assert_allclose(
        profile[:3, 3], [2.805e-4, 2.5594e-4, 2.2961e-4], rtol=8e-3
    )


@pytest.mark.parametrize("name", ["LaPalma", "Paranal"])
def test_the_shipped_ones_are_smooth(name):
    atmosphere = shipped(name, 2150.0)
    air = atmosphere.air
    assert np.all(np.diff(air.thickness) < 0)
    # Density is the slope of the thickness, 1 g/cm2 per 100 m of 1e-4 g/cm3.
    slope = -np.gradient(air.thickness, air.step * 100)
    middle = slice(5, 500)
    np.testing.assert_allclose(slope[middle], air.density[middle], rtol=0.08)
    assert 780 < atmosphere.observation_depth < 830
    assert atmosphere.layers.shape == (5, 4)


def test_a_table_gives_back_the_atmosphere():
    made = shipped("Paranal", 2150.0)
    again = from_table("mine", made.profile(), 2150.0)
    heights = np.array([2150.0, 8e3, 15e3, 30e3])
    np.testing.assert_allclose(
        again.thickness(heights), made.thickness(heights), rtol=0.01
    )
    assert again.layers is None
    assert again.name == "mine"


def test_opacity():
    air = shipped("LaPalma", 2156.0).air
    heights = np.arange(air.opacity.size) * air.step
    opacity = np.interp([2156.0, 10e3, 100e3], heights, air.opacity)
    assert opacity[0] == pytest.approx(0, abs=2e-3)
    # Rayleigh optical depth of a vertical atmosphere above 2200 m at 410 nm is 0.25.
    assert opacity[2] == pytest.approx(0.29, abs=0.02)
    clear = shipped("LaPalma", 2156.0, Aerosols(optical_depth=0.0)).air
    assert np.interp(100e3, heights, clear.opacity) == pytest.approx(0.25, abs=0.02)


def test_a_table_of_transmission():
    made = shipped("LaPalma", 2156.0).with_transmission(
        np.array([[0.5, 0.99], [10.0, 0.8], [100.0, 0.7]])
    )
    heights = np.arange(made.air.opacity.size) * made.air.step
    share = np.exp(
        -np.interp([1e3, 2156, 10e3, 100e3, 110e3], heights, made.air.opacity)
    )
    # What is lost below the array counts for nothing.
    assert share == pytest.approx([1, 1, 0.8, 0.7, 0.7], abs=2e-3)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (np.empty((0, 2)), "rows of height"),
        (np.ones((2, 3)), "rows of height"),
        (np.array([[1, 0.9], [1, 0.8]]), "row 1, 1 km"),
        (np.array([[1, 0.8], [2, 0.9]]), "row 1, 2 km and 0.9"),
        (np.array([[1, 0.0]]), "row 0"),
        (np.array([[1, 1.1]]), "row 0"),
        (np.array([[1, np.nan]]), "row 0"),
    ],
)
def test_impossible_transmission(table, words):
    with pytest.raises(UserError, match=words):
        shipped("LaPalma", 2156.0).with_transmission(table)


def test_an_unknown_one():
    with pytest.raises(UserError, match="no atmosphere 'Namibia'"):
        shipped("Namibia", 1800.0)


GOOD = np.array([[0, 1e-3, 1000, 3e-4], [50, 1e-6, 1, 3e-7], [100, 1e-9, 0, 3e-10]])


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (GOOD[:1], "two rows"),
        (GOOD[:, :3], "shape"),
        (GOOD[::-1], "height does not rise to row 1"),
        (GOOD * [1, 1, -1, 1], "thickness does not fall"),
        (GOOD * [1, np.nan, 1, 1], "density does not fall"),
    ],
)
def test_impossible_tables(table, words):
    with pytest.raises(UserError, match=words):
        from_table("bad", table, 2000.0)
