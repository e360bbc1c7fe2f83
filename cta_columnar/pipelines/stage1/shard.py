"""The work on one raw file or a section of it, in whichever process it runs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from cta_columnar.clock import StepClock
from cta_columnar.config import EventSelectionConfig, ReduceConfig, Stage1Config
from cta_columnar.executors import report
from cta_columnar.pipelines.reduce.tables import Dl0Tables
from cta_columnar.pipelines.running.remote_inputs import copied
from cta_columnar.pipelines.running.shards import ShardOutcome
from cta_columnar.pipelines.stage1.choices import unmatched_patterns
from cta_columnar.pipelines.stage1.event_selection import EventSelection
from cta_columnar.pipelines.stage1.low_gain import low_gain_above
from cta_columnar.pipelines.stage1.tables import Dl1Tables
from cta_columnar.remote import RemotePath, absolute_name, is_remote
from cta_columnar.sources.base import (
    BadInputError,
    Counts,
    EventBatch,
    EventSource,
    open_source,
    require_file,
    sections_of,
    unreadable,
)
from cta_columnar.sources.sections import Section
from cta_columnar.stages.selection import add_cut_flows
from cta_columnar.store import Identity, Input, Previous, Shard, ShardWriter, begin

# Counts of a shard, and what else is worth keeping.
Made = tuple[dict[str, int], dict[str, Any]]

# What raw files are made into, by what is configured.
RawConfig = ReduceConfig | Stage1Config


@dataclass(frozen=True, slots=True)
class Job:
    """What all shards of a run have in common.

    Attributes
    ----------
    output : pathlib.Path
        The dataset.
    config : ReduceConfig or Stage1Config
        The configuration.
    identity : Identity
        What its shards are made with.
    array : str
        Digest of the array that all inputs must be of; empty if it is not known.
    """

    output: Path
    config: RawConfig
    identity: Identity
    array: str = ""


def sections(path: Path, config: RawConfig) -> Sequence[Section | None]:
    """Return what makes a shard each: the sections of a file, or None for all of it.

    What cannot be read is told where it is processed.
    """
    source = config.source
    if not source.is_split:
        return [None]
    if isinstance(config, ReduceConfig):
        # Coefficients are numbered from the beginning of a file.
        return [None]
    if is_remote(path):
        # To find frames, all of it would have to come here before the run begins.
        return [None]
    try:
        return sections_of(path, source.section_bytes) or [None]
    except BadInputError:
        return [None]


def process_file(
    job: Job, path: Path, section: Section | None, previous: Previous
) -> ShardOutcome:
    """Turn one raw file, or a section of it, into one shard of a dataset.

    Parameters
    ----------
    job : Job
        Output, configuration, identity.
    path : pathlib.Path
        The raw file.
    section : Section or None
        Which section of it; None: all.
    previous : mapping
        Shards of this file that are there already.

    Raises
    ------
    BadInputError
        If the file is damaged. This shard is not committed then, and others of the
        file do not count without it.
    """
    if isinstance(path, RemotePath):
        with copied(path) as copy:
            return _process(job, path, copy, section, previous)
    return _process(job, path, path, section, previous)


def _process(
    job: Job, path: Path, content: Path, section: Section | None, previous: Previous
) -> ShardOutcome:
    """Do it, with the content of the file at hand."""
    clock = StepClock()
    shard = shard_of(job, path, section, content)
    done = begin(job.output, shard, previous)
    if done is not None:
        whole = shard.inputs[0].size
        report(raw_bytes=section.end - section.begin if section else whole)
        return ShardOutcome(shard, done, was_done=True)
    level = job.config.write.compression_level
    is_first = section is None or section.is_first
    with closing(open_file(content, job.config, section)) as source:
        if job.array and source.subarray.digest != job.array:
            what = "has another array than the other inputs; give it its own --output"
            raise BadInputError(path, None, what)
        with ShardWriter(job.output, shard, source.subarray, level, previous) as writer:
            made = process(source, job.config, writer, clock, is_first=is_first)
            record = writer.commit(*_named(made, content, path))
        clock.add("write")
        return ShardOutcome(shard, record, False, clock.seconds, source.bytes_read)


def _named(made: Made, content: Path, path: Path) -> Made:
    """Call a file by its own name in warnings, and not by that of a copy."""
    counts, info = made
    warnings = [each.replace(str(content), str(path)) for each in info["warnings"]]
    return counts, info | {"warnings": warnings}


def shard_of(
    job: Job, path: Path, section: Section | None, content: Path | None = None
) -> Shard:
    """Return the work on a raw file or a section of it, by its content.

    Raises
    ------
    BadInputError
        If it cannot be read, or changed since it was split.
    """
    require_file(path)
    try:
        if section is None:
            return Shard(job.identity, (Input.of(path, content),))
        found = _input_of(path, section)
    except OSError as error:
        raise unreadable(path, error) from error
    if found.size != section.file_size:
        raise BadInputError(path, None, "changed while it was being read")
    place = section.number, str(section), section.n_sections
    return Shard(job.identity, (found,), *place)


def _input_of(path: Path, section: Section) -> Input:
    """Return the file that a section is of, by a digest that is taken once in a run."""
    stat = path.stat()
    if section.digest and section.modified == stat.st_mtime_ns:
        return Input(absolute_name(path), section.digest, stat.st_size)
    return _input(path, (stat.st_ino, stat.st_size, stat.st_ctime_ns))


@lru_cache(maxsize=8)
def _input(path: Path, stamp: tuple[int, ...]) -> Input:
    """Return the digest of a file, which all of its sections need."""
    del stamp  # by it, a file that changed is another one
    return Input.of(path)


def open_file(
    path: Path, config: RawConfig, section: Section | None = None
) -> EventSource:
    """Open a raw file, or a section of it, as the configuration asks."""
    options: dict[str, Any] = config.source.for_opening()
    if section is not None:
        options["section"] = section
    return open_source(path, low_gain_above=low_gain_above(config), **options)


def process(
    source: EventSource,
    config: RawConfig,
    writer: ShardWriter,
    clock: StepClock,
    *,
    is_first: bool = True,
) -> tuple[dict[str, int], dict[str, Any]]:
    """Write all tables of the shard.

    Parameters
    ----------
    source : EventSource
        Where events come from.
    config : ReduceConfig or Stage1Config
        What is made of them.
    writer : ShardWriter
        Where rows go.
    clock : StepClock
        Takes the time of each step.
    is_first : bool
        Whether the source is not a later section of a file.

    Returns
    -------
    counts : dict of str to int
        Array events and telescope events that were written, and others by reason.
    info : dict
        What else is worth keeping.
    """
    tables = _tables(source, config, writer, clock)
    wanted = EventSelectionConfig()  # DL0 holds all events
    if isinstance(config, Stage1Config):
        wanted = config.event_selection
    selection = EventSelection(wanted, source.subarray)
    counts = Counter(events=0, telescope_events=0)
    cut_flows = []
    position = 0
    for batch in source.batches():
        chosen, of_events = selection.apply(batch)
        cut_flows += of_events
        clock.add("read")
        if chosen is not None:
            counts.update(_rows(chosen))
            cut_flows += tables.append(chosen)
        report(**_rows(batch), raw_bytes=source.position - position)
        position = source.position
    clock.add("read")
    cut_flow = add_cut_flows(cut_flows)
    tables.finish(source, cut_flow, is_first=is_first)
    unmatched = unmatched_patterns(config, source.subarray) + selection.unmatched
    info = tables.facts | {
        "cut_flow": cut_flow.to_pylist(),
        "warnings": [
            *source.warnings,
            *tables.warnings,
            *(f"no telescope fits the pattern of {each}" for each in unmatched),
        ],
    }
    return {**counts, **_left_out(source.counts, counts), **tables.counts}, info


def _tables(
    source: EventSource, config: RawConfig, writer: ShardWriter, clock: StepClock
) -> Dl0Tables | Dl1Tables:
    if isinstance(config, ReduceConfig):
        return Dl0Tables(writer, config, source.subarray, clock)
    return Dl1Tables(writer, config, source.subarray, clock)


def _rows(batch: EventBatch) -> dict[str, int]:
    return {
        "events": batch.trigger.num_rows,
        "telescope_events": sum(each.num_rows for each in batch.telescopes.values()),
    }


def _left_out(read: Counts, written: Mapping[str, int]) -> dict[str, int]:
    """Count what a source left out, and what was not selected of the rest."""
    of_selection = {
        "array event not selected": read.array_events - written["events"],
        "telescope event not selected": read.telescope_events
        - written["telescope_events"],
    }
    left_out = {reason: number for reason, number in of_selection.items() if number}
    reasons = read.dropped | left_out
    return {f"dropped: {reason}": number for reason, number in reasons.items()}
