"""Times of sim_telarray files: UTC there, TAI here."""

import warnings

import erfa
import numpy as np

from cta_columnar.array_types import F4, I8, U1, Mask

_NS_PER_S = 1_000_000_000
# Telescopes of one array event trigger within microseconds.
_MAX_DELAY_NS = 1e9
# Since then TAI - UTC is a whole number of seconds.
_FIRST_LEAP_SECOND_YEAR = 1972


def tai_minus_utc(unix_s: I8) -> I8:
    """TAI - UTC in ns at these times in s since 1970 (UTC)."""
    table = erfa.leap_seconds.get()
    table = table[table["year"] >= _FIRST_LEAP_SECOND_YEAR]
    starts = [f"{row['year']:04d}-{row['month']:02d}-01" for row in table]
    start_s = np.array(starts, "datetime64[s]").astype(np.int64)
    row = np.searchsorted(start_s, unix_s, side="right") - 1
    offset: I8 = table["tai_utc"][row].astype(np.int64) * _NS_PER_S
    is_early = row < 0
    if is_early.any():
        offset[is_early] = _early(unix_s[is_early])
    return offset


def _early(unix_s: I8) -> I8:
    """Return the offset before 1972, when UTC seconds had another length."""
    day = unix_s.astype("datetime64[s]").astype("datetime64[D]")
    month = day.astype("datetime64[M]")
    year = month.astype("datetime64[Y]").astype(np.int64) + 1970
    fraction = (unix_s % 86400) / 86400
    with warnings.catch_warnings():
        # Before 1960 there was no UTC: the offset is 0 then.
        warnings.simplefilter("ignore", erfa.ErfaWarning)
        offset = erfa.dat(
            year,
            month.astype(np.int64) % 12 + 1,
            (day - month).astype(np.int64) + 1,
            fraction,
        )
    offset_ns: I8 = np.rint(offset * _NS_PER_S).astype(np.int64)
    return offset_ns


def tai_ns(unix_s: I8, unix_ns: I8) -> I8:
    """TAI in ns since 1970-01-01 TAI, of UTC in s and ns since 1970."""
    return unix_s * _NS_PER_S + unix_ns + tai_minus_utc(unix_s)


def add_quarters(time_ns: I8, after_ns: F4) -> tuple[I8, U1]:
    """Sum of a time and a short delay, rounded to quarters of a ns.

    Returns
    -------
    time_ns : int64[n]
        Whole ns.
    quarters : uint8[n]
        Quarters to add, 0-3.
    """
    after_ns = np.where(are_possible(after_ns), after_ns, 0)
    quarters = np.rint(after_ns.astype(np.float64) * 4.0).astype(np.int64)
    return time_ns + (quarters >> 2), (quarters & 3).astype(np.uint8)


def are_possible(after_ns: F4) -> Mask:
    """Whether delays are numbers of a size that a delay can have."""
    possible: Mask = np.abs(after_ns) < _MAX_DELAY_NS
    return possible
