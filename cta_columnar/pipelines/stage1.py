"""Stage 1, and what else reads raw files: one file per shard."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from cta_columnar.config import Stage1Config, digest
from cta_columnar.digests import code_digest
from cta_columnar.errors import UserError
from cta_columnar.executors import Task
from cta_columnar.pipelines.chains import STORED_GAIN
from cta_columnar.pipelines.common import (
    PlannedShard,
    RunOptions,
    RunSummary,
    SkippedInput,
)
from cta_columnar.pipelines.dl1_shard import (
    Job,
    RawConfig,
    open_file,
    process_file,
    shard_of,
)
from cta_columnar.pipelines.runner import run_shards
from cta_columnar.pipelines.stage1_on_dl0 import run_stage1_on_dl0
from cta_columnar.sources.base import BadInputError
from cta_columnar.store import (
    Identity,
    Previous,
    drop_all,
    is_changed,
    is_dataset,
    of_input,
    prepare,
    read_contents,
    real_path,
)


def run_stage1(
    inputs: Sequence[Path], output: Path, config: Stage1Config, options: RunOptions
) -> RunSummary:
    """Process raw files, or one DL0 dataset, into a DL1 dataset.

    See `run_raw_files` and `run_stage1_on_dl0`.
    """
    if not any(is_dataset(path) for path in inputs):
        return run_raw_files(inputs, output, config, options)
    if len(inputs) > 1:
        raise UserError("--input is raw files, or one dataset that reduce made")
    return run_stage1_on_dl0(inputs[0], output, config, options)


def run_raw_files(
    inputs: Sequence[Path], output: Path, config: RawConfig, options: RunOptions
) -> RunSummary:
    """Process raw files into a dataset of the stage that the configuration is of.

    Parameters
    ----------
    inputs : sequence of pathlib.Path
        Raw files; each makes one shard.
    output : pathlib.Path
        Folder of the dataset.
    config : ReduceConfig or Stage1Config
        Complete, as `cta_columnar.config.load` returns it.
    options : RunOptions
        How to run.

    Raises
    ------
    UserError
        If the output is in use, or an input is bad and not to be skipped.
    """
    if config.gain_selector.name == STORED_GAIN.name:
        raise UserError(f"gain_selector: {STORED_GAIN.name} is for DL0, not raw files")
    if config.source.obs_id is not None and len(inputs) > 1:
        raise UserError(
            f"obs_id={config.source.obs_id} would make one run of {len(inputs)} "
            "inputs; use --obs-id-offset, or process each into a dataset of its own"
        )
    identity = Identity(config.stage, digest(config), code_digest(options.plugins))
    if options.dry_run:
        return _plan(inputs, Job(output, config, identity), options)
    if options.overwrite:
        # Before anything is deleted.
        bad = _open_all(inputs, config, options)
        if len(bad) == len(inputs):
            raise UserError("\n".join(each.reason for each in bad))
    previous = prepare(
        output, identity, resume=options.resume, overwrite=options.overwrite
    )
    array = _array(inputs, config, previous)
    if not {array, ""} & _digests(previous):
        drop_all(output, previous)
    job = Job(output, config, identity, array)
    tasks = [
        Task(str(path), process_file, (job, path, of_input(previous, path)))
        for path in inputs
    ]
    total_bytes = sum(map(_size, inputs))
    return run_shards(config.stage, tasks, output, config, options, total_bytes)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        # Reading it is where that is told.
        return 0


def _array(inputs: Sequence[Path], config: RawConfig, previous: Previous) -> str:
    """Return the digest of the array that all inputs must be of.

    It is that of the shards that stay, else that of the first input by name which can
    be opened: the order in which workers come must not decide.
    """
    mine = {real_path(path) for path in inputs}
    for records in previous.values():
        for record in records:
            known = record.shard.inputs
            if not all(each.real_path in mine and is_changed(each) for each in known):
                return record.subarray_digest
    for path in sorted(inputs):
        try:
            with closing(open_file(path, config)) as source:
                return source.subarray.digest
        except UserError:
            continue  # told where it is processed
    return ""


def _digests(previous: Previous) -> set[str]:
    return {r.subarray_digest for records in previous.values() for r in records}


def _open_all(
    inputs: Sequence[Path], config: RawConfig, options: RunOptions
) -> list[SkippedInput]:
    """Open every input; return those that are bad, if they may be skipped."""
    skipped = []
    for path in inputs:
        try:
            open_file(path, config).close()
        except BadInputError as error:
            if not options.skip_bad_inputs:
                raise
            skipped.append(SkippedInput(path, str(error)))
    return skipped


def _plan(inputs: Sequence[Path], job: Job, options: RunOptions) -> RunSummary:
    output = job.output
    done = read_contents(output).by_key() if output.is_dir() else {}
    skipped = _open_all(inputs, job.config, options)
    bad = {each.path for each in skipped}
    keys = {path: shard_of(job, path).key for path in inputs if path not in bad}
    shards = [PlannedShard(k, (str(path),), k in done) for path, k in keys.items()]
    summary = RunSummary(job.config.stage, output)
    return replace(summary, shards=shards, skipped=skipped)
