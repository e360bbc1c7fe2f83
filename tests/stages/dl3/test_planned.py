import numpy as np
import pytest
import toy_observatory as toy
from astropy import units as u
from astropy.coordinates import SkyCoord

from cta_columnar.config import ObservationConfig
from cta_columnar.config.observation import SeriesConfig, TargetConfig
from cta_columnar.errors import UserError
from cta_columnar.stages.dl3.nearest import Tolerance, mean_direction, nearest_points
from cta_columnar.stages.dl3.planned import planned_observations
from cta_columnar.stages.dl3.pointing import Drift, Tracking

START = "2024-12-06T00:00:00"
CRAB = TargetConfig(name="Crab", ra=toy.CRAB.ra, dec=toy.CRAB.dec)
ANY = Tolerance(180.0, 180.0)


def plan(*series, **changes):
    config = ObservationConfig(target=CRAB, observations=series, **changes)
    return planned_observations(config, toy.SITE)


def test_position_angles_are_those_of_the_sky():
    angles = (0.0, 90.0, 180.0, 300.0)
    series = SeriesConfig(start=START, number=5, offset=1.5, position_angles=angles)
    planned = plan(series, first_obs_id=7)
    assert [each.obs_id for each in planned] == [7, 8, 9, 10, 11]
    crab = SkyCoord(toy.CRAB.ra, toy.CRAB.dec, unit="deg")
    for each, angle in zip(planned, (*angles, 0.0), strict=True):
        wanted = crab.directional_offset_by(angle * u.deg, 1.5 * u.deg)
        assert each.pointing.ra == pytest.approx(wanted.ra.deg, abs=1e-9)
        assert each.pointing.dec == pytest.approx(wanted.dec.deg, abs=1e-9)


def test_times_pauses_gaps_and_scales():
    series = SeriesConfig(
        start=START, duration=10, number=2, pause=3, offset=0.5, gaps=((0, 1), (4, 6))
    )
    utc = plan(series)
    assert utc[0].intervals.shape == (2, 2)
    assert utc[0].ontime == pytest.approx(7 * 60)
    # The first minute is bad, so the first good interval begins after it.
    assert utc[1].start_ns - utc[0].start_ns == 13 * 60 * 10**9
    tai, tt = (plan(series, time_scale=scale)[0] for scale in ("tai", "tt"))
    assert utc[0].start_ns - tai.start_ns == 37 * 10**9
    assert tai.start_ns - tt.start_ns == 32_184_000_000


def test_other_pointings():
    still, sky = plan(
        SeriesConfig(start=START, alt=70.0, az=180.0),
        SeriesConfig(start="2024-12-06T00:20:00", ra=80.0, dec=20.0),
    )
    assert still.pointing == Drift(70.0, 180.0)
    assert sky.pointing == Tracking(80.0, 20.0)


def test_the_mean_direction_and_the_nearest_responses():
    (drift,) = plan(SeriesConfig(start=START, alt=65.0, az=350.0))
    assert mean_direction(drift) == pytest.approx((25.0, 350.0))
    zenith = np.array([20.0, 20.0, 40.0, 20.0])
    azimuth = np.array([180.0, 0.0, 0.0, 0.0])
    assert nearest_points(zenith, azimuth, drift, ANY) == [1, 3]
    assert nearest_points(zenith, azimuth, drift, Tolerance(6.0, 11.0)) == [1, 3]
    # Only what is within the tolerance counts, however near others are.
    far = np.array([31.5, 24.0])
    assert nearest_points(far, np.array([350.0, 180.0]), drift, Tolerance(6, 180)) == [
        1
    ]
    for tolerance in (Tolerance(4.0, 180.0), Tolerance(6.0, 9.0)):
        with pytest.raises(UserError, match=r"nearest responses are at 20.0, 0.0"):
            nearest_points(zenith, azimuth, drift, tolerance)


def test_the_mean_direction_of_what_is_tracked_is_in_the_middle():
    (tracked,) = plan(SeriesConfig(start=START, duration=40, offset=0.0))
    alt, az = tracked.pointing.altaz(np.array([tracked.middle_ns]), tracked.site)
    zenith, azimuth = mean_direction(tracked)
    assert zenith == pytest.approx(90 - alt[0], abs=0.2)
    assert azimuth == pytest.approx(az[0], abs=3.0)


def test_the_default_goes_with_simulations_at_zenith_20():
    config = ObservationConfig()
    planned = planned_observations(config, toy.SITE)
    assert config.target.name == "Crab Nebula"
    for each in planned:
        times = np.linspace(each.start_ns, each.stop_ns, 20).astype(np.int64)
        alt, _ = each.pointing.altaz(times, each.site)
        assert (np.abs(90 - alt - 20) < config.zenith_tolerance).all()
