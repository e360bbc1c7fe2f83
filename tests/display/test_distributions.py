"""Histograms and residuals."""

import numpy as np
import pytest

from cta_columnar import display
from cta_columnar.display.residuals import energy_edges, has_full_bin


def stairs(ax):
    return {patch.get_label(): patch.get_data() for patch in ax.patches}


def test_counts_as_they_are(ax):
    display.counts(ax, [0, 1, 2], {"thrown": [400, 20], "triggered": [3, 0]})
    assert stairs(ax)["thrown"].values.tolist() == [400.0, 20.0]
    assert ax.get_yscale() == "log"
    assert ax.get_ylabel() == "events"


@pytest.mark.parametrize("heights", [[0, 0], [3, 1], []])
def test_few_counts_have_a_linear_axis_from_zero(ax, heights):
    display.counts(ax, np.arange(len(heights) + 1.0), {"triggered": heights})
    assert ax.get_yscale() == "linear"
    assert ax.get_ylim()[0] == 0.0


@pytest.mark.parametrize("log", [False, True])
def test_densities_have_the_same_area(ax, log):
    rng = np.random.default_rng(1)
    gammas, protons = rng.lognormal(0, 0.1, 100), rng.lognormal(0, 0.2, 900)
    gammas[:3] = np.nan
    samples = {"gamma": gammas, "proton": protons}
    edges = display.densities(ax, samples, edges=np.geomspace(0.1, 10, 30), log=log)
    width = np.diff(np.log10(edges) if log else edges)
    for name in samples:
        assert (stairs(ax)[name].values * width).sum() == pytest.approx(1.0)


@pytest.mark.parametrize("values", [[], [np.nan], [0.0, 0.0], [5.0]])
@pytest.mark.parametrize("log", [False, True])
def test_densities_of_next_to_nothing(ax, values, log):
    edges = display.densities(ax, {"gamma": values}, log=log)
    assert (np.diff(edges) > 0).all()


def test_containment_of_known_distances():
    found = display.containment(np.append(np.arange(101.0), np.nan))
    assert found.radius == pytest.approx(68.0)
    assert found.below == pytest.approx(found.above)
    assert found.above == pytest.approx(100 * np.sqrt(0.68 * 0.32 / 101))
    assert np.isnan(display.containment([])).all()
    assert display.containment([0.3]) == (0.3, 0.0, 0.0)


def test_error_of_containment_is_that_of_many_experiments():
    rng = np.random.default_rng(2)
    found = [display.containment(rng.rayleigh(0.1, 200)) for _ in range(500)]
    radius, below, above = np.array(found).T
    assert np.std(radius) == pytest.approx(np.mean((below + above) / 2), rel=0.15)


def test_edges_are_round_and_hold_all_energies():
    edges = energy_edges([0.03, 1.0, 42.0])
    assert edges[0] <= 0.03 < edges[1]
    assert edges[-2] <= 42.0 < edges[-1]
    assert np.isclose(edges, 1.0).any()
    assert energy_edges([]).size == 2


def test_residuals_per_energy(ax):
    energy = np.repeat([0.15, 1.5, 15.0], [50, 9, 20])
    separation = np.repeat([0.2, 7.0, 0.05], [50, 9, 20])
    drawn = display.angular_residuals(
        ax, energy, separation, edges=[0.1, 1.0, 10.0, 100.0], label="gamma"
    )
    x, y = drawn.lines[0].get_xydata().T
    np.testing.assert_allclose(x, np.sqrt([0.1, 1000.0]))
    np.testing.assert_allclose(y, [0.2, 0.05])
    assert ax.get_ylabel() == "68 % containment (deg)"


def test_residuals_of_nothing(ax):
    drawn = display.angular_residuals(ax, [], [])
    assert len(drawn.lines[0].get_xydata()) == 0
    assert not has_full_bin([])
    assert has_full_bin([1.1] * 10)


def test_offsets_of_few_are_points_within_the_frame(ax):
    lon, lat = np.array([[0.1, -0.3, np.nan], [0.0, 0.2, 1.0]])
    display.offsets(ax, lon, lat)
    assert ax.lines[0].get_xydata().tolist() == [[0.1, 0.0], [-0.3, 0.2]]
    assert ax.get_xlim()[0] < -0.36
    assert ax.get_xlim() == ax.get_ylim()
    assert ax.patches[0].radius == pytest.approx(
        display.containment(np.hypot(lon, lat)).radius
    )


def test_offsets_of_many_are_counted(ax):
    rng = np.random.default_rng(3)
    display.offsets(ax, *rng.normal(0, 0.1, (2, 5000)), radius=1.0)
    assert ax.collections[0].get_array().sum() == 5000


def test_offsets_of_nothing(ax):
    display.offsets(ax, [], [])
    assert not ax.patches
