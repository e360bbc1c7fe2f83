import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord

from cta_columnar.instrument.frames import angular_separation
from cta_columnar.stages.dl3 import field_of_view


def test_signs_of_the_specification():
    # Pointing (10, 0), object (11, 0): the check of the page "Coordinates".
    lon, lat = field_of_view.to_lon_lat(0.0, 11.0, 0.0, 10.0)
    assert (lon, lat) == (pytest.approx(-1), pytest.approx(0, abs=1e-12))
    theta, phi = field_of_view.to_polar(0.0, 11.0, 0.0, 10.0)
    assert (theta, phi) == (pytest.approx(1), pytest.approx(270))
    assert field_of_view.to_polar(1.0, 10.0, 0.0, 10.0)[1] % 360 == pytest.approx(0)


def test_as_astropy_has_them():
    rng = np.random.default_rng(0)
    az0, alt0 = rng.uniform(0, 360, 50), rng.uniform(-80, 80, 50)
    origin = SkyCoord(az0 * u.deg, alt0 * u.deg)
    there = origin.directional_offset_by(
        rng.uniform(0, 360, 50) * u.deg, rng.uniform(0.1, 8, 50) * u.deg
    )
    alt, az = there.dec.deg, there.ra.deg
    offsets = there.transform_to(origin.skyoffset_frame())
    lon, lat = field_of_view.to_lon_lat(alt, az, alt0, az0)
    np.testing.assert_allclose(lon, -offsets.lon.wrap_at("180d").deg, atol=1e-10)
    np.testing.assert_allclose(lat, offsets.lat.deg, atol=1e-10)
    theta, phi = field_of_view.to_polar(alt, az, alt0, az0)
    np.testing.assert_allclose(theta, origin.separation(there).deg, atol=1e-10)
    wanted = -origin.position_angle(there).deg
    np.testing.assert_allclose((phi - wanted + 180) % 360 - 180, 0, atol=1e-9)
    again = field_of_view.from_polar(theta, phi, alt0, az0)
    np.testing.assert_array_less(angular_separation(again[1], again[0], az, alt), 1e-10)


def test_the_centre_has_the_position_angle_0():
    theta, phi = field_of_view.to_polar(np.array([70.0]), np.array([12.0]), 70.0, 12.0)
    np.testing.assert_array_equal([theta, phi], [[0], [0]])
