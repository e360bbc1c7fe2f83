"""Stage 1 of DL0: packed waveforms to images and image parameters."""

from pathlib import Path

from cta_columnar.config import Stage1Config
from cta_columnar.pipelines.reduce.shard import check_options, process_dl0
from cta_columnar.pipelines.running.common import RunOptions, RunSummary
from cta_columnar.pipelines.running.dataset_shards import (
    Job,
    check_input,
    identity_of,
    input_of,
    run_on_shards,
)
from cta_columnar.pipelines.stage1.pedestals import digest_with, monitoring_inputs
from cta_columnar.store import Shard, Store


def run_stage1_on_dl0(
    store: Store, output: Path, config: Stage1Config, options: RunOptions
) -> RunSummary:
    """Process a DL0 dataset into a DL1 dataset, shard by shard.

    Raises
    ------
    UserError
        If the input is not a finished DL0 dataset, cannot give what is asked for, or
        the output is in use.
    """
    check_input(store, output, ["reduce", "stage1"], "stage1")
    for record in store.records:
        check_options(config, record)
    beside = monitoring_inputs(config)
    identity = identity_of("stage1", store, digest_with(config, beside), options)
    pieces = [
        ((record,), Shard(identity, (input_of(store, record),)))
        for record in store.records
    ]
    job = Job(store.root, output, config)
    return run_on_shards(
        store, identity, pieces, process_dl0, job, options, store.size, beside
    )
