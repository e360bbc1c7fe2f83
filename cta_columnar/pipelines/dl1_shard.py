"""The work on one raw file, in whichever process it runs."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cta_columnar.clock import StepClock
from cta_columnar.config import Stage1Config
from cta_columnar.executors import report
from cta_columnar.pipelines.chains import low_gain_above
from cta_columnar.pipelines.choices import unmatched_patterns
from cta_columnar.pipelines.dl1_tables import Dl1Tables
from cta_columnar.pipelines.runner import ShardOutcome
from cta_columnar.sources.base import (
    BadInputError,
    Counts,
    EventSource,
    open_source,
    require_file,
    unreadable,
)
from cta_columnar.stages.selection import add_cut_flows
from cta_columnar.store import Identity, Input, Previous, Shard, ShardWriter, begin


@dataclass(frozen=True, slots=True)
class Job:
    """What all shards of a run have in common.

    Attributes
    ----------
    output : pathlib.Path
        The dataset.
    config : Stage1Config
        The configuration.
    identity : Identity
        What its shards are made with.
    array : str
        Digest of the array that all inputs must be of; empty if it is not known.
    """

    output: Path
    config: Stage1Config
    identity: Identity
    array: str = ""


def process_file(job: Job, path: Path, previous: Previous) -> ShardOutcome:
    """Turn one raw file into one shard of a DL1 dataset.

    Parameters
    ----------
    job : Job
        Output, configuration, identity.
    path : pathlib.Path
        The raw file.
    previous : mapping
        Shards of this file that are there already.

    Raises
    ------
    BadInputError
        If the file is damaged; nothing of it is committed then.
    """
    clock = StepClock()
    shard = shard_of(job, path)
    done = begin(job.output, shard, previous)
    if done is not None:
        report(raw_bytes=shard.inputs[0].size)
        return ShardOutcome(shard, done, was_done=True)
    level = job.config.write.compression_level
    with closing(open_file(path, job.config)) as source:
        if job.array and source.subarray.digest != job.array:
            what = "has another array than the other inputs; give it its own --output"
            raise BadInputError(path, None, what)
        with ShardWriter(job.output, shard, source.subarray, level, previous) as writer:
            info = _process(source, job.config, writer, clock)
            record = writer.commit(_counts(source.counts), info)
        clock.add("write")
        return ShardOutcome(shard, record, False, clock.seconds, source.bytes_read)


def shard_of(job: Job, path: Path) -> Shard:
    """Return the work on a raw file, by its content.

    Raises
    ------
    BadInputError
        If it cannot be read.
    """
    require_file(path)
    try:
        return Shard(job.identity, (Input.of(path),))
    except OSError as error:
        raise unreadable(path, error) from error


def open_file(path: Path, config: Stage1Config) -> EventSource:
    """Open a raw file as the configuration asks."""
    options: dict[str, Any] = config.source.model_dump(exclude={"select_gain"})
    return open_source(path, low_gain_above=low_gain_above(config), **options)


def _process(
    source: EventSource, config: Stage1Config, writer: ShardWriter, clock: StepClock
) -> dict[str, Any]:
    """Write all tables of the shard; return what else is worth keeping."""
    tables = Dl1Tables(writer, config, source.subarray, clock)
    cut_flows = []
    position = 0
    for batch in source.batches():
        clock.add("read")
        cut_flows += tables.append(batch)
        report(
            events=batch.trigger.num_rows,
            telescope_events=sum(each.num_rows for each in batch.telescopes.values()),
            raw_bytes=source.position - position,
        )
        position = source.position
    clock.add("read")
    cut_flow = add_cut_flows(cut_flows)
    tables.finish(source, cut_flow)
    unmatched = unmatched_patterns(config, source.subarray)
    return {
        "cut_flow": cut_flow.to_pylist(),
        "warnings": [
            *source.warnings,
            *tables.warnings,
            *(f"no telescope fits the pattern of {each}" for each in unmatched),
        ],
    }


def _counts(counts: Counts) -> dict[str, int]:
    return {
        "events": counts.array_events,
        "telescope_events": counts.telescope_events,
        **{f"dropped: {reason}": number for reason, number in counts.dropped.items()},
    }
