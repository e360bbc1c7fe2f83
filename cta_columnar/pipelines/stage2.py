"""Stage 2: image parameters to directions, one shard of DL1 per shard of DL2."""

from dataclasses import replace
from pathlib import Path

from cta_columnar.config import Stage2Config, digest
from cta_columnar.digests import code_digest, value_digest
from cta_columnar.errors import UserError, did_you_mean
from cta_columnar.executors import Task
from cta_columnar.pipelines.chains import reconstructor_steps
from cta_columnar.pipelines.common import PlannedShard, RunOptions, RunSummary
from cta_columnar.pipelines.dl2_shard import Job, process_shard
from cta_columnar.pipelines.runner import run_shards
from cta_columnar.stages.reconstruction import columns_read
from cta_columnar.store import (
    Identity,
    Input,
    Record,
    Shard,
    Store,
    open_store,
    prepare,
    read_contents,
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
        If the input has no parameters, or the output is in use.
    """
    store = open_store(dataset)
    _check(store, output)
    _check_columns(store, config)
    identity = Identity("stage2", digest(config), code_digest(options.plugins))
    shards = {each.key: _shard(identity, store, each) for each in store.records}
    if options.dry_run:
        return _plan(shards, output)
    previous = prepare(
        output, identity, resume=options.resume, overwrite=options.overwrite
    )
    job = Job(dataset, output, config)
    tasks = [
        Task(
            shard.input_names,
            process_shard,
            (job, key, shard, previous.get(shard.inputs[0].path, ())),
        )
        for key, shard in shards.items()
    ]
    return run_shards("stage2", tasks, output, config, options)


def _check(store: Store, output: Path) -> None:
    if output.resolve() == store.root.resolve():
        raise UserError(f"{output} is the input; choose another --output")
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


def _shard(identity: Identity, store: Store, record: Record) -> Shard:
    """Return the shard that comes of a shard of DL1; its parts are the input."""
    digest_of_parts = value_digest([part.sha256 for part in record.parts])
    size = sum(part.size for part in record.parts)
    source = Input(f"{store.root}/{record.key}", digest_of_parts, size)
    return Shard(identity, (source,))


def _plan(shards: dict[str, Shard], output: Path) -> RunSummary:
    done = read_contents(output).by_key() if output.is_dir() else {}
    planned = [
        PlannedShard(each.key, (each.input_names,), each.key in done)
        for each in shards.values()
    ]
    return replace(RunSummary("stage2", output), shards=planned)
