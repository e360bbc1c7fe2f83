"""Stage 2: image parameters to directions, one shard of DL1 per shard of DL2."""

from collections.abc import Sequence
from pathlib import Path

from cta_columnar.config import Stage2Config, digest
from cta_columnar.digests import code_digest, value_digest
from cta_columnar.errors import UserError, did_you_mean
from cta_columnar.executors import Task
from cta_columnar.pipelines.chains import reconstructor_steps
from cta_columnar.pipelines.common import PlannedShard, RunOptions, RunSummary
from cta_columnar.pipelines.dl2_shard import RUNS, Job, process_shard
from cta_columnar.pipelines.runner import run_shards
from cta_columnar.stages.reconstruction import columns_read
from cta_columnar.store import (
    Identity,
    Input,
    Previous,
    Record,
    Shard,
    Store,
    check_output,
    drop_record,
    of_input,
    open_store,
    prepare,
    real_path,
    write_skipped,
)


def run_stage2(
    dataset: Path, output: Path, config: Stage2Config, options: RunOptions
) -> RunSummary:
    """Reconstruct the array events of a DL1 dataset.

    Parameters
    ----------
    dataset : pathlib.Path
        The DL1 dataset.
    output : pathlib.Path
        Folder of the DL2 dataset.
    config : Stage2Config
        Complete, as `cta_columnar.config.load` returns it.
    options : RunOptions
        How to run.

    Raises
    ------
    UserError
        If the input is not a finished DL1 dataset, lacks a column, or the output is
        in use.
    """
    store = open_store(dataset)
    _check(store, output)
    _check_columns(store, config)
    identity = _identity(store, config, options)
    firsts = {r.shard.family: r for r in store.records if r.shard.seq == 0}
    shards = []
    for record in store.records:
        first = firsts[record.shard.family]
        shards.append((record, first, _shard(identity, store, record, first)))
    if options.dry_run:
        return _plan([shard for _, _, shard in shards], identity, output, options)
    previous = prepare(
        output, identity, resume=options.resume, overwrite=options.overwrite
    )
    _drop_vanished(output, store, previous)
    for each in store.contents.skipped:
        write_skipped(output, each.path, each.reason)
    job = Job(dataset, output, config)
    tasks = [
        Task(
            shard.input_names,
            process_shard,
            (job, *records, shard, of_input(previous, shard.inputs[0].path)),
        )
        for *records, shard in shards
    ]
    return run_shards("stage2", tasks, output, config, options)


def _identity(store: Store, config: Stage2Config, options: RunOptions) -> Identity:
    """Return what may mix: results of one configuration of both stages."""
    before = store.identity.config_digest if store.identity is not None else ""
    configuration = value_digest([before, digest(config)])
    return Identity("stage2", configuration, code_digest(options.plugins))


def _drop_vanished(output: Path, store: Store, previous: Previous) -> None:
    """Take out what came of shards that the DL1 dataset no longer has."""
    folder = real_path(store.root)
    keys = {record.key for record in store.records}
    for path, records in previous.items():
        parent, _, key = path.rpartition("/")
        if parent == folder and key not in keys:
            for record in records:
                drop_record(output, record.key)


def _check(store: Store, output: Path) -> None:
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
    if identity is not None and identity.stage != "stage1":
        raise UserError(
            f"{store.root} was made by {identity.stage}; stage2 wants what stage1 made"
        )


def _check_columns(store: Store, config: Stage2Config) -> None:
    """Ask for every column before anything is written."""
    steps = reconstructor_steps(config)
    wanted = columns_read(steps, config.quality)
    users = {
        name: f"the cut {cut.name!r}" for cut in config.quality for name in cut.columns
    }
    for tel_type in store.tel_types("parameters"):
        there = store.schema("parameters", tel_type).names
        for name in wanted:
            if name not in there:
                user = users.get(name, "a reconstructor")
                hint = did_you_mean(name, there)
                raise UserError(
                    f"{store.root}: {user} needs {name!r}, which the parameters of "
                    f"{tel_type} do not have; {hint}"
                )


def _shard(identity: Identity, store: Store, record: Record, first: Record) -> Shard:
    """Return the shard that comes of a shard of DL1; its parts are the input.

    So are the runs, which the first shard of the same raw file has.
    """
    runs = [] if first is record else [p for p in first.parts if p.place.table == RUNS]
    digest_of_parts = value_digest([part.sha256 for part in (*record.parts, *runs)])
    size = sum(part.size for part in record.parts)
    source = Input(f"{store.root.absolute()}/{record.key}", digest_of_parts, size)
    return Shard(identity, (source,), record.shard.seq)


def _plan(
    shards: Sequence[Shard], identity: Identity, output: Path, options: RunOptions
) -> RunSummary:
    """Say what a run would do; what it would refuse at once is refused."""
    done = check_output(
        output, identity, resume=options.resume, overwrite=options.overwrite
    ).by_key()
    planned = [
        PlannedShard(each.key, (each.input_names,), each.key in done) for each in shards
    ]
    return RunSummary("stage2", output, shards=planned)
