"""Times: nanoseconds since 1970-01-01 (TAI) in our tables, seconds of TT in GADF."""

import warnings

import numpy as np
from astropy.time import Time
from erfa import ErfaWarning

from cta_columnar.array_types import F8, I8, AnyArray
from cta_columnar.errors import UserError
from cta_columnar.gadf import HeaderValue

# J2000.0, 2000-01-01T12:00:00 TT, for all files, so that they can go together. A second
# of now is then a number of 9 digits, of which float64 has steps of 0.12 microseconds.
MJDREFI, MJDREFF = 51544, 0.5

_NS = 1_000_000_000
_DAY_NS = 86_400 * _NS
_EPOCH_JD = 2440587.5  # 1970-01-01T00:00:00
# Of 64 bits of nanoseconds, from 1677 to 2262, as much as differences leave room for.
_FIRST_DAY, _LAST_DAY = -91_310, 104_460
# TT is ahead of TAI by 32.184 s.
_TT_MINUS_TAI_NS = 32_184_000_000
_REFERENCE_NS = 10_957 * _DAY_NS + _DAY_NS // 2 - _TT_MINUS_TAI_NS


def time_reference() -> dict[str, HeaderValue]:
    """Return the keywords that say what times of GADF count from."""
    return {
        "MJDREFI": MJDREFI,
        "MJDREFF": MJDREFF,
        "TIMEUNIT": "s",
        "TIMESYS": "TT",
        "TIMEREF": "TOPOCENTER",
    }


def as_ns(time: AnyArray) -> I8:
    """Return times of a table, datetime64 or numbers already, as int64 in ns."""
    if np.issubdtype(time.dtype, np.datetime64):
        return time.astype("datetime64[ns]").astype(np.int64)
    return np.asarray(time, np.int64)


def to_seconds(time_ns: I8) -> F8:
    """Seconds since J2000.0 of times in ns since 1970 (TAI), each rounded once."""
    whole, rest = np.divmod(np.asarray(time_ns, np.int64) - _REFERENCE_NS, _NS)
    seconds: F8 = whole + rest / _NS
    return seconds


def to_ns(seconds: F8) -> I8:
    """Return times in ns since 1970 (TAI); the inverse of `to_seconds`."""
    whole = np.floor(seconds)
    rest = np.rint((np.asarray(seconds) - whole) * _NS).astype(np.int64)
    time_ns: I8 = whole.astype(np.int64) * _NS + rest + _REFERENCE_NS
    return time_ns


def to_astropy(time_ns: I8) -> Time:
    """Return times as astropy has them, to a nanosecond."""
    day, rest = np.divmod(np.asarray(time_ns, np.int64), _DAY_NS)
    return Time(_EPOCH_JD + day, rest / _DAY_NS, format="jd", scale="tai")


def from_astropy(time: Time) -> I8:
    """Return times in ns since 1970 (TAI) of those of astropy, in any scale.

    Raises
    ------
    UserError
        If one is so far from now that a table cannot have it.
    """
    tai = time.tai
    day = np.floor(tai.jd1 - _EPOCH_JD)
    if not ((day >= _FIRST_DAY) & (day < _LAST_DAY)).all():
        raise UserError("tables have times of the years 1720 to 2255 only")
    rest = (tai.jd1 - _EPOCH_JD - day) + tai.jd2
    time_ns: I8 = day.astype(np.int64) * _DAY_NS + np.rint(rest * _DAY_NS).astype(
        np.int64
    )
    return time_ns


def utc(time_ns: int) -> str:
    """Date and time to a millisecond, in UTC, as people are told."""
    with warnings.catch_warnings():
        # Of years whose leap seconds nobody knows yet.
        warnings.simplefilter("ignore", ErfaWarning)
        return str(to_astropy(np.asarray(time_ns, np.int64)).utc.isot)


def iso_tt(time_ns: int) -> str:
    """Date and time to a millisecond, in TT as the keyword TIMESYS says."""
    stamp = np.datetime64(int(time_ns) + _TT_MINUS_TAI_NS, "ns")
    return str(np.datetime_as_string(stamp, unit="ms"))
