import numpy as np
import pyarrow.parquet as pq
import pytest

from cta_columnar.instrument import frames

# ctapipe and astropy agree with us to rounding, except that they lose digits near a
# pole, where an azimuth is ill-defined.
DEG = 1e-9
METRE = 1e-6


@pytest.fixture(scope="module")
def golden(shared):
    table = pq.read_table(shared / "golden" / "frames.parquet")
    return {name: table[name].to_numpy() for name in table.column_names}


def assert_angles(got, want, atol=DEG):
    difference = (np.asarray(got) - want + 180) % 360 - 180
    np.testing.assert_allclose(difference, 0, atol=atol)


def assert_lengths(got, want):
    np.testing.assert_allclose(got, want, rtol=0, atol=METRE)


def test_camera_to_fov_and_back(golden):
    optics = golden["in_focal_length"], golden["in_camera_rotation"]
    x, y = golden["in_camera_x"], golden["in_camera_y"]
    lon, lat = frames.camera_to_fov(x, y, *optics)
    assert_angles(lon, golden["fov_lon"])
    assert_angles(lat, golden["fov_lat"])
    for got, want in zip(frames.fov_to_camera(lon, lat, *optics), "xy", strict=True):
        assert_lengths(got, golden[f"back_camera_{want}"])


@pytest.mark.parametrize("n_mirrors", [1, 2])
def test_engineering_camera_and_back(golden, n_mirrors):
    x, y = golden["in_camera_x"], golden["in_camera_y"]
    as_built = frames.camera_to_engineering(x, y, n_mirrors)
    assert_lengths(as_built[0], golden[f"engineering{n_mirrors}_x"])
    assert_lengths(as_built[1], golden[f"engineering{n_mirrors}_y"])
    np.testing.assert_array_equal(
        frames.engineering_to_camera(*as_built, n_mirrors), (x, y)
    )


def test_engineering_camera_refuses_three_mirrors():
    with pytest.raises(ValueError, match="not 3"):
        frames.camera_to_engineering(0, 0, 3)
    with pytest.raises(ValueError, match="not 0"):
        frames.engineering_to_camera(0, 0, 0)


def test_telescope_to_sky_and_back(golden):
    pointing = golden["in_pointing_alt"], golden["in_pointing_az"]
    alt, az = frames.fov_to_altaz(golden["fov_lon"], golden["fov_lat"], *pointing)
    assert_angles(alt, golden["sky_alt"])
    assert_angles(az, golden["sky_az"])
    lon, lat = frames.altaz_to_fov(alt, az, *pointing)
    assert_angles(lon, golden["fov_lon"])
    assert_angles(lat, golden["fov_lat"])


def test_sky_to_nominal_and_back(golden):
    origin = golden["in_array_alt"], golden["in_array_az"]
    lon, lat = frames.altaz_to_fov(golden["sky_alt"], golden["sky_az"], *origin)
    assert_angles(lon, golden["nominal_fov_lon"])
    assert_angles(lat, golden["nominal_fov_lat"])
    alt, az = frames.fov_to_altaz(lon, lat, *origin)
    assert_angles(alt, golden["nominal_back_alt"])
    assert_angles(az, golden["nominal_back_az"])


def test_angular_separation(golden):
    got = frames.angular_separation(
        golden["sky_az"],
        golden["sky_alt"],
        golden["in_array_az"],
        golden["in_array_alt"],
    )
    assert_angles(got, golden["separation_to_array_pointing"])


def test_ground_to_tilted_and_back(golden):
    pointing = golden["in_array_alt"], golden["in_array_az"]
    ground = [golden[f"in_ground_{axis}"] for axis in "xyz"]
    tilted = frames.ground_to_tilted(*ground, *pointing)
    back = frames.tilted_to_ground(*tilted, *pointing)
    for i, axis in enumerate("xyz"):
        assert_lengths(tilted[i], golden[f"tilted_{axis}"])
        assert_lengths(back[i], golden[f"ground_back_{axis}"])


def test_project_to_ground(golden):
    x, y = frames.project_to_ground(
        golden["tilted_x"],
        golden["tilted_y"],
        golden["in_array_alt"],
        golden["in_array_az"],
    )
    assert_lengths(x, golden["projected_x"])
    assert_lengths(y, golden["projected_y"])


def test_direction_and_back(golden):
    vector = frames.altaz_to_direction(golden["sky_alt"], golden["sky_az"])
    for got, axis in zip(vector, "xyz", strict=True):
        np.testing.assert_allclose(got, golden[f"direction_{axis}"], atol=1e-14)
    alt, az = frames.direction_to_altaz(*vector)
    assert_angles(alt, golden["sky_alt"])
    assert_angles(az, golden["sky_az"])


def test_ground_to_earth(golden):
    lon, lat, height = frames.ground_to_earth(
        *(golden[f"in_ground_{axis}"] for axis in "xyz"), 28.7622, -17.8920, 2184.0
    )
    assert_angles(lon, golden["earth_lon"])
    assert_angles(lat, golden["earth_lat"])
    assert_lengths(height, golden["earth_height"])


def test_easting_is_minus_west():
    assert frames.ground_to_easting_northing(3.0, 5.0) == (-5.0, 3.0)
    assert frames.easting_northing_to_ground(-5.0, 3.0) == (3.0, 5.0)


def test_shapes_broadcast():
    lon, lat = frames.altaz_to_fov(np.full((3, 1), 70.0), [0.0, 1.0], 70.0, 0.0)
    assert lon.shape == lat.shape == (3, 2)
    assert frames.altaz_to_fov(70.0, 0.0, 70.0, 0.0)[0].shape == ()
    assert frames.angular_separation([], [], [], []).shape == (0,)
