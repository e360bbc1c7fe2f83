"""The work on one shard of DL1 or a block of it, in whichever process it runs."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from cta_columnar.arrays import to_batch
from cta_columnar.clock import StepClock
from cta_columnar.config import Stage2Config
from cta_columnar.executors import report
from cta_columnar.instrument.atmosphere import profiles_of
from cta_columnar.instrument.subarray import SubarrayDescription
from cta_columnar.pipelines.running.blocks import open_block
from cta_columnar.pipelines.running.carrying import OF_EVENTS, OF_RUNS, carry
from cta_columnar.pipelines.running.dataset_shards import Job, subarray_of
from cta_columnar.pipelines.running.shards import ShardOutcome
from cta_columnar.pipelines.stage2.reconstructors import reconstructors_of
from cta_columnar.pipelines.stage2.rows import event_ranges
from cta_columnar.schemas import dl2
from cta_columnar.schemas.columns import merge
from cta_columnar.schemas.tables import TABLES
from cta_columnar.stages.reconstruction import (
    Reconstruction,
    Reconstructor,
    columns_read,
    reconstruct,
)
from cta_columnar.stages.selection import add_cut_flows
from cta_columnar.store import (
    Contents,
    Previous,
    Record,
    Shard,
    ShardWriter,
    Store,
)

# So that DL2 needs no DL1 beside it; images and calibration events stay behind.
_CARRIED = (*OF_EVENTS, "parameters")


def process_shard(
    job: Job[Stage2Config],
    sources: Sequence[Record],
    shard: Shard,
    previous: Previous,
) -> ShardOutcome:
    """Turn one shard of a DL1 dataset, or a block, into one shard of a DL2 dataset.

    Parameters
    ----------
    job : Job
        Input, output, configuration.
    sources : sequence of Record
        The shard of DL1, and the first shard of the same input, which knows its runs
        and their atmosphere.
        Their parts are read as they were when the run began: if they were replaced
        meanwhile, they are not found.
    shard : Shard
        The one to make.
    previous : mapping
        Shards of the same input that are there already.
    """
    clock = StepClock()
    source, first = sources
    store = open_block(job.dataset, source, shard)
    of_runs = Store(job.dataset, Contents((first,), ()))
    runs, atmosphere = (of_runs.read(table, verify=True) for table in OF_RUNS)
    profiles = profiles_of(atmosphere)
    subarray = subarray_of(job.dataset, source.subarray_digest)
    reconstructors = reconstructors_of(job.config)
    wanted = columns_read(reconstructors)
    with ShardWriter(job.output, shard, subarray, previous=previous) as writer:
        tables = _Dl2Tables(writer, subarray, reconstructors)
        for events, telescopes, showers in event_ranges(store, runs, wanted):
            clock.add("read")
            result = reconstruct(
                events,
                telescopes,
                subarray,
                reconstructors=reconstructors,
                best=job.config.best_geometry,
                showers=showers,
                profiles=profiles,
            )
            clock.add("reconstruct")
            tables.append(result)
            report(**tables.counts_of(result))
            clock.add("write")
        cut_flow = add_cut_flows(tables.cut_flows)
        carry(store, writer, _CARRIED)
        earlier = store.read("cut_flow")
        writer.append("cut_flow", pa.concat_tables([earlier, cut_flow]))
        record = writer.commit(tables.counts, {"cut_flow": cut_flow.to_pylist()})
        clock.add("write")
    return ShardOutcome(shard, record, False, clock.seconds)


class _Dl2Tables:
    """Appends reconstructed columns to the tables ``events`` and ``telescopes``."""

    def __init__(
        self,
        writer: ShardWriter,
        subarray: SubarrayDescription,
        reconstructors: Sequence[Reconstructor],
    ) -> None:
        self._writer = writer
        self._subarray = subarray
        self._fields = {
            field.name: field
            for each in reconstructors
            for field in merge(
                # Its own last: it may have a depth that is not made from its height.
                dl2.depth(each.name),
                dl2.telescope_geometry(each.name),
                each.step.algorithm.writes,
            )
        }
        self.cut_flows: list[pa.Table] = []
        self.counts: Counter[str] = Counter(events=0, telescope_events=0)

    def append(self, result: Reconstruction) -> None:
        """Append the rows of one range of events."""
        self._writer.append("events", self._as_batch("events", result.events))
        rows = self._as_batch("telescopes", result.telescopes)
        tel_index = self._subarray.indices_of(result.telescopes["tel_id"])
        type_index = self._subarray.type_index[tel_index]
        for index, camera in enumerate(self._subarray.types):
            members = np.flatnonzero(type_index == index)
            if members.size:
                chosen = rows.take(pa.array(members))
                self._writer.append("telescopes", chosen, camera.name)
        self.cut_flows.append(result.cut_flow)
        self.counts.update(self.counts_of(result))

    def _as_batch(self, table: str, columns: dict[str, Any]) -> pa.RecordBatch:
        """Put columns into the order of the data model, those of plugins behind."""
        known = {field.name: field for field in TABLES[table].schema}
        others = {n: f for n, f in self._fields.items() if n not in known}
        fields = (known | others).values()
        schema = pa.schema([field for field in fields if field.name in columns])
        return to_batch(columns, schema)

    def counts_of(self, result: Reconstruction) -> dict[str, int]:
        """Return the numbers of rows."""
        return {
            "events": len(result.events["event_id"]),
            "telescope_events": len(result.telescopes["event_id"]),
        }
