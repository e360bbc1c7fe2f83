"""Whether the numbers in tables can be true."""

from collections.abc import Iterator, Sequence

import numpy as np

from cta_columnar.array_types import AnyArray
from cta_columnar.gadf.hdu import Hdu
from cta_columnar.schemas import gadf

# Of the sums of times, in s and relative.
_TIME, _RATIO = 1e-5, 1e-6


def content_problems(hdu: Hdu) -> Iterator[str]:
    """Find what is wrong with the numbers of a table that is complete."""
    if gadf.CLASSES[hdu.kind].axes:
        yield from _response_problems(hdu)
    elif hdu.kind == "events":
        yield from _event_problems(hdu)
    elif hdu.kind == "gti":
        yield from _interval_problems(hdu)
    elif hdu.kind in ("pointing", "obs_index", "hdu_index") and hdu.n_rows == 0:
        yield "there is no row"


def observation_problems(hdus: Sequence[Hdu]) -> Iterator[str]:
    """Find where tables of one observation contradict each other."""
    by_kind = {hdu.kind: hdu for hdu in hdus}
    events, gti = by_kind.get("events"), by_kind.get("gti")
    for kind, hdu in (("events", events), ("gti", gti)):
        if hdu is None:
            yield f"there is no table of {kind}"
    for name in gadf.TIME_REFERENCE.names:
        values = {hdu.header[name] for hdu in hdus if name in hdu.header}
        if len(values) > 1:
            yield f"{name} differs from table to table: {sorted(map(str, values))}"
    if events and gti:
        yield from _time_problems(events, gti)
    kinds = {str(h.header["HDUCLAS3"]) for h in hdus if h.kind in _BY_ENCLOSURE}
    if len(kinds) > 1:
        yield "some responses are point-like and some full-enclosure"
    of_cut = "rad_max_2d" in by_kind or all(
        "RAD_MAX" in hdu.header for hdu in hdus if hdu.kind in _BY_ENCLOSURE
    )
    if gadf.POINT_LIKE in kinds and not of_cut:
        yield "responses are point-like, but the cut RAD_MAX is not there"


_BY_ENCLOSURE = ("aeff_2d", "edisp_2d")


def _response_problems(hdu: Hdu) -> Iterator[str]:
    known = gadf.CLASSES[hdu.kind]
    if hdu.n_rows != 1:
        yield f"there are {hdu.n_rows} rows, wanted is one"
        return
    shape = []
    for axis in known.axes:
        low, high = hdu[f"{axis}_LO"][0], hdu[f"{axis}_HI"][0]
        shape.append(low.size)
        if low.shape != high.shape or low.ndim != 1:
            yield f"{axis}_LO and {axis}_HI differ in length"
        elif not (high > low).all() or not np.allclose(low[1:], high[:-1], rtol=1e-5):
            yield f"the bins of {axis} do not ascend one from the other"
    values = hdu[known.values][0]
    if values.shape != tuple(reversed(shape)):
        wanted = tuple(reversed(shape))
        yield f"{known.values} has the shape {values.shape}, wanted is {wanted}"
    if not np.isfinite(values).all():
        yield f"{np.count_nonzero(~np.isfinite(values))} values are no finite numbers"
    elif (values < 0).any():
        yield f"{np.count_nonzero(values < 0)} values are negative"
    cref = [str(hdu.header[name]) for name in hdu.header if name.startswith("CREF")]
    axes = ",".join(f"{axis}_LO:{axis}_HI" for axis in known.axes)
    if cref and cref != [f"({axes})"]:
        yield f"CREF is {', '.join(cref)}, wanted is ({axes})"


def _event_problems(hdu: Hdu) -> Iterator[str]:
    head, ids = hdu.header, hdu["EVENT_ID"]
    doubles = ids.size - np.unique(ids).size
    if doubles:
        yield f"{doubles} values of EVENT_ID are there before"
    for name in gadf.EVENTS.names[1:]:
        bad = np.count_nonzero(~np.isfinite(hdu[name]))
        if bad:
            yield f"{bad} values of {name} are no finite numbers"
    yield from _outside(hdu, "RA", 0, 360)
    yield from _outside(hdu, "DEC", -90, 90)
    if (np.diff(hdu["TIME"]) < 0).any():
        yield "events are not in the order of TIME"
    ontime, live = float(head["ONTIME"]), float(head["LIVETIME"])
    if not 0 < live <= ontime * (1 + _RATIO):
        yield f"LIVETIME {live:g} s is not between 0 and ONTIME {ontime:g} s"
    elif abs(live - float(head["DEADC"]) * ontime) > _RATIO * ontime + _TIME:
        yield f"DEADC {head['DEADC']} is not LIVETIME / ONTIME, {live / ontime:.6g}"


def _outside(hdu: Hdu, name: str, low: float, high: float) -> Iterator[str]:
    bad = np.count_nonzero((hdu[name] < low) | (hdu[name] > high))
    if bad:
        yield f"{bad} values of {name} are outside of {low} to {high}"


def _interval_problems(hdu: Hdu) -> Iterator[str]:
    start, stop = hdu["START"], hdu["STOP"]
    if hdu.n_rows == 0:
        yield "there is no interval"
    elif not (stop > start).all():
        yield "an interval ends before it starts, or is empty"
    elif (start[1:] < stop[:-1]).any():
        yield "intervals overlap, or are not in order"


def _time_problems(events: Hdu, gti: Hdu) -> Iterator[str]:
    start, stop, time = gti["START"], gti["STOP"], events["TIME"]
    total, ontime = float((stop - start).sum()), float(events.header["ONTIME"])
    if abs(total - ontime) > _TIME * len(start):
        yield f"ONTIME is {ontime} s, and the good time intervals are {total} s"
    outside = _outside_of_all(time, start, stop)
    if outside:
        yield f"{outside} events are outside of the good time intervals"
    first, last = float(events.header["TSTART"]), float(events.header["TSTOP"])
    if start[0] < first - _TIME or stop[-1] > last + _TIME:
        yield "good time intervals reach beyond TSTART and TSTOP"


def _outside_of_all(time: AnyArray, start: AnyArray, stop: AnyArray) -> int:
    row = np.searchsorted(start, time, side="right") - 1
    inside = (row >= 0) & (time <= stop[np.maximum(row, 0)])
    return int(np.count_nonzero(~inside))
