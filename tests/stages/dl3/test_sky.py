import time

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import ICRS, AltAz, SkyCoord
from astropy.time import Time
from astropy.utils import iers

from cta_columnar.instrument.frames import angular_separation
from cta_columnar.stages.dl3 import sky
from cta_columnar.stages.dl3.site import Site
from cta_columnar.stages.dl3.times import from_astropy, to_astropy

NORTH = Site(-17.892, 28.7615, 2158.0)
SOUTH = Site(-70.3161, -24.6834, 2147.0)
ARCSEC = 1 / 3600


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    monkeypatch.setattr(iers.conf, "auto_download", False)
    monkeypatch.setattr(iers.conf, "auto_max_age", None)


def make_directions(n, first, last, seed=0):
    rng = np.random.default_rng(seed)
    start, stop = (int(from_astropy(Time(day, scale="tai"))) for day in (first, last))
    alt = np.degrees(np.arcsin(rng.uniform(np.sin(np.radians(20)), 1, n)))
    return rng.integers(start, stop, n), alt, rng.uniform(0, 360, n)


@pytest.mark.parametrize("site", [NORTH, SOUTH], ids=["north", "south"])
@pytest.mark.parametrize(
    ("years", "tolerance"),
    [
        # astropy without downloads takes Bulletin B of the IERS, which differs a little
        # from what the table in use has of it.
        pytest.param(("1985-01-01", "2025-01-01"), 0.05, id="40 years"),
        pytest.param(("2024-05-01", "2024-05-02"), 1e-3, id="a night"),
    ],
)
def test_directions_are_those_of_astropy(site, years, tolerance):
    time_ns, alt, az = make_directions(200, *years)
    ra, dec = sky.altaz_to_icrs(time_ns, alt, az, site)
    frame = AltAz(obstime=to_astropy(time_ns), location=site.location)
    wanted = SkyCoord(az=az * u.deg, alt=alt * u.deg, frame=frame).transform_to(ICRS())
    separation = angular_separation(ra, dec, wanted.ra.deg, wanted.dec.deg)
    assert separation.max() < tolerance * ARCSEC
    again = sky.icrs_to_altaz(time_ns, ra, dec, site)
    assert angular_separation(again[1], again[0], az, alt).max() < 1e-4 * ARCSEC


def test_known_star():
    # From the page "Coordinates" of the specification of GADF, rounded to 1e-5 deg. It
    # says that the time is TT; its numbers are those of UTC, 66 s later.
    moment = from_astropy(Time("2010-04-26", scale="utc"))
    alt, az = sky.icrs_to_altaz(moment, 83.63308, 22.01450, Site(42.0, 42.0, 42.0))
    assert az[0] == pytest.approx(351.88232, abs=3e-5)
    assert alt[0] == pytest.approx(-25.56281, abs=3e-5)


def test_a_tracked_point_stays_where_it_is():
    time_ns = from_astropy(Time("2024-11-01T02:00:00", scale="tai")) + np.arange(
        0, 3600 * 10**9, 10**11
    )
    alt, az = sky.icrs_to_altaz(time_ns, 83.63, 22.01, NORTH)
    assert np.ptp(alt) > 5
    ra, dec = sky.altaz_to_icrs(time_ns, alt, az, NORTH)
    assert angular_separation(ra, dec, 83.63, 22.01).max() < 1e-6 * ARCSEC


def test_undefined_and_none():
    time_ns, alt, az = make_directions(3, "2024-05-01", "2024-05-02")
    alt[1] = np.nan
    ra, dec = sky.altaz_to_icrs(time_ns, alt, az, NORTH)
    np.testing.assert_array_equal(np.isnan(ra), [False, True, False])
    np.testing.assert_array_equal(np.isnan(dec), [False, True, False])
    none = np.empty(0)
    assert sky.altaz_to_icrs(none.astype(np.int64), none, none, NORTH)[0].shape == (0,)
    assert sky.orientation_accuracy(none.astype(np.int64)) == 0


def test_nothing_is_downloaded_and_no_date_refused(monkeypatch):
    monkeypatch.setattr(
        "astropy.utils.data.download_file", lambda *_, **__: pytest.fail("a download")
    )
    monkeypatch.setattr(iers.conf, "auto_download", True)
    time_ns, alt, az = make_directions(5, "2049-01-01", "2050-01-01")
    ra, dec = sky.altaz_to_icrs(time_ns, alt, az, NORTH)
    assert np.isfinite(ra).all()
    back = sky.icrs_to_altaz(time_ns, ra, dec, NORTH)
    assert angular_separation(back[1], back[0], az, alt).max() < 1e-4 * ARCSEC


def test_accuracy_is_told():
    def accuracy(day):
        return sky.orientation_accuracy(from_astropy(Time(day, scale="tai")))

    assert accuracy("2020-01-01") < 0.01
    assert accuracy("1960-01-01") > 10
    assert accuracy("2060-01-01") == pytest.approx(13.5, abs=0.1)


def test_faster_than_a_call_per_event():
    n = 20_000
    time_ns, alt, az = make_directions(n, "2024-05-01", "2024-05-02")
    sky.altaz_to_icrs(time_ns[:2], alt[:2], az[:2], NORTH)
    start = time.process_time()
    sky.altaz_to_icrs(time_ns, alt, az, NORTH)
    ours = (time.process_time() - start) / n
    start = time.process_time()
    for row in range(3):
        frame = AltAz(obstime=to_astropy(time_ns[row]), location=NORTH.location)
        SkyCoord(az=az[row] * u.deg, alt=alt[row] * u.deg, frame=frame).icrs  # noqa: B018
    per_event = (time.process_time() - start) / 3
    assert per_event > 20 * ours
