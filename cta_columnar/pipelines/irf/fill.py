"""Histograms of shards: what workers do, and how their results are put together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import AnyArray
from cta_columnar.config import IrfConfig
from cta_columnar.executors import report
from cta_columnar.pipelines.irf.cells import Cell, in_cell
from cta_columnar.pipelines.irf.events import RUN_KEY, Events, read_events
from cta_columnar.pipelines.irf.plan import (
    SELECTED_BACKGROUND,
    SELECTED_SOURCE,
    IrfPlan,
)
from cta_columnar.pipelines.irf.shard_events import ShardEvents
from cta_columnar.stages.irf.accumulator import SHOWER, Accumulator
from cta_columnar.stages.irf.bootstrap import resampled
from cta_columnar.stages.irf.components import SELECTED, SELECTED_GH
from cta_columnar.stages.irf.cuts import Cuts
from cta_columnar.stages.irf.off_region import off_weights
from cta_columnar.stages.irf.sensitivity import (
    OFF_WEIGHT,
    OFFSET,
    TRUE_OFFSET,
    background_selection,
)
from cta_columnar.stages.selection import Selection, add_cut_flows

# Who passes all cuts, whatever the enclosure; for the cut flow.
_BY_THETA = "passes_theta"
_SAMPLE = ("obs_id", "event_id", "reco_energy", "gh_score", "weight")
_OF_SIGNAL = ("true_energy", "theta", "migration", SELECTED, SELECTED_GH)


@dataclass(eq=False)
class Filled:
    """What was counted at a point, of an event type.

    Attributes
    ----------
    histograms : Accumulator
        All events.
    resampled : list of Accumulator
        Those of each resampling.
    sample : dict of str to array[n]
        Events in the rings of sources, for quantiles: `SAMPLE`, and `RUN_KEY` if they
        are going to be resampled.
    """

    histograms: Accumulator
    resampled: list[Accumulator] = field(default_factory=list)
    sample: dict[str, AnyArray] = field(default_factory=dict)

    def merge(self, other: "Filled") -> None:
        """Add what was counted elsewhere."""
        self.histograms.merge(other.histograms)
        for one, more in zip(self.resampled, other.resampled, strict=True):
            one.merge(more)
        self.sample = {
            name: np.concatenate([self.sample[name], values]) if self.sample else values
            for name, values in other.sample.items()
        }


@dataclass(eq=False)
class ShardFilled:
    """What a worker returns.

    Attributes
    ----------
    cells : dict of (int, int) to Filled
        By point and event type.
    cut_flow : pyarrow.Table
        `schemas.dl1.CUT_FLOW`, of all events.
    """

    cells: dict[Cell, Filled]
    cut_flow: pa.Table


def fill_shards(
    pieces: Sequence[ShardEvents], plan: IrfPlan, cuts: Mapping[Cell, Cuts]
) -> ShardFilled:
    """Count the events of shards: a task of a worker.

    Parameters
    ----------
    pieces : sequence of ShardEvents
        What is read, of one source.
    plan : IrfPlan
        What is counted.
    cuts : mapping of (int, int) to Cuts
        By point and event type.
    """
    total: dict[Cell, Filled] = {}
    flows = []
    for piece in pieces:
        filled = _fill_shard(piece, plan, cuts)
        total = merged([total, filled.cells])
        flows.append(filled.cut_flow)
    return ShardFilled(total, add_cut_flows(flows))


def _fill_shard(
    piece: ShardEvents, plan: IrfPlan, cuts: Mapping[Cell, Cuts]
) -> ShardFilled:
    events = read_events(piece, plan.ring_axis)
    report(events=events.selection.mask.size)
    specs = plan.signal if piece.is_signal else plan.background
    filled = {}
    passed = np.zeros((2, events.columns["obs_id"].size), bool)
    for cell, of_cell in cuts.items():
        if cell[0] not in piece.simulated:
            continue
        columns = in_cell(events.columns, cell, piece.config)
        columns |= _selections(columns, of_cell, piece, plan)
        if cell[1] < 0:
            rows = events.columns["point"] == cell[0]
            passed[:, rows] = columns[SELECTED_GH], columns[_BY_THETA]
        counted = Accumulator(specs).fill(columns)
        resamplings = [
            _resampled(columns, Accumulator(specs), piece.config.seed, number)
            for number in range(piece.config.bootstrap)
        ]
        filled[cell] = Filled(counted, resamplings, _sample(columns, piece, plan))
    return ShardFilled(filled, _cut_flow(events, passed, piece))


def _selections(
    columns: Mapping[str, AnyArray], cuts: Cuts, piece: ShardEvents, plan: IrfPlan
) -> dict[str, AnyArray]:
    """Columns by which histograms select, and weigh what is in the off region."""
    point_like = cuts.select(columns, point_like=True)
    by_gh, by_theta = point_like[SELECTED_GH], point_like[SELECTED]
    selected = by_theta if piece.config.is_point_like else by_gh
    of_source = by_theta & plan.detection.in_ring(columns[TRUE_OFFSET])
    of_background = background_selection(columns, cuts, plan.detection)
    selections: dict[str, AnyArray] = {
        SELECTED_GH: by_gh,
        SELECTED: selected,
        _BY_THETA: by_theta,
        SELECTED_SOURCE: of_source,
        SELECTED_BACKGROUND: of_background,
    }
    if not piece.is_signal:
        selections[OFF_WEIGHT] = _off_weights(columns, cuts, piece, plan)
    return selections


def _off_weights(
    columns: Mapping[str, AnyArray], cuts: Cuts, piece: ShardEvents, plan: IrfPlan
) -> AnyArray:
    of = piece.config.sensitivity
    if of is None and not np.isfinite(cuts.theta).all():
        # Nobody asks for what is within a radius that there is not.
        return np.zeros_like(columns["weight"])
    interpolated = of is not None and of.off_region == "interpolated"
    axis = plan.benchmark_axis if interpolated else None
    return off_weights(columns, cuts, plan.detection, axis)


def _resampled(
    columns: Mapping[str, AnyArray], counts: Accumulator, seed: int, number: int
) -> Accumulator:
    rows = resampled(seed, number, columns[RUN_KEY], columns["event_id"])
    # Their scatter is what is wanted of them, so nobody asks for their errors.
    drawn = {name: values[rows] for name, values in columns.items() if name != SHOWER}
    return counts.fill(drawn)


def _sample(
    columns: Mapping[str, AnyArray], piece: ShardEvents, plan: IrfPlan
) -> dict[str, AnyArray]:
    """Return events in the rings of sources."""
    offset = columns[TRUE_OFFSET if piece.is_signal else OFFSET]
    rows = plan.detection.in_ring(offset)
    names = [*_SAMPLE, *(_OF_SIGNAL if piece.is_signal else ())]
    if piece.config.bootstrap:
        names.append(RUN_KEY)
    return {name: columns[name][rows] for name in names}


def _cut_flow(events: Events, passed: AnyArray, piece: ShardEvents) -> pa.Table:
    """Count what each step left, the cuts last; and, apart, who has an event type."""
    config, before = piece.config, events.selection
    names = ["gh_cut", *(["theta_cut"] if piece.is_signal else [])]
    after = np.zeros((len(names), before.mask.size), bool)
    after[:, before.mask] = passed[: len(names)]
    whole = Selection((*before.names, *names), np.vstack([before.passed, after]))
    everything: dict[str, Any] = {"": slice(None)}
    flows = [whole.cut_flow(piece.particle, everything)]
    if config.event_types != "none":
        has_type = (events.columns[config.event_types] >= 0)[np.newaxis]
        known = Selection((f"has_{config.event_types}",), has_type)
        flows.append(known.cut_flow(f"{piece.particle}_event_types", everything))
    return pa.concat_tables(flows)


def merged(filled: Sequence[Mapping[Cell, Filled]]) -> dict[Cell, Filled]:
    """Put together what was counted in several shards, each cell for itself."""
    total: dict[Cell, Filled] = {}
    for cells in filled:
        for cell, one in cells.items():
            if cell in total:
                total[cell].merge(one)
            else:
                total[cell] = one
    return total


def in_order(sample: Mapping[str, AnyArray]) -> dict[str, AnyArray]:
    """Sort a sample by its keys, so that it does not depend on how it was read."""
    order = np.lexsort((sample["event_id"], sample["obs_id"]))
    return {name: values[order] for name, values in sample.items()}


def empty_like(plan: IrfPlan, config: IrfConfig, *, is_signal: bool) -> Filled:
    """Return counts of nothing."""
    specs = plan.signal if is_signal else plan.background
    resamplings = [Accumulator(specs) for _ in range(config.bootstrap)]
    return Filled(Accumulator(specs), resamplings)
