"""Events of a DL1 dataset as sorted columns, some thousand array events at a time."""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import I8, AnyArray
from cta_columnar.arrays import to_numpy
from cta_columnar.schemas import dl1
from cta_columnar.schemas.event_types import CALIBRATION_TYPES
from cta_columnar.schemas.keys import EVENT_NAMES, TEL_EVENT_NAMES
from cta_columnar.stages.event_rows import first_rows
from cta_columnar.store import BlockReader, StoreError

Columns = dict[str, AnyArray]

# Some ten MB of columns.
EVENTS_AT_ONCE = 16384
_TRIGGER = (*EVENT_NAMES, "event_type", "time", "time_qns")


def event_ranges(
    store: BlockReader, runs: pa.Table, parameters: Sequence[str]
) -> Iterator[tuple[Columns, Columns, Columns | None]]:
    """Yield what stage 2 reads, in order of (obs_id, event_id, tel_id).

    A shard without events yields one range without rows, so that its tables exist.

    Parameters
    ----------
    store : BlockReader
        One shard of a DL1 dataset, or a block of it.
    runs : pyarrow.Table
        ``simulation/runs`` of its input, which the first of its shards has.
    parameters : sequence of str
        Columns of ``parameters`` to read.

    Yields
    ------
    events : dict of str to array[n]
        Columns of ``trigger``, and the array pointing.
    telescopes : dict of str to array[r]
        The parameters, telescopes of all types together.
    showers : dict of str to array[n], optional
        True showers; None if the data are not simulated.
    """
    trigger = store.read("trigger", _TRIGGER)
    events = _sorted(_without_calibration(trigger), EVENT_NAMES)
    telescopes = _sorted(_all_types(store, parameters), TEL_EVENT_NAMES)
    showers = _sorted(store.read("showers"), EVENT_NAMES)
    events |= _array_pointing(runs, events)
    # Not by the showers: columns must not differ where a shard has none.
    is_simulated = runs.num_rows > 0
    n_events = len(events["event_id"])
    of_telescopes = _first_rows(store, events, telescopes, "telescope event")
    of_showers = _first_rows(store, events, showers, "shower")
    for first in range(0, max(n_events, 1), EVENTS_AT_ONCE):
        last = min(first + EVENTS_AT_ONCE, n_events)
        chosen = of_showers[first], of_showers[last]
        yield (
            _slice(events, first, last),
            _slice(telescopes, of_telescopes[first], of_telescopes[last]),
            _slice(showers, *chosen) if is_simulated else None,
        )


def _without_calibration(trigger: pa.Table) -> pa.Table:
    is_calibration = np.isin(trigger["event_type"], list(CALIBRATION_TYPES))
    return trigger.filter(pa.array(~is_calibration))


def _all_types(store: BlockReader, columns: Sequence[str]) -> pa.Table:
    """Put the parameters of all telescope types below each other."""
    tables = [
        store.read("parameters", columns, tel_type=tel_type)
        for tel_type in store.tel_types("parameters")
    ]
    if not tables:
        # No event at all: the columns still have their types. Those of algorithms
        # from elsewhere cannot be known; none of them will be looked at.
        known = {f.name: f.type for f in dl1.PARAMETERS}
        types = [(name, known.get(name, pa.float64())) for name in columns]
        return pa.schema(types).empty_table()
    return pa.concat_tables(tables)


def _sorted(table: pa.Table, keys: Sequence[str]) -> Columns:
    columns = {
        name: to_numpy(table[name].combine_chunks()) for name in table.column_names
    }
    order = np.lexsort([columns[key] for key in reversed(keys)])
    if (np.diff(order) == 1).all():
        return columns
    return {name: values[order] for name, values in columns.items()}


def _first_rows(store: BlockReader, events: Columns, rows: Columns, what: str) -> I8:
    """Where the rows of each event begin, and the last ones end."""
    try:
        return first_rows(events, rows, what)
    except ValueError as error:
        damaged = "the dataset is damaged, make it again"
        raise StoreError(f"{store.root}: {error}; {damaged}") from error


def _array_pointing(runs: pa.Table, events: Columns) -> Columns:
    """Pointing of the array at each event, deg; NaN where no run says it."""
    columns = {
        f"array_{name}": np.full(len(events["obs_id"]), np.nan)
        for name in ("pointing_alt", "pointing_az")
    }
    for run in runs.to_pylist():
        members = events["obs_id"] == run["obs_id"]
        for name in ("pointing_alt", "pointing_az"):
            columns[f"array_{name}"][members] = run[name]
    return columns


def _slice(columns: Columns, first: int, last: int) -> Columns:
    return {name: values[first:last] for name, values in columns.items()}
