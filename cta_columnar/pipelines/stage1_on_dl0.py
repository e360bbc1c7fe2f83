"""Stage 1 of DL0: packed waveforms to images and image parameters."""

from pathlib import Path

from cta_columnar.config import Stage1Config
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
from cta_columnar.pipelines.pedestals import digest_with_pedestals, pedestals_path
from cta_columnar.pipelines.runner import run_shards
from cta_columnar.store import (
    of_input,
    open_store,
    prepare,
    write_skipped,
)


def run_stage1_on_dl0(
    dataset: Path, output: Path, config: Stage1Config, options: RunOptions
) -> RunSummary:
    """Process a DL0 dataset into a DL1 dataset, shard by shard.

    Raises
    ------
    UserError
        If the input is not a finished DL0 dataset, cannot give what is asked for, or
        the output is in use.
    """
    store = open_store(dataset)
    check_input(store, output, "reduce", "stage1")
    for record in store.records:
        check_options(config, record)
    identity = identity_on(store, "stage1", digest_with_pedestals(config), options)
    # No raw file has several.
    shards = [(each, shard_on(identity, store, each, each)) for each in store.records]
    if options.dry_run:
        return plan([shard for _, shard in shards], identity, output, options)
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
    beside = [] if (path := pedestals_path(config)) is None else [path]
    return run_shards("stage1", tasks, output, config, options, n_bytes, beside)
