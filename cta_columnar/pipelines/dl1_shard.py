"""The work on one raw file, in whichever process it runs."""

import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from cta_columnar.config import Stage1Config
from cta_columnar.executors import report
from cta_columnar.pipelines.chains import dl1_chains, low_gain_above
from cta_columnar.pipelines.dl1_tables import Dl1Tables
from cta_columnar.pipelines.runner import ShardOutcome
from cta_columnar.sources.base import Counts, EventSource, open_source
from cta_columnar.stages.selection import add_cut_flows
from cta_columnar.store import Identity, Input, Record, Shard, ShardWriter, begin


@dataclass(frozen=True, slots=True)
class Job:
    """What all shards of a run have in common."""

    output: Path
    config: Stage1Config
    identity: Identity


def process_file(job: Job, path: Path, previous: tuple[Record, ...]) -> ShardOutcome:
    """Turn one raw file into one shard of a DL1 dataset.

    Parameters
    ----------
    job : Job
        Output, configuration, identity.
    path : pathlib.Path
        The raw file.
    previous : tuple of Record
        Shards of this file that are there already.

    Raises
    ------
    BadInputError
        If the file is damaged; nothing of it is committed then.
    """
    shard = Shard(job.identity, (Input.of(path),))
    done = begin(job.output, shard, {str(path): previous})
    if done is not None:
        return ShardOutcome(done, was_done=True)
    seconds: dict[str, float] = {}
    with (
        closing(_open(path, job.config)) as source,
        ShardWriter(job.output, shard, source.subarray) as writer,
    ):
        cut_flow = _process(source, job.config, writer, seconds)
        began = time.process_time()
        record = writer.commit(
            _counts(source.counts), {"cut_flow": cut_flow.to_pylist()}
        )
        _add(seconds, "write", began)
        return ShardOutcome(record, False, seconds, source.bytes_read)


def _open(path: Path, config: Stage1Config) -> EventSource:
    options: dict[str, Any] = config.source.model_dump(exclude={"select_gain"})
    return open_source(path, low_gain_above=low_gain_above(config), **options)


def _process(
    source: EventSource,
    config: Stage1Config,
    writer: ShardWriter,
    seconds: dict[str, float],
) -> pa.Table:
    """Write all tables of the shard; return the cut flow."""
    tables = Dl1Tables(writer, config, dl1_chains(config, source.subarray))
    cut_flows = []
    read = 0
    batches = source.batches()
    while True:
        began = time.process_time()
        batch = next(batches, None)
        _add(seconds, "read", began)
        if batch is None:
            break
        cut_flows += tables.append(batch, seconds)
        report(
            events=batch.trigger.num_rows,
            telescope_events=sum(each.num_rows for each in batch.telescopes.values()),
            raw_bytes=source.bytes_read - read,
        )
        read = source.bytes_read
    cut_flow = add_cut_flows(cut_flows)
    tables.finish(source, cut_flow)
    return cut_flow


def _counts(counts: Counts) -> dict[str, int]:
    return {
        "events": counts.array_events,
        "telescope_events": counts.telescope_events,
        **{f"dropped: {reason}": number for reason, number in counts.dropped.items()},
    }


def _add(seconds: dict[str, float], name: str, began: float) -> None:
    seconds[name] = seconds.get(name, 0.0) + time.process_time() - began
