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

from cta_columnar.config import TrainConfig
from cta_columnar.errors import UserError
from cta_columnar.pipelines.stage2.rows import EVENTS_AT_ONCE
from cta_columnar.pipelines.stage3.column_origins import common_origins
from cta_columnar.pipelines.train.inputs import TrainingInput
from cta_columnar.schemas.keys import EVENT_NAMES, TEL_EVENT_NAMES
from cta_columnar.stages.model_rows import telescope_rows, telescope_schema
from cta_columnar.stages.training.choice import choose, columns_chosen_by
from cta_columnar.stages.training.columns import check_geometry
from cta_columnar.stages.training.rows import DATASET, check_columns
from cta_columnar.stages.training.tally import Counting, Tally
from cta_columnar.store import Contents, Store

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
    tally : Tally
        How many images of each class and telescope type take part.
    runs : dict of str to pyarrow.Table
        Rows of ``simulation/runs`` by class.
    tel_types : tuple of str
        Telescope types of the array, those without an image as well.
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
        subarray = inputs[0].store.subarray()
        self.tel_types = tuple(each.name for each in subarray.types)
        thrown: dict[str, list[pa.Table]] = {}
        for each in inputs:
            for name, of_class in each.thrown.items():
                thrown.setdefault(name, []).append(of_class)
        self.runs = {name: pa.concat_tables(own) for name, own in thrown.items()}
        self.origins = common_origins([each.store for each in inputs])
        needed = columns_chosen_by(config)
        for tel_type in self._schemas:
            there = self.schema(tel_type).names
            check_geometry(config, there)
            check_columns(needed, there, f"quality, {tel_type}")
        self._ranges = [
            r for i, each in enumerate(inputs) for r in _ranges(i, each.store)
        ]
        self.tally = self._counted()

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
        for each in self._of_type(tel_type):
            rows = self._rows(each, tel_type, tuple(read))
            mask = choose(self._config, rows).below(self.tally.limits)
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
        check_columns([name], self.schema(tel_type).names, tel_type)
        raise AssertionError(name)  # it is in one of the tables

    def _of_type(self, tel_type: str) -> list[_Range]:
        return [each for each in self._ranges if each.has(tel_type)]

    def _counted(self) -> Tally:
        """Count what takes part, and find how many showers fit."""
        counting = Counting(self._config, list(self._schemas))
        needed = columns_chosen_by(self._config)
        for each in self._ranges:
            chosen, keys = {}, {}
            for tel_type in self._schemas:
                if each.has(tel_type):
                    rows = self._rows(each, tel_type, needed)
                    chosen[tel_type] = choose(self._config, rows)
                    keys[tel_type] = rows.select(EVENT_NAMES)
            counting.add(chosen, keys)
        return counting.tally(self._config.max_rows)


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
