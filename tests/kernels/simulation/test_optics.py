import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.simulation import optics as reference

from cta_columnar.kernels.simulation.draws import new_stream
from cta_columnar.kernels.simulation.optics import Camera, pixel_of_light
from cta_columnar.simulation import cameras
from cta_columnar.simulation.light import camera_axes

LATTICE = cameras.hexagon(6, 0.05)
TURN = 0.19


def camera(psf=(0.0, 0.0, 0.0), rotation=TURN, sharpness=1e-4):
    return Camera(
        axes=camera_axes(np.radians(70), np.radians(180)),
        focal_length=16.0,
        sharpness=sharpness,
        psf=np.array(psf),
        rotation=np.array([np.cos(rotation), np.sin(rotation)]),
        kind=LATTICE.lookup.kind,
        lattice=LATTICE.lookup.lattice,
        table=LATTICE.lookup.table,
        modules=LATTICE.lookup.modules,
    )


def pixel_at(point):
    distance = np.hypot(LATTICE.x - point[0], LATTICE.y - point[1])
    near = np.argsort(distance)[:2]
    return near, distance[near]


@settings(deadline=None, max_examples=50)
@given(
    st.floats(-0.03, 0.03), st.floats(-0.03, 0.03), st.floats(-6, 6), st.floats(-6, 6),
    st.floats(0, 6.3),
)  # fmt: skip
def test_light_lands_where_matrices_say(up, side, mirror_x, mirror_y, rotation):
    cam = camera(rotation=rotation)
    direction = np.array([1, up, side]) @ cam.axes
    direction /= np.linalg.norm(direction)
    point = reference.camera_point(
        cam.axes, 16.0, cam.sharpness, cam.rotation, direction, (mirror_x, mirror_y)
    )
    got = pixel_of_light(new_stream(1, 1, 1, 1, 1), cam, *direction, mirror_x, mirror_y)
    near, distance = pixel_at(point)
    if got < 0:
        assert distance[0] > 0.024
    elif distance[1] - distance[0] > 1e-6:
        assert got == near[0]


def test_the_axes_of_the_camera_are_altitude_and_azimuth():
    alt, az = np.radians(70), np.radians(180)
    axes = camera_axes(alt, az)
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)
    higher, turned = camera_axes(alt + 1e-4, az)[0], camera_axes(alt, az + 1e-4)[0]
    assert axes[1] @ higher == pytest.approx(1e-4, rel=1e-3)
    assert axes[2] @ turned == pytest.approx(1e-4 * np.cos(alt), rel=1e-3)


def test_light_from_behind_is_lost():
    cam = camera()
    assert pixel_of_light(new_stream(1, 1, 1, 1, 1), cam, *-cam.axes[0], 0.0, 0.0) == -1


@pytest.mark.parametrize(("psf", "lit"), [((0, 0, 0), 1), ((0.004, 0, 0), 12)])
def test_the_point_spread_spreads(psf, lit):
    state, cam = new_stream(1, 1, 1, 1, 2), camera(psf)
    hit = [pixel_of_light(state, cam, *cam.axes[0], 0.0, 0.0) for _ in range(300)]
    assert len(set(hit)) >= lit
    x, y = LATTICE.x[hit], LATTICE.y[hit]
    # The rms is that of the light, and of the hexagons of a flat width of 5 cm.
    want = np.hypot(psf[0] * 16, 0.05 * 0.2635 if lit > 1 else 0)
    assert np.std(x) == pytest.approx(want, rel=0.2)
    assert np.std(y) == pytest.approx(want, rel=0.2)
