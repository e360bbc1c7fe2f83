"""The array from above."""

import numpy as np
import pytest
from display.toy_sample import subarray

from cta_columnar import display
from cta_columnar.instrument import frames

ARRAY = subarray()


def test_telescopes_with_a_value_lie_east_and_north(ax):
    values = np.full(8, np.nan)
    values[[0, 5]] = 10.0, 20.0
    marks = display.array(ax, ARRAY, values)
    assert marks.get_offsets().tolist() == [[-80.0, -80.0], [200.0, -200.0]]
    assert marks.get_array().tolist() == [10.0, 20.0]
    big, small = marks.get_sizes()
    assert big > small
    everything = ax.collections[0]
    assert len(everything.get_offsets()) == 8
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("easting (m)", "northing (m)")


def test_array_without_values(ax):
    display.array(ax, ARRAY)
    assert len(ax.figure.axes) == 1


def test_wrong_number_of_values(ax):
    with pytest.raises(ValueError, match=r"8 telescopes, but .* shape \(2,\)"):
        display.array(ax, ARRAY, [1.0, 2.0])


def test_ids_and_core(ax):
    display.array(ax, ARRAY)
    display.tel_ids(ax, ARRAY)
    assert [text.get_text() for text in ax.texts] == list("12345678")
    mark = display.core(ax, 30.0, -70.0)
    assert mark.get_xydata().tolist() == [[70.0, 30.0]]


def test_axes_of_images_cross_at_the_core(ax):
    """Angles are those of the tilted frame; on the ground the lines still meet."""
    alt, az = 60.0, 140.0
    core = np.array([50.0, 20.0, 0.0])
    tilted = [frames.ground_to_tilted(*at, alt, az) for at in ARRAY.positions]
    x, y, _ = frames.ground_to_tilted(*core, alt, az)
    psi = [np.degrees(np.arctan((y - t[1]) / (x - t[0]))) for t in tilted]
    display.array(ax, ARRAY)
    lines = display.image_axes(
        ax, ARRAY, ARRAY.tel_ids, psi, pointing_alt=alt, pointing_az=az
    )
    on_map = np.array([-core[1], core[0]])
    assert len(lines.get_segments()) == 8
    for begin, end in lines.get_segments():
        along = (end - begin) / np.linalg.norm(end - begin)
        away = on_map - begin
        assert abs(along[0] * away[1] - along[1] * away[0]) < 1e-6


def test_no_axes_to_draw(ax):
    lines = display.image_axes(ax, ARRAY, [], [], pointing_alt=70.0, pointing_az=0.0)
    assert lines.get_segments() == []
