"""Cameras draw what they are told: the artists hold it."""

import numpy as np
import pytest
from display.toy_sample import hexagonal
from matplotlib import colormaps
from matplotlib.colors import to_rgba

from cta_columnar import display
from cta_columnar.display.cameras import _ticks

CAMERA = hexagonal(5)
ROW = {
    "hillas_fov_lon": 0.1, "hillas_fov_lat": -0.05, "hillas_length": 0.2,
    "hillas_width": 0.08, "hillas_psi": 30.0,
}  # fmt: skip


def test_a_value_per_pixel(ax):
    values = np.arange(25.0)
    values[3] = np.nan
    shown = display.camera(ax, CAMERA, values)
    assert len(shown.get_paths()) == 25
    np.testing.assert_array_equal(shown.get_array().filled(-1)[2:5], [2, -1, 4])
    assert ax.get_aspect() == 1.0
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("fov_lon (deg)", "fov_lat (deg)")
    assert ax.figure.axes[1].get_ylabel() == "charge (p.e.)"


def test_the_colour_map_of_others_is_left_alone(ax):
    before = colormaps["viridis"].get_bad().tolist()
    display.camera(ax, CAMERA, np.full(25, np.nan))
    assert colormaps["viridis"].get_bad().tolist() == before


def test_without_values_there_is_no_scale(ax):
    shown = display.camera(ax, CAMERA)
    assert shown.get_array() is None
    assert len(ax.figure.axes) == 1


def test_wrong_number_of_values(ax):
    with pytest.raises(ValueError, match=r"has 25 pixels, .* shape \(7,\)"):
        display.camera(ax, CAMERA, np.zeros(7))


@pytest.mark.parametrize("top", [0.0, 1.0, 7.0, 82.0, 5e4])
def test_ticks_of_the_square_root_are_round_and_do_not_crowd(top):
    norm = display.square_root([top, -3.0])
    ticks = np.array(_ticks(norm))
    assert norm.vmin == 0.0
    assert norm.vmax == max(top, 1.0)
    assert ticks[0] == 0.0
    assert 3 <= len(ticks) <= 12
    assert np.diff(norm(ticks)).min() > 0.07
    assert float(norm(-3.0)) == 0.0


def test_outline_keeps_the_frame(ax):
    display.camera(ax, CAMERA, np.zeros(25), colorbar=False)
    before = ax.get_xlim(), ax.get_ylim()
    lines = display.outline(ax, CAMERA, np.arange(25) == 12, color="red")
    assert len(lines.get_segments()) == 6
    assert to_rgba("red") in map(tuple, lines.get_colors())
    assert (ax.get_xlim(), ax.get_ylim()) == before


def test_ellipse_has_the_moments_as_half_axes(ax):
    drawn = display.hillas_ellipse(ax, ROW, scale=2.0)
    assert drawn.get_center() == (0.1, -0.05)
    assert drawn.get_width() == pytest.approx(4 * 0.2)
    assert drawn.get_height() == pytest.approx(4 * 0.08)
    assert drawn.get_angle() == 30.0
    ends = ax.lines[0].get_xydata()
    direction = np.degrees(np.arctan2(*(ends[1] - ends[0])[::-1]))
    assert direction == pytest.approx(30.0)


def test_ellipse_of_true_image(ax):
    row = {f"true_{name}": value for name, value in ROW.items()}
    assert display.hillas_ellipse(ax, row, prefix="true_hillas_") is not None


@pytest.mark.parametrize("row", [{}, ROW | {"hillas_psi": np.nan}])
def test_no_parameters_no_ellipse(ax, row):
    assert display.hillas_ellipse(ax, row) is None
    assert not ax.lines
    assert not ax.patches


def test_direction_far_away_does_not_move_the_frame(ax):
    display.camera(ax, CAMERA, np.zeros(25), colorbar=False)
    before = ax.get_xlim()
    mark = display.direction(ax, 40.0, 3.0, label="source")
    assert mark.get_xydata().tolist() == [[40.0, 3.0]]
    assert ax.get_xlim() == before
