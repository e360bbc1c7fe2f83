"""Stage 1: raw files to images and image parameters, one file per shard."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from cta_columnar.config import Stage1Config, digest
from cta_columnar.digests import code_digest
from cta_columnar.executors import Task
from cta_columnar.pipelines.common import PlannedShard, RunOptions, RunSummary
from cta_columnar.pipelines.dl1_shard import Job, process_file
from cta_columnar.pipelines.runner import run_shards
from cta_columnar.sources.base import open_source
from cta_columnar.store import Identity, Input, Shard, prepare, read_contents


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
    if options.dry_run:
        return _plan(inputs, output, identity)
    previous = prepare(
        output, identity, resume=options.resume, overwrite=options.overwrite
    )
    job = Job(output, config, identity)
    tasks = [
        Task(str(path), process_file, (job, path, previous.get(str(path), ())))
        for path in inputs
    ]
    total_bytes = sum(path.stat().st_size for path in inputs if path.is_file())
    return run_shards("stage1", tasks, output, config, options, total_bytes)


def _plan(inputs: Sequence[Path], output: Path, identity: Identity) -> RunSummary:
    done = read_contents(output).by_key() if output.is_dir() else {}
    shards = []
    for path in inputs:
        open_source(path).close()
        key = Shard(identity, (Input.of(path),)).key
        shards.append(PlannedShard(key, (str(path),), key in done))
    return replace(RunSummary("stage1", output), shards=shards)
