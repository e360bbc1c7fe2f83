"""A stage that reads a dataset: one shard of it per shard."""

from collections.abc import Collection, Sequence
from pathlib import Path

from cta_columnar.digests import code_digest, value_digest
from cta_columnar.errors import UserError
from cta_columnar.pipelines.common import PlannedShard, RunOptions, RunSummary
from cta_columnar.store import (
    Identity,
    Input,
    Previous,
    Record,
    Shard,
    Store,
    check_output,
    drop_record,
    real_path,
)

RUNS = "simulation/runs"


def check_input(store: Store, output: Path, wanted: str, stage: str) -> None:
    """Refuse a dataset that is not finished, not of a stage, or also the output.

    Raises
    ------
    UserError
        Saying which.
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
            "first, by the command that made it with --resume"
        )
    identity = store.identity
    if identity is not None and identity.stage != wanted:
        raise UserError(
            f"{store.root} was made by {identity.stage}; {stage} wants what {wanted} "
            "made"
        )


def identity_on(
    store: Store, stage: str, config_digest: str, options: RunOptions
) -> Identity:
    """Return what may mix: results of one configuration of this and earlier stages."""
    before = store.identity.config_digest if store.identity is not None else ""
    configuration = value_digest([before, config_digest])
    return Identity(stage, configuration, code_digest(options.plugins))


def first_shards(store: Store) -> dict[object, Record]:
    """Return the first shard of each raw file, by what `Shard.family` says of it."""
    return {r.shard.family: r for r in store.records if r.shard.seq == 0}


def shard_on(identity: Identity, store: Store, record: Record, first: Record) -> Shard:
    """Return the shard that comes of one of the input; its parts are what it reads.

    So are the runs, which the first shard of the same raw file has.
    """
    runs = [] if first is record else [p for p in first.parts if p.place.table == RUNS]
    digest_of_parts = value_digest([part.sha256 for part in (*record.parts, *runs)])
    size = sum(part.size for part in record.parts)
    source = Input(f"{store.root.absolute()}/{record.key}", digest_of_parts, size)
    return Shard(identity, (source,), record.shard.seq)


def drop_vanished(output: Path, store: Store, previous: Previous) -> None:
    """Take out what came of shards that the input no longer has."""
    folder = real_path(store.root)
    keys: Collection[str] = {record.key for record in store.records}
    for path, records in previous.items():
        parent, _, key = path.rpartition("/")
        if parent == folder and key not in keys:
            for record in records:
                drop_record(output, record.key)


def plan(
    shards: Sequence[Shard], identity: Identity, output: Path, options: RunOptions
) -> RunSummary:
    """Say what a run would do; what it would refuse at once is refused."""
    done = check_output(
        output, identity, resume=options.resume, overwrite=options.overwrite
    ).by_key()
    planned = [
        PlannedShard(each.key, (each.input_names,), each.key in done) for each in shards
    ]
    return RunSummary(identity.stage, output, shards=planned)
