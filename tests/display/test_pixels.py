"""Shapes of pixels and lines around them."""

import numpy as np
import pytest
from display.toy_sample import hexagonal, squares, telescope

from cta_columnar.display import pixels


def area(corners):
    x, y = corners[..., 0], corners[..., 1]
    return 0.5 * np.abs(
        (x * np.roll(y, -1, axis=-1) - y * np.roll(x, -1, axis=-1)).sum(axis=-1)
    )


def round_ones():
    return telescope("Round", np.array([0.0, 0.3]), np.zeros(2), "circle")


@pytest.mark.parametrize("make", [hexagonal, squares, round_ones])
def test_polygons_have_the_area_and_centre_of_their_pixels(make):
    camera = make()
    corners = pixels.polygons(camera)
    tolerance = 0.02 if camera.camera.pix_type == "circle" else 1e-9
    np.testing.assert_allclose(area(corners), camera.pix_area_deg2, rtol=tolerance)
    centre = np.stack([camera.fov_lon, camera.fov_lat], axis=-1)
    np.testing.assert_allclose(corners.mean(axis=1), centre, atol=1e-12)


def turned(camera, angle):
    """Turn a camera as a whole: positions and pixels."""
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    x, y = camera.camera.pix_x, camera.camera.pix_y
    kind = camera.camera.pix_type
    return telescope("Turned", c * x - s * y, s * x + c * y, kind, rotation=angle)


@pytest.mark.parametrize("angle", [0.0, 10.0, 77.0])
def test_hexagons_share_their_corners_whichever_way_the_camera_is_turned(angle):
    corners = pixels.polygons(turned(hexagonal(5), angle))
    distinct = np.unique(corners.reshape(-1, 2).round(9), axis=0)
    # 25 hexagons in rows of 5: without sharing they would be 150.
    assert len(distinct) == 70


def ends(edges):
    """How many edges meet in each corner; around something always two or four."""
    _, n = np.unique(edges.reshape(-1, 2).round(9), axis=0, return_counts=True)
    return set(n.tolist())


def test_outline_of_one_pixel_and_of_none():
    camera = hexagonal(5)
    mask = np.arange(25) == 12
    assert pixels.outline(camera, mask).shape == (6, 2, 2)
    assert pixels.outline(camera, np.zeros(25, bool)).shape == (0, 2, 2)


def test_outline_goes_around_touching_pixels_as_one():
    camera = hexagonal(5)
    pair = np.isin(np.arange(25), [12, 13])
    edges = pixels.outline(camera, pair)
    assert len(edges) == 10
    assert ends(edges) == {2}
    everything = pixels.outline(camera, np.ones(25, bool))
    assert ends(everything) == {2}


def test_outline_leaves_no_line_across_the_gap_between_modules():
    camera = squares(4)
    row = np.isin(np.arange(16), [4, 5, 6, 7])
    edges = pixels.outline(camera, row)
    assert len(edges) == 2 * 4 + 2


def test_squares_that_touch_in_a_corner_stay_apart():
    camera = squares(4)
    assert len(pixels.outline(camera, np.isin(np.arange(16), [0, 5]))) == 8


def test_round_pixels_are_gone_around_one_by_one():
    assert len(pixels.outline(round_ones(), [True, True])) == 48
