import numpy as np
import pytest
from astropy.time import Time
from hypothesis import given, settings
from hypothesis import strategies as st

from cta_columnar.errors import UserError
from cta_columnar.stages.dl3 import times

NS = st.integers(0, 4 * 10**18)


def test_known_times():
    reference = Time(times.MJDREFI, times.MJDREFF, format="mjd", scale="tt")
    for text in ("1999-12-31T23:00:00", "2021-03-04T05:06:07.891", "2022-01-01"):
        moment = Time(text, scale="utc")
        ns = times.from_astropy(moment)
        seconds = times.to_seconds(ns)
        assert abs(seconds - (moment - reference).sec) < 2e-7
        assert times.iso_tt(ns) == moment.tt.isot
        # The other definition: TAI counts from 1970 without a leap second.
        tai = Time(moment, scale="utc").tai.isot
        assert abs(int(ns) - np.datetime64(tai, "ns").astype(np.int64)) < 1e6


@pytest.mark.parametrize("text", ["1719-12-31", "2256-01-02", "9999-01-01"])
@pytest.mark.filterwarnings("ignore:ERFA function")
def test_times_that_no_table_has(text):
    moments = Time(["2024-01-01", text], scale="utc")
    with pytest.raises(UserError, match="of the years 1720 to 2255"):
        times.from_astropy(moments)
    assert times.from_astropy(Time("1720-01-02", scale="tai")) < 0
    assert times.from_astropy(Time("2255-12-30", scale="tai")) > 9 * 10**18


@given(st.lists(NS, max_size=5))
@settings(max_examples=50, deadline=None)
def test_there_and_back(listed):
    ns = np.array(listed, np.int64)
    np.testing.assert_array_less(np.abs(times.to_ns(times.to_seconds(ns)) - ns), 500)
    np.testing.assert_array_equal(times.from_astropy(times.to_astropy(ns)), ns)
    order = np.argsort(ns)
    assert (np.diff(times.to_seconds(ns)[order]) >= 0).all()
