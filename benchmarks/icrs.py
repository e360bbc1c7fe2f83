"""Time our ICRS directions of all events at once beside a call of astropy for each.

python -m benchmarks.icrs [--events N] [--calls N] [--repeats N]

Directions above 30 deg, seen from La Palma in one night. Prints CPU time per event on
one core, the ratio, and the largest difference of the events that both have done.
Nothing is downloaded: astropy alone takes the installed Bulletin B of the IERS for the
Earth, ours the table that goes further (Bulletin A), which differs a little.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
from astropy import units as u
from astropy.coordinates import ICRS, AltAz, SkyCoord
from astropy.time import Time
from astropy.utils import iers

from benchmarks.measure import pin_to_one_core
from cta_columnar.array_types import F8, I8
from cta_columnar.instrument.frames import angular_separation
from cta_columnar.stages.dl3.site import Site
from cta_columnar.stages.dl3.sky import altaz_to_icrs
from cta_columnar.stages.dl3.times import from_astropy, to_astropy

SITE = Site(-17.892, 28.7615, 2158.0)
NIGHT = "2024-12-05T20:00:00"
HOURS = 10


def directions(n: int) -> tuple[I8, F8, F8]:
    """Make times (ns since 1970, TAI, in order), altitudes and azimuths (deg)."""
    rng = np.random.default_rng(0)
    start = int(from_astropy(Time(NIGHT, scale="utc")))
    time_ns = np.sort(rng.integers(start, start + HOURS * 3600 * 10**9, n))
    alt = np.degrees(np.arcsin(rng.uniform(0.5, 1, n)))
    return time_ns, alt, rng.uniform(0, 360, n)


def by_astropy(time_ns: I8, alt: F8, az: F8) -> tuple[F8, F8]:
    """Right ascension and declination (deg), a call for each event."""
    found = np.empty((2, time_ns.size))
    for row, (moment, up, around) in enumerate(zip(time_ns, alt, az, strict=True)):
        frame = AltAz(obstime=to_astropy(moment), location=SITE.location)
        seen = SkyCoord(az=around * u.deg, alt=up * u.deg, frame=frame)
        sky = seen.transform_to(ICRS())
        found[:, row] = sky.ra.deg, sky.dec.deg
    return found[0], found[1]


def by_us(time_ns: I8, alt: F8, az: F8) -> tuple[F8, F8]:
    """Right ascension and declination (deg), all at once."""
    return altaz_to_icrs(time_ns, alt, az, SITE)


def us_per_event(
    convert: Callable[[I8, F8, F8], object], events: tuple[I8, F8, F8], repeats: int
) -> float:
    """CPU microseconds per event, the best of some repetitions after a first one."""
    taken = []
    for _ in range(1 + repeats):
        begin = time.process_time_ns()
        convert(*events)
        taken.append(time.process_time_ns() - begin)
    return min(taken[1:]) / 1e3 / events[0].size


def arcsec_apart(one: tuple[F8, F8], other: tuple[F8, F8]) -> float:
    """Largest difference."""
    return float(np.max(angular_separation(*one, *other)) * 3600)


def main() -> None:
    """Time and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--calls", type=int, default=50)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    pin_to_one_core()
    iers.conf.auto_download = False
    events = directions(options.events)
    # Of the whole night, not of its first minute.
    step = max(options.events // options.calls, 1)
    chosen = slice(0, step * options.calls, step)
    few = (events[0][chosen], events[1][chosen], events[2][chosen])
    ours = us_per_event(by_us, events, options.repeats)
    theirs = us_per_event(by_astropy, few, options.repeats)
    ra, dec = by_us(*events)
    apart = arcsec_apart((ra[chosen], dec[chosen]), by_astropy(*few))
    print(f"ours: {ours:.2f} us per event ({options.events} events at once)")
    print(f"astropy: {theirs:.0f} us per event ({few[0].size} calls)")
    print(f"times faster: {theirs / ours:.0f}; largest difference: {apart:.1e} arcsec")


if __name__ == "__main__":
    main()
