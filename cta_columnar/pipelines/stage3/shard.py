"""The work of stage 3 on one shard of DL2, or a block, in whichever process it runs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from cta_columnar.clock import StepClock
from cta_columnar.config import Stage3Config
from cta_columnar.executors import report
from cta_columnar.pipelines.running.blocks import open_block
from cta_columnar.pipelines.running.carrying import OF_EVENTS, RUNS, carry
from cta_columnar.pipelines.running.dataset_shards import Job, subarray_of
from cta_columnar.pipelines.running.shards import ShardOutcome
from cta_columnar.pipelines.stage3.applied_models import (
    Made,
    UsedModel,
    is_without,
    open_plan,
    wishes_of,
)
from cta_columnar.pipelines.stage3.column_origins import noted, noted_before
from cta_columnar.pipelines.stage3.trained_events import TrainedEvents
from cta_columnar.schemas.keys import EVENT_NAMES, TEL_EVENT_NAMES
from cta_columnar.schemas.predictions import TRAINED_ON
from cta_columnar.stages.model_rows import telescope_rows
from cta_columnar.stages.prediction import Plan, Predictions, predict
from cta_columnar.stages.prediction_weights import changed_weights
from cta_columnar.store import (
    BlockReader,
    Previous,
    Record,
    Shard,
    ShardWriter,
)

_CARRIED = (*(name for name in OF_EVENTS if name != RUNS), "parameters")
_MARK = TRAINED_ON.field("was_trained_on")


@dataclass(frozen=True, slots=True)
class Stage3Job(Job[Stage3Config]):
    """What all shards of a run of stage 3 have in common."""

    used: tuple[UsedModel, ...]
    made: Made
    trained: TrainedEvents


def process_shard(
    job: Stage3Job,
    sources: Sequence[Record],
    shard: Shard,
    previous: Previous,
) -> ShardOutcome:
    """Add what models say to one shard of a DL2 dataset, or a block of it.

    Parameters
    ----------
    job : Stage3Job
        Input, output, configuration, models, events that were trained on.
    sources : sequence of Record
        The shard of DL2.
    shard : Shard
        The one to make.
    previous : mapping
        Shards of the same input that are there already.
    """
    clock = StepClock()
    (source,) = sources
    store = open_block(job.dataset, source, shard)
    wishes = wishes_of(job.config)
    models, plan = open_plan(str(job.config.models), wishes, job.used, job.made)
    subarray = subarray_of(job.dataset, source.subarray_digest)
    tables = _Tables.read(store, job.trained)
    events, images = tables.frames(store, plan)
    clock.add("read")
    found = predict(events, images, models, plan, clock)
    clock.add("combine")
    counts = tables.counts | _without_model(found)
    report(events=counts["events"], telescope_events=counts["telescope_events"])
    with ShardWriter(job.output, shard, subarray, previous=previous) as writer:
        new = plan.columns(of_events=True)
        writer.append("events", _with_columns(tables.events, found.events, new))
        new = plan.columns(of_events=False)
        for tel_type, table in tables.telescopes.items():
            rows = _with_columns(table, found.telescopes[tel_type], new)
            writer.append("telescopes", rows, tel_type)
        runs = store.read(RUNS)
        writer.append(RUNS, job.trained.with_share(runs))
        carry(store, writer, _CARRIED, job.trained.kept())
        earlier = store.read("cut_flow")
        writer.append("cut_flow", pa.concat_tables([earlier, found.cut_flow]))
        info = {
            "cut_flow": found.cut_flow.to_pylist(),
            "models": _by_task(plan),
            "warnings": [
                *changed_weights(plan),
                *job.trained.warnings,
                *_warnings(found),
            ],
            **noted(plan.origins),
            **noted_before(source),
        }
        record = writer.commit(counts, info)
        clock.add("write")
    return ShardOutcome(shard, record, False, clock.seconds)


@dataclass(frozen=True, slots=True)
class _Tables:
    """What stage 3 adds columns to, without events that are left out.

    Attributes
    ----------
    events : pyarrow.Table
        With the mark of events that were trained on.
    telescopes : dict of str to pyarrow.Table
        By telescope type.
    n_read : int
        Array events in the input.
    """

    events: pa.Table
    telescopes: dict[str, pa.Table]
    n_read: int
    trained: TrainedEvents

    @classmethod
    def read(cls, store: BlockReader, trained: TrainedEvents) -> "_Tables":
        """Read the tables of a shard."""
        events = store.read("events")
        telescopes = {
            tel_type: store.read("telescopes", tel_type=tel_type)
            for tel_type in store.tel_types("telescopes")
        }
        n_read = events.num_rows
        if chosen := trained.kept():
            events = chosen(events)
            telescopes = {name: chosen(each) for name, each in telescopes.items()}
        telescopes = {name: each for name, each in telescopes.items() if each.num_rows}
        return cls(_marked(events, trained), telescopes, n_read, trained)

    def frames(
        self, store: BlockReader, plan: Plan
    ) -> tuple[pl.DataFrame, dict[str, pl.DataFrame]]:
        """Return events and images as models see them: what they read, and keys."""
        of_images = plan.columns_wanted(of_events=False)
        beside = _frame(self.events, EVENT_NAMES, of_images)
        images = {}
        for tel_type, telescopes in self.telescopes.items():
            names = _names(store.schema("parameters", tel_type), of_images)
            parameters = store.read("parameters", names, tel_type=tel_type)
            if chosen := self.trained.kept():
                parameters = chosen(parameters)
            images[tel_type] = telescope_rows(
                beside,
                _frame(parameters, TEL_EVENT_NAMES, of_images),
                _frame(telescopes, TEL_EVENT_NAMES, of_images),
            )
        of_events = plan.columns_wanted(of_events=True)
        return _frame(self.events, EVENT_NAMES, of_events), images

    @property
    def counts(self) -> dict[str, int]:
        """Numbers of rows."""
        counts = {
            "events": self.events.num_rows,
            "telescope_events": sum(each.num_rows for each in self.telescopes.values()),
        }
        if self.trained.drops:
            counts["events_left_out"] = self.n_read - self.events.num_rows
        return counts


def _names(schema: pa.Schema, wanted: frozenset[str]) -> list[str]:
    return [n for n in schema.names if n in wanted or n in TEL_EVENT_NAMES]


def _frame(
    table: pa.Table, keys: tuple[str, ...], wanted: frozenset[str]
) -> pl.DataFrame:
    names = [n for n in table.column_names if n in wanted or n in keys]
    frame = pl.from_arrow(table.select(names))
    assert isinstance(frame, pl.DataFrame)  # as of any table
    return frame


def _marked(events: pa.Table, trained: TrainedEvents) -> pa.Table:
    """Mark events that these models, or earlier ones, were trained on."""
    mark = pa.array(trained.of(events))
    place = events.schema.get_field_index(_MARK.name)
    if place < 0:
        return events.append_column(_MARK, mark)
    return events.set_column(place, _MARK, pc.or_(events[_MARK.name], mark))


def _with_columns(table: pa.Table, new: pl.DataFrame, fields: pa.Schema) -> pa.Table:
    """Add columns to a table, or replace those of the same name."""
    columns = new.to_arrow()
    for field in fields:
        values = columns[field.name].cast(field.type)
        place = table.schema.get_field_index(field.name)
        if place < 0:
            table = table.append_column(field, values)
        else:
            table = table.set_column(place, field, values)
    return table


def _by_task(plan: Plan) -> dict[str, list[str]]:
    """Telescope types of the models that were applied, by task."""
    found: dict[str, list[str]] = {}
    for task, tel_type in plan.models:
        found.setdefault(task, []).append(tel_type)
    return found


def _without_model(found: Predictions) -> dict[str, int]:
    """Count images of telescope types that lack a model of some task."""
    by_type: dict[str, int] = {}
    for of_task in found.without_model.values():
        by_type |= of_task
    return {"images_without_model": sum(by_type.values())} if by_type else {}


def _warnings(found: Predictions) -> Iterator[str]:
    for tel_type in sorted({t for each in found.without_model.values() for t in each}):
        tasks = [task for task, each in found.without_model.items() if tel_type in each]
        yield is_without(tel_type, tasks)
