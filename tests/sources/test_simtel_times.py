import numpy as np
from astropy.time import Time
from hypothesis import given, settings
from hypothesis import strategies as st

from cta_columnar.sources.simtel.pointing import altitude_azimuth
from cta_columnar.sources.simtel.times import add_quarters, tai_minus_utc, tai_ns

DATES = [
    "1970-01-01", "1972-01-01", "1980-01-06", "1999-01-01",
    "2015-06-30T23:59:59", "2015-07-01", "2016-12-31T23:59:59", "2017-01-01",
    "2022-03-04T05:06:07",
]  # fmt: skip


def test_tai_minus_utc_equals_astropy():
    time = Time(DATES, scale="utc", precision=9)
    unix_s = np.rint(time.unix).astype(np.int64)
    tai, utc = (np.array(each.isot, "datetime64[ns]") for each in (time.tai, time))
    want = (tai - utc).astype(np.int64)
    np.testing.assert_allclose(tai_minus_utc(unix_s), want, rtol=0, atol=2)


def test_leap_seconds():
    unix_s = np.array([1483228799, 1483228800, 2_000_000_000])
    assert (tai_minus_utc(unix_s) // 10**9).tolist() == [36, 37, 37]
    assert tai_ns(unix_s[:1], np.array([5])).tolist() == [1483228835_000000005]
    assert tai_minus_utc(np.zeros(0, np.int64)).tolist() == []


def test_times_before_utc_existed():
    assert tai_minus_utc(np.array([-1_000_000_000])).tolist() == [0]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(-1e6, 1e6, width=32), max_size=5))
def test_quarters(delays):
    delay = np.array(delays, np.float32)
    time = np.full(delay.size, 10**18)
    whole, quarters = add_quarters(time, delay)
    got = (whole - time) + quarters / 4
    np.testing.assert_allclose(got, delay, rtol=0, atol=0.125)
    assert (quarters < 4).all()


def test_impossible_delays_do_not_count():
    time, quarters = add_quarters(
        np.zeros(3, np.int64), np.array([np.nan, np.inf, 1e30], np.float32)
    )
    assert not time.any()
    assert not quarters.any()


def test_pointing():
    half_turn = np.float32(np.pi / 2)
    nan = np.nan
    tracking = np.array(
        [
            [0.1, 1.2, nan, nan],
            [0.1, 1.2, 0.3, 1.4],
            [0.1, 1.2, 0.3, nan],
            [0.1, half_turn, np.inf, nan],
            [0.1, 1.6, nan, nan],
            [nan, nan, nan, nan],
        ],
        np.float32,
    )
    altitude, azimuth = altitude_azimuth(tracking).T
    degrees = np.degrees(np.array([1.2, 1.4, 1.2], np.float32).astype(float))
    np.testing.assert_allclose(altitude[:3], degrees)
    assert altitude[3] == 90.0
    assert altitude[4] > 91
    assert np.isnan([altitude[5], azimuth[5]]).all()
    np.testing.assert_allclose(azimuth[:4], np.degrees([0.1, 0.3, 0.3, 0.1]), rtol=1e-6)
