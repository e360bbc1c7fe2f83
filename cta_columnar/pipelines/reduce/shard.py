"""The work on one shard of DL0, in whichever process it runs."""

from collections.abc import Mapping, Sequence
from typing import Any

from cta_columnar.clock import StepClock
from cta_columnar.config import Stage1Config
from cta_columnar.errors import UserError
from cta_columnar.pipelines.reduce.dropped_pixels import noted, warnings_of
from cta_columnar.pipelines.reduce.source import Dl0Source
from cta_columnar.pipelines.running.dataset_shards import Job
from cta_columnar.pipelines.running.shards import ShardOutcome
from cta_columnar.pipelines.stage1.chains import STORED_GAIN
from cta_columnar.pipelines.stage1.source_tables import process
from cta_columnar.store import (
    Contents,
    Previous,
    Record,
    Shard,
    ShardWriter,
    Store,
)


def process_dl0(
    job: Job[Stage1Config],
    sources: Sequence[Record],
    shard: Shard,
    previous: Previous,
) -> ShardOutcome:
    """Turn one shard of a DL0 dataset into one shard of a DL1 dataset.

    Parameters
    ----------
    job : Job
        Input, output, configuration.
    sources : sequence of Record
        The shard of DL0, alone. Its parts are read as they were when the run began: if
        they were replaced meanwhile, they are not found.
    shard : Shard
        The one to make.
    previous : mapping
        Shards of the same input that are there already.
    """
    clock = StepClock()
    (source,) = sources
    config = job.config
    stored = Dl0Source(Store(job.dataset, Contents((source,), ())), config.source)
    gain = {"select_gain": source.info["select_gain"]}
    update = {
        "gain_selector": STORED_GAIN,
        "source": config.source.model_copy(update=gain),
    }
    level = config.write.compression_level
    with ShardWriter(job.output, shard, stored.subarray, level, previous) as writer:
        as_stored = config.model_copy(update=update)
        counts, info = process(stored, as_stored, writer, clock)
        info |= noted(source)
        info["warnings"] += _other_gain(config, source.info)
        info["warnings"] += warnings_of(job.dataset, source, config)
        record = writer.commit(counts, info)
    clock.add("write")
    return ShardOutcome(shard, record, False, clock.seconds, stored.bytes_read)


def _other_gain(config: Stage1Config, made_with: Mapping[str, Any]) -> list[str]:
    """Warn of a gain selection that was asked for and is not that of DL0."""
    if config.model_dump(mode="json")["gain_selector"] == made_with["gain_selector"]:
        return []
    return ["gain_selector has no effect: DL0 holds the gain that was selected for it"]


def check_options(config: Stage1Config, record: Record) -> None:
    """Refuse what a dataset of DL0 cannot give.

    Raises
    ------
    UserError
        Which says what to do instead.
    """
    if config.source.section_size is not None:
        raise UserError(
            "source.section_size: a shard of DL0 makes a shard of DL1; leave it out"
        )
    if config.source.select_gain and not record.info["select_gain"]:
        raise UserError(
            "source.select_gain: DL0 has all channels of calibration events; give it "
            "to the run of reduce"
        )
