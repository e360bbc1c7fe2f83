"""A stage that reads a dataset: one shard of it per shard."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from cta_columnar.config import Section, digest
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
    drop_record,
    read_contents,
    real_path,
)


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
    store: Store, stage: str, config: Section, options: RunOptions
) -> Identity:
    """Return what may mix: results of one configuration of this and earlier stages."""
    before = store.identity.config_digest if store.identity is not None else ""
    configuration = value_digest([before, digest(config)])
    return Identity(stage, configuration, code_digest(options.plugins))


def shard_on(identity: Identity, store: Store, record: Record) -> Shard:
    """Return the shard that comes of one of the input; its parts are what it reads."""
    digest_of_parts = value_digest([part.sha256 for part in record.parts])
    size = sum(part.size for part in record.parts)
    source = Input(f"{store.root.absolute()}/{record.key}", digest_of_parts, size)
    return Shard(identity, (source,))


def drop_vanished(output: Path, store: Store, previous: Previous) -> None:
    """Take out what came of shards that the input no longer has."""
    folder = real_path(store.root)
    keys: Collection[str] = {record.key for record in store.records}
    for path, records in previous.items():
        parent, _, key = path.rpartition("/")
        if parent == folder and key not in keys:
            for record in records:
                drop_record(output, record.key)


def plan(stage: str, shards: Sequence[Shard], output: Path) -> RunSummary:
    """Say what a run would do."""
    done = read_contents(output).by_key() if output.is_dir() else {}
    planned = [
        PlannedShard(each.key, (each.input_names,), each.key in done) for each in shards
    ]
    return replace(RunSummary(stage, output), shards=planned)
