"""Stage 1, and what else reads raw files: a file or section of it per shard."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from cta_columnar.config import Stage1Config
from cta_columnar.digests import code_digest
from cta_columnar.errors import UserError
from cta_columnar.executors import Task
from cta_columnar.pipelines.running.common import (
    PlannedShard,
    RunOptions,
    RunSummary,
    SkippedInput,
)
from cta_columnar.pipelines.running.runner import run_shards
from cta_columnar.pipelines.running.shards import Piece, Work, begin_run, measured
from cta_columnar.pipelines.stage1.chains import STORED_GAIN
from cta_columnar.pipelines.stage1.on_dl0 import run_stage1_on_dl0
from cta_columnar.pipelines.stage1.on_images import run_stage1_on_dl1
from cta_columnar.pipelines.stage1.pedestals import digest_with, monitoring_inputs
from cta_columnar.pipelines.stage1.raw_files import RawConfig, open_file, sections
from cta_columnar.pipelines.stage1.shard import Job, process_file, shard_of
from cta_columnar.remote import absolute_name
from cta_columnar.sources.base import BadInputError
from cta_columnar.store import (
    Identity,
    Previous,
    check_output,
    drop_all,
    is_changed,
    is_dataset,
    of_input,
    open_store,
    real_path,
)


def run_stage1(
    inputs: Sequence[Path], output: Path, config: Stage1Config, options: RunOptions
) -> RunSummary:
    """Process raw files, or one DL0 or DL1 dataset, into a DL1 dataset.

    See `run_raw_files`, `run_stage1_on_dl0` and `run_stage1_on_dl1`.
    """
    if not any(is_dataset(path) for path in inputs):
        return run_raw_files(inputs, output, config, options)
    if len(inputs) > 1:
        what = "--input is raw files, or one dataset that reduce or stage1 made"
        raise UserError(what)
    store = open_store(inputs[0])
    if store.identity is not None and store.identity.stage == config.stage:
        return run_stage1_on_dl1(store, output, config, options)
    return run_stage1_on_dl0(store, output, config, options)


def run_raw_files(
    inputs: Sequence[Path], output: Path, config: RawConfig, options: RunOptions
) -> RunSummary:
    """Process raw files into a dataset of the stage that the configuration is of.

    Parameters
    ----------
    inputs : sequence of pathlib.Path
        Raw files; each makes one shard, or several if it has sections.
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
    beside = monitoring_inputs(config)
    identity = Identity(
        config.stage, digest_with(config, beside), code_digest(options.plugins)
    )
    if options.dry_run:
        return _plan(inputs, Job(output, config, identity), options)
    opened: Mapping[Path, str] = {}
    if options.overwrite and is_dataset(output):
        # Before anything is deleted.
        opened, _ = _open_all(inputs, output, config, options)
    sizes = {(absolute_name(path), _size(path)) for path in inputs}
    previous = begin_run(output, identity, options, sizes)
    if options.joined is not None:
        array = options.joined.array
    else:
        array = _array(inputs, config, previous, opened)
        # Nobody knows the array of inputs that cannot be opened.
        if array and not {array, ""} & _digests(previous):
            drop_all(output, previous)
    job = Job(output, config, identity, array)
    pieces = [
        piece
        for path in inputs
        for piece in _pieces(job, path, of_input(previous, path))
    ]
    total_bytes = sum(map(_size, inputs))
    work = Work(identity, pieces, output, config, total_bytes, beside, array)
    return run_shards(work, options)


def _pieces(job: Job, path: Path, previous: Previous) -> list[Piece]:
    """Return the shards of one raw file."""
    found = sections(path, job.config)
    # As the records have it.
    inputs = (absolute_name(path),)
    return [
        Piece(
            inputs,
            _size(path) if each is None else each.end - each.begin,
            Task(str(path), measured, (process_file, job, path, each, previous)),
            number,
            len(found),
        )
        for number, each in enumerate(found)
    ]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        # Reading it is where that is told.
        return 0


def _array(
    inputs: Sequence[Path],
    config: RawConfig,
    previous: Previous,
    opened: Mapping[Path, str],
) -> str:
    """Return the digest of the array that all inputs must be of.

    It is that of the shards that stay, else that of the first input by name which can
    be opened: the order in which workers come must not decide.

    Parameters
    ----------
    inputs : sequence of pathlib.Path
        Raw files.
    config : ReduceConfig or Stage1Config
        How to open them.
    previous : mapping
        Shards that are there already.
    opened : mapping of pathlib.Path to str
        The arrays of all good inputs, if they have been opened, else nothing.
    """
    mine = {real_path(path) for path in inputs}
    for records in previous.values():
        for record in records:
            known = record.shard.inputs
            if not all(each.real_path in mine and is_changed(each) for each in known):
                return record.subarray_digest
    if opened:
        return opened[min(opened)]
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
    inputs: Sequence[Path], output: Path, config: RawConfig, options: RunOptions
) -> tuple[dict[Path, str], list[SkippedInput]]:
    """Open every input.

    Returns
    -------
    opened : dict of pathlib.Path to str
        Digests of the arrays of good inputs.
    skipped : list of SkippedInput
        The bad ones.

    Raises
    ------
    UserError
        If one is bad and may not be skipped, or if all are and would yet replace a
        dataset.
    """
    opened: dict[Path, str] = {}
    skipped = []
    for path in inputs:
        try:
            with closing(open_file(path, config)) as source:
                opened[path] = source.subarray.digest
        except BadInputError as error:
            if not options.skip_bad_inputs:
                raise
            skipped.append(SkippedInput(path, str(error)))
    if not opened and options.overwrite and is_dataset(output):
        raise UserError("\n".join(each.reason for each in skipped))
    return opened, skipped


def _plan(inputs: Sequence[Path], job: Job, options: RunOptions) -> RunSummary:
    """Say what a run would do; what it would refuse at once is refused."""
    output = job.output
    done = check_output(
        output, job.identity, resume=options.resume, overwrite=options.overwrite
    ).by_key()
    opened, skipped = _open_all(inputs, output, job.config, options)
    shards = []
    for path in opened:
        for section in sections(path, job.config):
            key = shard_of(job, path, section).key
            place = f"{section.number + 1} of {section.n_sections}" if section else ""
            shards.append(PlannedShard(key, (str(path),), key in done, place))
    return RunSummary(job.config.stage, output, skipped=skipped, shards=shards)
