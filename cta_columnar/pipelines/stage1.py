"""Stage 1: raw files or DL0 to images and image parameters."""

from collections.abc import Sequence
from pathlib import Path

from cta_columnar.config import Stage1Config
from cta_columnar.errors import UserError
from cta_columnar.executors import Task
from cta_columnar.pipelines.common import RunOptions, RunSummary
from cta_columnar.pipelines.dataset_input import (
    check_input,
    drop_vanished,
    identity_on,
    plan,
    shard_on,
)
from cta_columnar.pipelines.dl0_shard import Job, check_options, process_dl0
from cta_columnar.pipelines.raw_files import run_raw_files
from cta_columnar.pipelines.runner import run_shards
from cta_columnar.store import (
    is_dataset,
    of_input,
    open_store,
    prepare,
    write_skipped,
)


def run_stage1(
    inputs: Sequence[Path], output: Path, config: Stage1Config, options: RunOptions
) -> RunSummary:
    """Process raw files, or a DL0 dataset, into a DL1 dataset.

    Parameters
    ----------
    inputs : sequence of pathlib.Path
        Raw files, each of which makes one shard, or one dataset.
    output : pathlib.Path
        Folder of the dataset.
    config : Stage1Config
        Complete, as `cta_columnar.config.load` returns it.
    options : RunOptions
        How to run.

    Raises
    ------
    UserError
        If the output is in use, or an input is bad and not to be skipped.
    """
    if any(is_dataset(path) for path in inputs):
        if len(inputs) > 1:
            raise UserError("--input is raw files, or one dataset that reduce made")
        return _run_on_dl0(inputs[0], output, config, options)
    return run_raw_files(inputs, output, config, options)


def _run_on_dl0(
    dataset: Path, output: Path, config: Stage1Config, options: RunOptions
) -> RunSummary:
    store = open_store(dataset)
    check_input(store, output, "reduce", "stage1")
    for record in store.records:
        check_options(config, record)
    identity = identity_on(store, "stage1", config, options)
    shards = [(each, shard_on(identity, store, each)) for each in store.records]
    if options.dry_run:
        return plan("stage1", [shard for _, shard in shards], output)
    previous = prepare(
        output, identity, resume=options.resume, overwrite=options.overwrite
    )
    drop_vanished(output, store, previous)
    for each in store.contents.skipped:
        write_skipped(output, each.path, each.reason)
    job = Job(dataset, output, config)
    tasks = [
        Task(
            shard.input_names,
            process_dl0,
            (job, source, shard, of_input(previous, shard.inputs[0].path)),
        )
        for source, shard in shards
    ]
    n_bytes = sum(part.size for record in store.records for part in record.parts)
    return run_shards("stage1", tasks, output, config, options, n_bytes)
