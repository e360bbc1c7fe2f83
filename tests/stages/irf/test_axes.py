import math

import astropy.units as u
import numpy as np
import pytest
from pyirf.binning import create_bins_per_decade

from cta_columnar.errors import UserError
from cta_columnar.stages.irf.axes import (
    Axis,
    class_axis,
    decade_axis,
    linear_axis,
    log_axis,
    whole_decade_axis,
)


def test_an_axis_has_edges_centres_and_widths():
    axis = linear_axis("theta", "deg", 0, 1, 4)
    np.testing.assert_array_equal(axis.array, [0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_array_equal(axis.low, [0, 0.25, 0.5, 0.75])
    np.testing.assert_array_equal(axis.high, [0.25, 0.5, 0.75, 1])
    np.testing.assert_array_equal(axis.centre, [0.125, 0.375, 0.625, 0.875])
    np.testing.assert_array_equal(axis.width, np.full(4, 0.25))
    assert axis.n_bins == 4
    assert axis == linear_axis("theta", "deg", 0, 1, 4)
    assert axis != linear_axis("theta", "deg", 0, 1, 5)


@pytest.mark.parametrize(
    ("edges", "said"),
    [
        ((), "two edges or more"),
        ((1.0,), "two edges or more"),
        ((0.0, math.nan), "two edges or more"),
        ((-math.inf, math.inf), "one of them finite"),
        ((0.0, 2.0, 2.0, 3.0), "ascending edges; 2 and 2 are not"),
        ((0.0, 1e301), "beyond 1e\\+300"),
    ],
)
def test_edges_that_make_no_bins(edges, said):
    with pytest.raises(UserError, match=f"axis 'theta': .*{said}"):
        Axis("theta", "deg", edges)


def test_a_bin_without_end_has_no_width():
    axis = Axis("multiplicity", "", (1.5, 3.5, math.inf))
    assert axis.n_bins == 2
    with pytest.raises(UserError, match="bin without end"):
        _ = axis.width


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-1, 1), (2, 1)])
def test_logarithms_want_positive_edges(low, high):
    with pytest.raises(UserError, match="no logarithmic bins"):
        log_axis("true_energy", "TeV", low, high, 3)


def test_bins_per_decade_are_those_of_the_two_incumbents():
    axis = decade_axis("true_energy", "TeV", 0.015, 150, 10)
    assert axis.n_bins == 40
    assert axis.edges[0] == pytest.approx(0.015, rel=1e-15)
    assert axis.edges[-1] == pytest.approx(150, rel=1e-15)
    assert decade_axis("e", "TeV", 0.01, 0.5, 5).n_bins == 9
    for low, high, n in ((0.01, 100, 5), (0.01, 0.5, 5), (0.015, 150, 10)):
        whole = whole_decade_axis("e", "TeV", low, high, n)
        want = create_bins_per_decade(low * u.TeV, high * u.TeV, n).to_value(u.TeV)
        np.testing.assert_array_equal(whole.array, want)


def test_classes_have_a_bin_each():
    axis = class_axis("event_type", [2, 0, 1])
    assert axis.edges == (-0.5, 0.5, 1.5, 2.5)
    with pytest.raises(UserError, match="not all numbers of a range"):
        class_axis("event_type", [0, 2])
