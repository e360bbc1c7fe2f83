"""Work on the shards of a dataset."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Generic, TypeVar

from cta_columnar.config import Section
from cta_columnar.digests import code_digest, value_digest
from cta_columnar.errors import UserError
from cta_columnar.executors import Task
from cta_columnar.instrument.subarray import SubarrayDescription
from cta_columnar.pipelines.running.common import PlannedShard, RunOptions, RunSummary
from cta_columnar.pipelines.running.runner import run_shards
from cta_columnar.pipelines.running.shards import (
    Piece,
    ShardOutcome,
    Work,
    begin_run,
    measured,
)
from cta_columnar.store import (
    Contents,
    Identity,
    Input,
    Part,
    Previous,
    Record,
    Shard,
    Store,
    StoreError,
    begin,
    check_output,
    drop_record,
    leave_out,
    of_input,
    real_path,
    refuse_output_of,
    way_on,
)

C_co = TypeVar("C_co", bound=Section, covariant=True)


@dataclass(frozen=True, slots=True)
class Job(Generic[C_co]):
    """What all shards of a run have in common."""

    dataset: Path
    output: Path
    config: C_co


J = TypeVar("J", bound=Job[Section])


def check_input(store: Store, output: Path, wanted: Sequence[str], stage: str) -> None:
    """Check that a dataset is a finished one of a wanted stage, and not in the way.

    Raises
    ------
    UserError
        If it is not.
    """
    if output.resolve() == store.root.resolve():
        raise UserError(f"{output} is the input; choose another --output")
    if output.resolve() in store.root.resolve().parents:
        raise UserError(
            f"{output} holds the input {store.root}; choose another --output"
        )
    if not store.is_finished:
        raise UserError(
            f"{store.root} is not finished, some inputs may be missing: go on with it "
            f"first, {way_on(store.root)}"
        )
    refuse_output_of(output, store.root, store.part_paths)
    identity = store.identity
    if identity is not None and identity.stage not in wanted:
        makers = " or ".join(wanted)
        raise UserError(
            f"{store.root} was made by {identity.stage}; {stage} wants what {makers} "
            "made"
        )


def run_on_shards(
    store: Store,
    identity: Identity,
    pieces: Sequence[tuple[Sequence[Record], Shard]],
    work: Callable[[J, Sequence[Record], Shard, Previous], ShardOutcome],
    job: J,
    options: RunOptions,
    total_bytes: int = 0,
    beside: Sequence[tuple[str, str, int]] = (),
) -> RunSummary:
    """Do the work on the shards of a dataset.

    Parameters
    ----------
    store : Store
        The dataset, checked.
    identity : Identity
        What the shards of the result are made with.
    pieces : sequence of tuple
        What they are made of: records of the dataset, and the shard.
    work : callable
        What is done to a shard that is not there: takes the job, the records, the
        shard, and other shards of the same input that are.
    job : Job
        Input, output, configuration.
    options : RunOptions
        How to run.
    total_bytes, beside
        See `run_shards`.
    """
    if options.dry_run:
        return _plan([shard for _, shard in pieces], identity, job.output, options)
    reasons = {each.path: each.reason for each in store.contents.skipped}
    inputs = {(i.path, i.size) for _, shard in pieces for i in shard.inputs}
    previous = begin_run(job.output, identity, options, None if reasons else inputs)
    if options.joined is None:
        _drop_vanished(job.output, store, previous)
        leave_out(job.output, reasons)
    found = []
    n_blocks = Counter(records[0].key for records, _ in pieces)
    for records, shard in pieces:
        of_shard = of_input(previous, shard.inputs[0].path)
        args = (_unless_done, work, job, records, shard, of_shard)
        task = Task(shard.input_names, measured, args)
        found.append(Piece.of_shard(shard, task, n_blocks[records[0].key]))
    whole = Work(identity, found, job.output, job.config, total_bytes, beside)
    return run_shards(whole, options)


def _unless_done(
    work: Callable[[J, Sequence[Record], Shard, Previous], ShardOutcome],
    job: J,
    records: Sequence[Record],
    shard: Shard,
    previous: Previous,
) -> ShardOutcome:
    """Do the work on a shard if it is not there already, in whichever process."""
    done = begin(job.output, shard, previous)
    if done is not None:
        return ShardOutcome(shard, done, was_done=True)
    return work(job, records, shard, previous)


def identity_of(
    stage: str, store: Store, config_digest: str, options: RunOptions
) -> Identity:
    """Return what may mix: results of one configuration of this and earlier stages."""
    before = store.identity.config_digest if store.identity is not None else ""
    configuration = value_digest([before, config_digest])
    return Identity(stage, configuration, code_digest(options.plugins))


def input_of(store: Store, record: Record, others: Sequence[Part] = ()) -> Input:
    """Return a shard of it as an input; its parts are the content, and others."""
    digest_of_parts = value_digest([part.sha256 for part in (*record.parts, *others)])
    path = f"{store.root.absolute()}/{record.key}"
    return Input(path, digest_of_parts, record.size)


def _drop_vanished(output: Path, store: Store, previous: Previous) -> None:
    """Take out what came of shards that the dataset no longer has."""
    folder = real_path(store.root)
    keys = {record.key for record in store.records}
    for path, records in previous.items():
        parent, _, key = path.rpartition("/")
        if parent == folder and key not in keys:
            for record in records:
                drop_record(output, record.key)


def _plan(
    shards: Sequence[Shard], identity: Identity, output: Path, options: RunOptions
) -> RunSummary:
    """Say what a run would do; what it would refuse at once is refused."""
    done = check_output(
        output, identity, resume=options.resume, overwrite=options.overwrite
    ).by_key()
    planned = [
        PlannedShard(each.key, (each.input_names,), each.key in done, place)
        for each, place in zip(shards, _places(shards), strict=True)
    ]
    return RunSummary(identity.stage, output, shards=planned)


def _places(shards: Iterable[Shard]) -> Iterator[str]:
    """Say which of the shards of its input each is, where there are several."""
    before: Counter[tuple[str, ...]] = Counter()
    for each in shards:
        digests = tuple(i.digest for i in each.inputs)
        before[digests] += 1
        is_cut = each.n_shards > 1
        yield f"{before[digests]} of {each.n_shards}" if is_cut else ""


@lru_cache(maxsize=1)
def subarray_of(dataset: Path, digest: str) -> SubarrayDescription:
    """Return the array of a dataset; a worker reads it once for all shards.

    Raises
    ------
    StoreError
        If it is not the one that the shards were made with.
    """
    subarray = Store(dataset, Contents((), ())).subarray()
    if subarray.digest != digest:
        raise StoreError(
            f"{dataset}/subarray is not the array that the shards were made with; make "
            "the dataset again"
        )
    return subarray
