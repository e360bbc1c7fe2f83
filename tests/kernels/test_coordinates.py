import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import coordinates as reference

from cta_columnar.kernels import coordinates

TURN = 2 * np.pi
lons = st.floats(-10, 10)
lats = st.floats(-np.pi / 2, np.pi / 2)
above = st.floats(0.05, np.pi / 2)
metres = st.floats(-2000, 2000)
few = settings(deadline=None, max_examples=60)


def rows(*values):
    """One-row arrays."""
    return [np.array([value], dtype=float) for value in values]


def assert_same_direction(got, want):
    """Compare (lat, lon) pairs as points: longitudes mean nothing at a pole."""
    np.testing.assert_allclose(
        reference.sky_vector(*got), reference.sky_vector(*want), atol=1e-13
    )


@few
@given(lons, lats, lats, lons)
def test_fov_to_altaz(lon, lat, alt0, az0):
    alt, az = coordinates.fov_to_altaz(*rows(lon, lat, alt0, az0))[:, 0]
    assert 0 <= az < TURN
    assert_same_direction((alt, az), reference.fov_to_altaz(lon, lat, alt0, az0))


@few
@given(lats, lons, lats, lons)
def test_altaz_to_fov_and_back(alt, az, alt0, az0):
    lon, lat = coordinates.altaz_to_fov(*rows(alt, az, alt0, az0))[:, 0]
    assert -np.pi <= lon <= np.pi
    want = reference.altaz_to_fov(alt, az, alt0, az0)
    assert_same_direction((lat, lon), want[::-1])
    assert_same_direction(
        coordinates.fov_to_altaz(*rows(lon, lat, alt0, az0))[:, 0], (alt, az)
    )


@few
@given(lats, lons)
def test_direction_and_back(alt, az):
    vector = coordinates.direction(*rows(alt, az))
    np.testing.assert_allclose(vector[:, 0], reference.direction(alt, az), atol=1e-15)
    assert_same_direction(
        coordinates.direction_to_altaz(*(7.0 * vector))[:, 0], (alt, az)
    )


@few
@given(metres, metres, metres, above, lons)
def test_tilted_frame_and_back(x, y, z, alt0, az0):
    tilted = coordinates.ground_to_tilted(*rows(x, y, z, alt0, az0))
    want = reference.tilt(alt0, az0) @ [x, y, z]
    np.testing.assert_allclose(tilted[:, 0], want, atol=1e-9)
    back = coordinates.tilted_to_ground(*tilted, *rows(alt0, az0))
    np.testing.assert_allclose(back[:, 0], [x, y, z], atol=1e-9)


@few
@given(metres, metres, above, lons)
def test_project_to_ground(x, y, alt0, az0):
    got = coordinates.project_to_ground(*rows(x, y, alt0, az0))[:, 0]
    np.testing.assert_allclose(
        got, reference.project_to_ground(x, y, alt0, az0), rtol=1e-12, atol=1e-8
    )


@few
@given(lons, lats, lons, lats)
def test_angular_separation(lon1, lat1, lon2, lat2):
    got = coordinates.angular_separation(*rows(lon1, lat1, lon2, lat2))[0]
    want = reference.angular_separation(lon1, lat1, lon2, lat2)
    assert got == pytest.approx(want, abs=1e-13)


@few
@given(metres, metres, st.floats(0.5, 60), lons)
def test_camera_to_telescope_and_back(x, y, focal_length, rotation):
    lon, lat = coordinates.camera_to_telescope(*rows(x, y, focal_length, rotation))
    want = reference.camera_to_telescope(x, y, focal_length, rotation)
    np.testing.assert_allclose((lon[0], lat[0]), want, atol=1e-11)
    back = coordinates.telescope_to_camera(lon, lat, *rows(focal_length, rotation))
    np.testing.assert_allclose(np.ravel(back), (x, y), atol=1e-10)


@pytest.mark.parametrize(
    ("kernel", "n_inputs", "n_outputs"),
    [
        (coordinates.fov_to_altaz, 4, 2),
        (coordinates.altaz_to_fov, 4, 2),
        (coordinates.direction, 2, 3),
        (coordinates.direction_to_altaz, 3, 2),
        (coordinates.ground_to_tilted, 5, 3),
        (coordinates.tilted_to_ground, 5, 3),
        (coordinates.project_to_ground, 4, 2),
        (coordinates.angular_separation, 4, None),
    ],
)
def test_empty_batches_and_nan(kernel, n_inputs, n_outputs):
    shape = () if n_outputs is None else (n_outputs,)
    assert kernel(*[np.empty(0)] * n_inputs).shape == (*shape, 0)
    assert np.isnan(kernel(*[np.full(2, np.nan)] * n_inputs)).all()


def test_azimuth_never_reaches_the_full_turn():
    az = coordinates.direction_to_altaz(*rows(1.0, 1e-30, 0.0))[1, 0]
    assert az == 0.0


@pytest.mark.parametrize(
    "kernel", [coordinates.altaz_to_fov, coordinates.angular_separation]
)
def test_rows_do_not_depend_on_those_before(kernel):
    origins = np.array([0.3, 0.3, np.nan, 0.3, 0.4, 0.4])
    inputs = [origins, origins + 0.1, origins * 2, origins[::-1].copy()]
    together = kernel(*inputs)
    for row in range(origins.size):
        alone = kernel(*(each[row : row + 1] for each in inputs))
        np.testing.assert_array_equal(together[..., row], alone[..., 0])
    turned = kernel(*inputs[::-1])
    for row in range(origins.size):
        alone = kernel(*(each[row : row + 1] for each in inputs[::-1]))
        np.testing.assert_array_equal(turned[..., row], alone[..., 0])
