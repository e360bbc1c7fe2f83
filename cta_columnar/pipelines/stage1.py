"""Stage 1: raw files to images and image parameters, one file per shard."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from cta_columnar.config import Stage1Config, digest
from cta_columnar.digests import code_digest
from cta_columnar.executors import Task
from cta_columnar.pipelines.common import (
    PlannedShard,
    RunOptions,
    RunSummary,
    SkippedInput,
)
from cta_columnar.pipelines.dl1_shard import (
    Job,
    open_file,
    process_file,
    shard_of,
)
from cta_columnar.pipelines.runner import run_shards
from cta_columnar.sources.base import BadInputError
from cta_columnar.store import Identity, prepare, read_contents


def run_stage1(
    inputs: Sequence[Path], output: Path, config: Stage1Config, options: RunOptions
) -> RunSummary:
    """Process raw files into a DL1 dataset.

    Parameters
    ----------
    inputs : sequence of pathlib.Path
        Raw files; each makes one shard.
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
    identity = Identity("stage1", digest(config), code_digest(options.plugins))
    job = Job(output, config, identity)
    if options.dry_run:
        return _plan(inputs, job, options)
    previous = prepare(
        output, identity, resume=options.resume, overwrite=options.overwrite
    )
    tasks = [
        Task(str(path), process_file, (job, path, previous.get(str(path), ())))
        for path in inputs
    ]
    total_bytes = sum(path.stat().st_size for path in inputs if path.is_file())
    return run_shards("stage1", tasks, output, config, options, total_bytes)


def _plan(inputs: Sequence[Path], job: Job, options: RunOptions) -> RunSummary:
    output = job.output
    done = read_contents(output).by_key() if output.is_dir() else {}
    shards, skipped = [], []
    for path in inputs:
        try:
            open_file(path, job.config).close()
            key = shard_of(job, path).key
        except BadInputError as error:
            if not options.skip_bad_inputs:
                raise
            skipped.append(SkippedInput(path, str(error)))
        else:
            shards.append(PlannedShard(key, (str(path),), key in done))
    summary = RunSummary("stage1", output)
    return replace(summary, shards=shards, skipped=skipped)
