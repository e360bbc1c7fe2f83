from dataclasses import replace

import numpy as np
import pytest
from reference import neighbors as reference

from cta_columnar.instrument.camera import CameraGeometry

from .conftest import hexagonal_camera, readout, square_camera


def sets_of(camera):
    starts = camera.neighbor_indptr
    parts = np.split(camera.neighbor_indices, starts[1:-1])
    return [set(part.tolist()) for part in parts]


def test_neighbors_of_hexagons():
    camera = hexagonal_camera()
    assert camera.neighbor_indptr.tolist() == [0, 6, 9, 12, 15, 18, 21, 24]
    assert camera.neighbor_indices.dtype == camera.neighbor_indptr.dtype == np.int32
    assert sets_of(camera) == [{1, 2, 3, 4, 5, 6}, {0, 2, 6}, {0, 1, 3}, {0, 2, 4},
                               {0, 3, 5}, {0, 4, 6}, {0, 1, 5}]  # fmt: skip
    assert camera.border_mask(1).tolist() == [False] + [True] * 6
    assert camera.border_mask(2).all()


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_borders_of_squares(width):
    camera = square_camera(7, 6)
    want = reference.border_rings(sets_of(camera), width)
    assert camera.border_mask(width).tolist() == want
    assert camera.border_mask() is not camera.border_mask()  # nobody can spoil it
    if width == 1:
        assert sum(want) == 2 * (7 + 6) - 4


def test_neighbors_are_found_once_for_equal_cameras():
    one, other = square_camera(7, 6), square_camera(7, 6)
    assert one is not other
    assert one.neighbor_indices is other.neighbor_indices


def test_border_without_width():
    with pytest.raises(ValueError, match="at least 1 pixel"):
        square_camera().border_mask(0)


@pytest.mark.parametrize("n", [0, 1])
def test_hardly_a_camera(n):
    nothing = np.zeros(n)
    camera = CameraGeometry("none", nothing, nothing, nothing + 1, "circle", 0.0, 0.0)
    assert camera.neighbor_indptr.tolist() == [0] * (n + 1)
    assert camera.neighbor_indices.size == 0
    assert not camera.border_mask(2).any()
    assert camera.radius == 0.0
    assert f"{n} circle pixels" in repr(camera)


@pytest.mark.parametrize(
    ("shape", "width"),
    [("square", 2.0), ("circle", 4 / np.sqrt(np.pi)), ("hexagon", 2.149139863647084)],
)
def test_width_from_area(shape, width):
    camera = replace(hexagonal_camera(), pix_area=np.full(7, 4.0), pix_type=shape)
    np.testing.assert_allclose(camera.pix_width, width, rtol=1e-15)


def test_radius_is_the_mean_distance_of_the_border():
    camera = hexagonal_camera()
    assert camera.radius == pytest.approx(0.04)
    moved = replace(camera, pix_x=camera.pix_x + 7.0)
    assert moved.radius == pytest.approx(0.04)


def test_equal_content_is_equal():
    one, other = hexagonal_camera(), hexagonal_camera()
    assert one == other
    assert hash(one) == hash(other)
    for change in (
        {"name": "x"}, {"pix_x": one.pix_x + 1}, {"pix_type": "circle"},
        {"pix_rotation": 1.0}, {"cam_rotation": 1.0}, {"pix_area": one.pix_area * 2},
    ):  # fmt: skip
        assert replace(one, **change) != one
    assert one != "HexCam"
    assert readout(7) == readout(7)
    assert readout(7) != readout(7, n_samples=41)
    assert len({readout(7), readout(7), readout(7, sampling_rate=2.0)}) == 2


@pytest.mark.parametrize(
    "change", [{"pix_x": np.zeros(6)}, {"pix_area": np.ones((7, 1))}]
)
def test_arrays_that_do_not_fit(change):
    with pytest.raises(ValueError, match="HexCam: pix_x, pix_y, pix_area have shapes"):
        replace(hexagonal_camera(), **change)


def test_shape_that_is_not_known():
    with pytest.raises(ValueError, match="no pixels of type 'triangle'"):
        replace(hexagonal_camera(), pix_type="triangle")


def test_for_people():
    assert repr(hexagonal_camera()) == (
        "CameraGeometry(HexCam: 7 hexagon pixels, 40.0 mm wide)"
    )
    assert repr(readout(7)) == (
        "CameraReadout(HexCam: 2 channels x 7 pixels x 40 samples at 1 GHz)"
    )
