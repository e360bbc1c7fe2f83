"""All tables of a shard, from the events of a source."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from cta_columnar.clock import StepClock
from cta_columnar.config import EventSelectionConfig, ReduceConfig, Stage1Config
from cta_columnar.executors import report
from cta_columnar.pipelines.reduce.tables import Dl0Tables
from cta_columnar.pipelines.stage1.choices import unmatched_patterns
from cta_columnar.pipelines.stage1.event_selection import EventSelection
from cta_columnar.pipelines.stage1.raw_files import RawConfig
from cta_columnar.pipelines.stage1.tables import Dl1Tables
from cta_columnar.sources.base import Counts, EventBatch, EventSource
from cta_columnar.stages.selection import add_cut_flows
from cta_columnar.store import ShardWriter

# Counts of a shard, and what else is worth keeping.
Made = tuple[dict[str, int], dict[str, Any]]


def process(
    source: EventSource,
    config: RawConfig,
    writer: ShardWriter,
    clock: StepClock,
    *,
    is_first: bool = True,
) -> tuple[dict[str, int], dict[str, Any]]:
    """Write all tables of the shard.

    Parameters
    ----------
    source : EventSource
        Where events come from.
    config : ReduceConfig or Stage1Config
        What is made of them.
    writer : ShardWriter
        Where rows go.
    clock : StepClock
        Takes the time of each step.
    is_first : bool
        Whether the source is not a later section of a file.

    Returns
    -------
    counts : dict of str to int
        Array events and telescope events that were written, and others by reason.
    info : dict
        What else is worth keeping.
    """
    tables = _tables(source, config, writer, clock)
    wanted = EventSelectionConfig()  # DL0 holds all events
    if isinstance(config, Stage1Config):
        wanted = config.event_selection
    selection = EventSelection(wanted, source.subarray)
    counts = Counter(events=0, telescope_events=0)
    cut_flows = []
    position = 0
    for batch in source.batches():
        chosen, of_events = selection.apply(batch)
        cut_flows += of_events
        clock.add("read")
        if chosen is not None:
            counts.update(_rows(chosen))
            cut_flows += tables.append(chosen)
        report(**_rows(batch), raw_bytes=source.position - position)
        position = source.position
    clock.add("read")
    cut_flow = add_cut_flows(cut_flows)
    tables.finish(source, cut_flow, is_first=is_first)
    unmatched = unmatched_patterns(config, source.subarray) + selection.unmatched
    info = tables.facts | {
        "cut_flow": cut_flow.to_pylist(),
        "warnings": [
            *source.warnings,
            *tables.warnings,
            *(f"no telescope fits the pattern of {each}" for each in unmatched),
        ],
    }
    return {**counts, **_left_out(source.counts, counts), **tables.counts}, info


def _tables(
    source: EventSource, config: RawConfig, writer: ShardWriter, clock: StepClock
) -> Dl0Tables | Dl1Tables:
    if isinstance(config, ReduceConfig):
        return Dl0Tables(writer, config, source.subarray, clock)
    return Dl1Tables(writer, config, source.subarray, clock)


def _rows(batch: EventBatch) -> dict[str, int]:
    return {
        "events": batch.trigger.num_rows,
        "telescope_events": sum(each.num_rows for each in batch.telescopes.values()),
    }


def _left_out(read: Counts, written: Mapping[str, int]) -> dict[str, int]:
    """Count what a source left out, and what was not selected of the rest."""
    of_selection = {
        "array event not selected": read.array_events - written["events"],
        "telescope event not selected": read.telescope_events
        - written["telescope_events"],
    }
    left_out = {reason: number for reason, number in of_selection.items() if number}
    reasons = read.dropped | left_out
    return {f"dropped: {reason}": number for reason, number in reasons.items()}
