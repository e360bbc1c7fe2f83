"""The work on one raw file or a section of it, in whichever process it runs."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from cta_columnar.clock import StepClock
from cta_columnar.executors import report
from cta_columnar.pipelines.running.remote_inputs import copied
from cta_columnar.pipelines.running.shards import ShardOutcome
from cta_columnar.pipelines.stage1.raw_files import RawConfig, input_of, open_file
from cta_columnar.pipelines.stage1.source_tables import Made, process
from cta_columnar.remote import RemotePath
from cta_columnar.sources.base import BadInputError, require_file, unreadable
from cta_columnar.sources.sections import Section
from cta_columnar.store import Identity, Input, Previous, Shard, ShardWriter, begin


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
        found = input_of(path, section)
    except OSError as error:
        raise unreadable(path, error) from error
    if found.size != section.file_size:
        raise BadInputError(path, None, "changed while it was being read")
    place = section.number, str(section), section.n_sections
    return Shard(job.identity, (found,), *place)
