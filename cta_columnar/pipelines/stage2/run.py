"""Stage 2: image parameters to directions; a shard of DL1 makes one or more of DL2."""

from pathlib import Path

from cta_columnar.config import Stage2Config, digest
from cta_columnar.errors import UserError, did_you_mean
from cta_columnar.pipelines.running.blocks import CutShards
from cta_columnar.pipelines.running.carrying import OF_RUNS
from cta_columnar.pipelines.running.common import RunOptions, RunSummary
from cta_columnar.pipelines.running.dataset_shards import (
    Job,
    check_input,
    identity_of,
    input_of,
    run_on_shards,
)
from cta_columnar.pipelines.stage2.reconstructors import reconstructors_of
from cta_columnar.pipelines.stage2.shard import process_shard
from cta_columnar.stages.reconstruction import columns_read
from cta_columnar.store import Input, Record, Store, open_store


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
    check_input(store, output, ["stage1"], "stage2")
    _check_columns(store, config)
    identity = identity_of("stage2", store, digest(config), options)
    firsts = {r.shard.family: r for r in store.records if r.shard.seq == 0}
    cut = CutShards.of(store, config.block_size)
    pieces = []
    for record in store.records:
        first = firsts[record.shard.family]
        source = _source(store, record, first)
        for shard in cut.made_of(record, identity, source):
            pieces.append(((record, first), shard))
    job = Job(dataset, output, config)
    return run_on_shards(store, identity, pieces, process_shard, job, options)


def _check_columns(store: Store, config: Stage2Config) -> None:
    """Ask for every column before anything is written."""
    reconstructors = reconstructors_of(config)
    wanted = columns_read(reconstructors)
    users = {
        name: f"the cut {cut.name!r}"
        for each in reconstructors
        for cut in each.cuts
        for name in cut.columns
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


def _source(store: Store, record: Record, first: Record) -> Input:
    """Return a shard of DL1 as an input: its parts.

    So are the runs and their atmosphere, which the first shard of the raw file has.
    """
    of_runs = [part for part in first.parts if part.place.table in OF_RUNS]
    return input_of(store, record, [] if first is record else of_runs)
