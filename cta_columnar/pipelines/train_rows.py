"""Images of datasets, read some thousand events at a time as training asks for them.

Only columns that are asked for are read, and only rows that take part are kept. The
first look at the data reads what the cuts need, and finds how many showers fit.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from cta_columnar.array_types import I8
from cta_columnar.config import TrainConfig
from cta_columnar.errors import UserError, did_you_mean
from cta_columnar.pipelines.column_origins import common_origins
from cta_columnar.pipelines.dl1_rows import EVENTS_AT_ONCE
from cta_columnar.pipelines.train_inputs import TrainingInput
from cta_columnar.schemas.keys import EVENT_NAMES, TEL_EVENT_NAMES
from cta_columnar.stages.model_rows import telescope_rows, telescope_schema
from cta_columnar.stages.selection import add_cut_flows
from cta_columnar.stages.training.rows import (
    DATASET,
    SELECTION,
    check_columns,
    choose,
    columns_chosen_by,
)
from cta_columnar.stages.training.weights import SimulatedRun
from cta_columnar.store import Contents, Store

_DRAWS = 65_536
_TABLES = ("events", "parameters", "telescopes")


@dataclass(frozen=True, eq=False)
class _Range:
    """Some events of a dataset: a shard, and which of its events if these are many."""

    dataset: int
    shard: Store
    where: Any = None

    def has(self, tel_type: str) -> bool:
        """Whether the shard has images of a telescope type."""
        return tel_type in self.shard.tel_types("parameters")


class DatasetRows:
    """Images of several datasets: `stages.training.rows.TrainingRows`.

    Parameters
    ----------
    inputs : sequence of TrainingInput
        Datasets, in an order that depends on their content only.
    config : TrainConfig
        Says which images take part, and how many at most.

    Attributes
    ----------
    counts : dict of str to dict of str to int
        Rows of each class, by telescope type.
    cut_flow : pyarrow.Table
        What share, classes and quality query left.
    runs : dict of str to list of SimulatedRun
        Simulated spectra by class.
    origins : dict of str to Origin
        Columns that models made.

    Raises
    ------
    UserError
        If a column that the cuts need is not there, or the datasets differ in columns
        or in who made them.
    """

    def __init__(self, inputs: Sequence[TrainingInput], config: TrainConfig) -> None:
        self._inputs = inputs
        self._config = config
        self._schemas = {t: _schemas(inputs, t) for t in _tel_types(inputs)}
        if not self._schemas:
            raise UserError("there is no image in the inputs to train on")
        self.runs: dict[str, list[SimulatedRun]] = {}
        for each in inputs:
            for name, spectra in each.spectra.items():
                self.runs.setdefault(name, []).extend(spectra)
        self.origins = common_origins([each.store for each in inputs])
        needed = columns_chosen_by(config)
        for tel_type in self._schemas:
            check_columns(needed, self.schema(tel_type).names, f"quality, {tel_type}")
        ranges = [r for i, each in enumerate(inputs) for r in _ranges(i, each.store)]
        self._ranges = {t: [r for r in ranges if r.has(t)] for t in self._schemas}
        self.counts, self._limits, self.cut_flow = self._look()

    def schema(self, tel_type: str) -> pa.Schema:
        """Columns of a telescope type, with those of its telescopes and events."""
        of = self._schemas[tel_type]
        return telescope_schema(of["events"], of["parameters"], of["telescopes"])

    def event_schema(self) -> pa.Schema:
        """Those of them that are the same for all images of an event."""
        return next(iter(self._schemas.values()))["events"]

    def slices(self, tel_type: str, names: Sequence[str]) -> Iterator[pl.DataFrame]:
        """Read columns of the images that take part, a range of events at a time."""
        wanted = [name for name in names if name != DATASET]
        read = dict.fromkeys([*wanted, *columns_chosen_by(self._config)])
        for each in self._ranges[tel_type]:
            rows = self._rows(each, tel_type, tuple(read))
            mask = choose(self._config, rows).below(self._limits)
            number = pl.lit(each.dataset, pl.Int16).alias(DATASET)
            yield rows.filter(pl.Series(mask)).with_columns(number).select(names)

    def _rows(self, each: _Range, tel_type: str, names: Sequence[str]) -> pl.DataFrame:
        """Return columns of all images of a telescope type among some events."""
        frames = {}
        for table in _TABLES:
            keys = EVENT_NAMES if table == "events" else TEL_EVENT_NAMES
            own = [n for n in names if self._table_of(n, tel_type) == table]
            read = each.shard.read(
                table,
                list(dict.fromkeys([*keys, *own])),
                tel_type=None if table == "events" else tel_type,
                where=each.where,
                verify=True,
            )
            frames[table] = pl.DataFrame(pl.from_arrow(read))
        return telescope_rows(*(frames[table] for table in _TABLES))

    def _table_of(self, name: str, tel_type: str) -> str:
        """Return the table a column is read from; an image says first what it is."""
        for table in ("parameters", "telescopes", "events"):
            if name in self._schemas[tel_type][table].names:
                return table
        hint = did_you_mean(name, self.schema(tel_type).names)
        raise UserError(f"there is no column {name!r}; {hint}")

    def _look(self) -> tuple[dict[str, dict[str, int]], dict[int, float], pa.Table]:
        """Count what takes part, and find how many showers fit."""
        classes = list(self._config.classes)
        flows = []
        draws = {t: np.zeros((len(classes), _DRAWS), np.int64) for t in self._schemas}
        needed = columns_chosen_by(self._config)
        for tel_type in self._schemas:
            for each in self._ranges[tel_type]:
                rows = self._rows(each, tel_type, needed)
                chosen = choose(self._config, rows)
                group = {tel_type: slice(None)}
                flows.append(chosen.selection.cut_flow(SELECTION, group))
                mask = chosen.selection.mask
                place = np.floor(chosen.draw[mask] * _DRAWS).astype(np.int64)
                np.add.at(draws[tel_type], (chosen.label[mask], place), 1)
        sums = {t: np.cumsum(each, axis=1) for t, each in draws.items()}
        ends = _ends(np.sum(list(sums.values()), axis=0), self._config.max_rows)
        counts = {
            tel_type: {
                name: int(each[number, ends[number] - 1]) if ends[number] else 0
                for number, name in enumerate(classes)
            }
            for tel_type, each in sums.items()
        }
        limits = {number: end / _DRAWS for number, end in enumerate(ends)}
        return counts, limits, add_cut_flows(flows)


def _ends(sums: I8, max_rows: int) -> list[int]:
    """Share the rows that are allowed equally among classes.

    Parameters
    ----------
    sums : int64[k, n]
        Rows of each class, of all telescope types, in the first bins of the draw.
    max_rows : int
        Of all classes together. What a small class does not need is for the others.

    Returns
    -------
    list of int
        How many bins of each class take part.
    """
    ends = [0] * len(sums)
    left = max_rows
    smallest_first = np.argsort(sums[:, -1], kind="stable").tolist()
    for done, number in enumerate(smallest_first):
        share = left // (len(sums) - done)
        ends[number] = int(np.searchsorted(sums[number], share, side="right"))
        left -= int(sums[number, ends[number] - 1]) if ends[number] else 0
    return ends


def _tel_types(inputs: Sequence[TrainingInput]) -> list[str]:
    types = {t for each in inputs for t in each.store.tel_types("parameters")}
    return sorted(types)


def _schemas(inputs: Sequence[TrainingInput], tel_type: str) -> dict[str, pa.Schema]:
    """Columns of each table, which all datasets must have alike."""
    return {
        table: _common_schema(inputs, table, None if table == "events" else tel_type)
        for table in _TABLES
    }


def _common_schema(
    inputs: Sequence[TrainingInput], table: str, tel_type: str | None
) -> pa.Schema:
    """Columns that all datasets have; lists do not become features.

    Datasets without rows of a telescope type know nothing of its columns.
    """
    known = [
        each.store.schema(table, tel_type)
        for each in inputs
        if tel_type is None or tel_type in each.store.tel_types(table)
    ]
    fields = []
    for field in known[0]:
        others = [s.field(field.name) for s in known[1:] if field.name in s.names]
        if len(others) < len(known) - 1:
            continue
        if any(not other.equals(field, check_metadata=True) for other in others):
            raise UserError(
                f"column {field.name!r} of {table} differs between the inputs; make "
                "them with the same version and settings"
            )
        fields.append(field)
    return pa.schema(fields)


def _ranges(number: int, store: Store) -> Iterator[_Range]:
    """Cut the shards of a dataset into ranges of events."""
    for record in store.records:
        shard = Store(store.root, Contents((record,), ()))
        keys = shard.read("events", list(EVENT_NAMES), verify=True)
        obs_id, event_id = (keys[name].to_numpy() for name in EVENT_NAMES)
        if obs_id.size <= EVENTS_AT_ONCE:
            yield _Range(number, shard)
            continue
        for run in np.unique(obs_id).tolist():
            ids = np.sort(event_id[obs_id == run])
            for start in range(0, ids.size, EVENTS_AT_ONCE):
                part = ids[start : start + EVENTS_AT_ONCE]
                where = (pc.field("obs_id") == run) & (pc.field("event_id") >= part[0])
                where &= pc.field("event_id") <= part[-1]
                yield _Range(number, shard, where)
