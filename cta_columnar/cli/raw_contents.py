"""A raw file in words."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pyarrow as pa

from cta_columnar.cli.contents import describe_array
from cta_columnar.cli.text import columns, in_bytes
from cta_columnar.schemas.event_types import CALIBRATION_TYPES, EventType
from cta_columnar.sources.base import BadInputError, EventSource

PRIMARIES = {0: "gamma", 1: "electron", 2: "muon", 101: "proton", 402: "helium"}


@dataclass
class Tally:
    """Events of a raw file, and why there are no more."""

    by_type: Counter[EventType] = field(default_factory=Counter)
    by_telescope: Counter[str] = field(default_factory=Counter)
    primaries: Counter[int] = field(default_factory=Counter)
    damage: BadInputError | None = None


def describe_raw(source: EventSource, *, count: bool) -> Iterator[str]:
    """Say what is in a raw file.

    Parameters
    ----------
    source : EventSource
        The file, opened with calibration events and not read yet.
    count : bool
        Read it to its end and count the events.

    Raises
    ------
    BadInputError
        At last, if it is damaged somewhere.
    """
    size = in_bytes(source.path.stat().st_size)
    yield f"{source.path}: raw data, {type(source).__name__}, {size}"
    yield from describe_array(source.subarray)
    # A file may hold several runs: they are known after reading.
    tally = _count(source) if count else None
    yield from _runs(source.runs)
    yield from (f"warning: {each}" for each in source.warnings)
    if tally is None:
        yield "events: not counted, see --count"
        return
    yield from _events(tally)
    if tally.damage is not None:
        raise tally.damage


def _runs(runs: pa.Table) -> Iterator[str]:
    for run in runs.to_pylist():
        yield f"run {run['obs_id']}:"
        low, high = run["energy_range_min"], run["energy_range_max"]
        facts = [
            ("energies", f"{low:g} to {high:g} TeV, index {run['spectral_index']:g}"),
            ("showers", f"{run['n_showers']:,}, each used {run['shower_reuse']} x"),
            ("pointing", f"alt {run['pointing_alt']:g}, az {run['pointing_az']:g} deg"),
            ("cores", f"out to {run['max_scatter_range']:g} m"),
            ("directions", f"cone of {run['max_viewcone_radius']:g} deg"),
        ]
        yield from columns(facts, indent="  ")


def _count(source: EventSource) -> Tally:
    tally = Tally()
    try:
        for batch in source.batches():
            tally.by_type[batch.event_type] += batch.trigger.num_rows
            for tel_type, rows in batch.telescopes.items():
                tally.by_telescope[tel_type] += rows.num_rows
            if batch.showers.num_rows:
                ids = batch.showers.column("true_shower_primary_id")
                tally.primaries.update(ids.to_pylist())
    except BadInputError as error:
        tally.damage = error
    return tally


def _events(tally: Tally) -> Iterator[str]:
    yield "array events:"
    rows = [(_type_name(each), f"{n:,}") for each, n in sorted(tally.by_type.items())]
    primaries = sorted(tally.primaries.items())
    rows += [(f"  of {_primary(each)}", f"{n:,}") for each, n in primaries]
    yield from columns(rows or [("none", "")], indent="  ", right=(1,))
    yield "telescope events:"
    rows = [(name, f"{n:,}") for name, n in tally.by_telescope.items()]
    yield from columns(rows or [("none", "")], indent="  ", right=(1,))


def _type_name(event_type: EventType) -> str:
    if event_type == EventType.SUBARRAY:
        return "showers"
    if event_type in CALIBRATION_TYPES:
        return f"{CALIBRATION_TYPES[event_type].replace('_', ' ')} (calibration)"
    return event_type.name.lower().replace("_", " ")


def _primary(particle: int) -> str:
    return PRIMARIES.get(particle, f"particle {particle}")
