import numpy as np
import pytest
import toy_observatory as toy

from cta_columnar.errors import UserError
from cta_columnar.stages.dl3.pointing import Drift, Tracking, find_pointing

OBSERVATION = toy.make_observation()
TIMES = np.arange(OBSERVATION.start_ns, OBSERVATION.stop_ns, 10**10)


def test_what_an_array_did_is_found_from_where_it_pointed():
    crab = Tracking(83.63, 22.01)
    alt, az = crab.altaz(TIMES, toy.SITE)
    alt[3] = np.nan
    found = find_pointing(TIMES, alt, az, toy.SITE)
    assert isinstance(found, Tracking)
    assert (found.ra, found.dec) == (pytest.approx(83.63), pytest.approx(22.01))
    # Azimuths around north: their mean is not 180.
    still = np.where(np.arange(TIMES.size) % 2, 359.999, 0.001)
    found = find_pointing(TIMES, np.full(TIMES.size, 70.0), still, toy.SITE)
    assert isinstance(found, Drift)
    assert found.alt == pytest.approx(70.0)
    assert min(found.az, 360 - found.az) < 1e-3


def test_two_observations_are_not_one():
    alt, az = Tracking(83.63, 22.01).altaz(TIMES, toy.SITE)
    other = Tracking(83.63, 22.41).altaz(TIMES[60:], toy.SITE)
    alt[60:], az[60:] = other
    with pytest.raises(
        UserError, match=r"0\.\d+ deg on the sky, and 0.01 deg are allowed"
    ):
        find_pointing(TIMES, alt, az, toy.SITE)
    with pytest.raises(UserError, match="no pointing is known"):
        find_pointing(TIMES, alt * np.nan, az, toy.SITE)


def test_a_drift_moves_on_the_sky():
    ra, dec = Drift(70.0, 0.0).icrs(TIMES, toy.SITE)
    turned = (ra[-1] - ra[0]) % 360
    wanted = (TIMES[-1] - TIMES[0]) / 1e9 / 86164.1 * 360
    # Not exactly: the pole of 2024 is not that of ICRS.
    assert turned == pytest.approx(wanted, rel=3e-3)
    assert np.ptp(dec) < 0.02
