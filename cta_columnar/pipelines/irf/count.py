"""Counting events: what sets cuts, then all histograms, some shards a task."""

from collections.abc import Mapping, Sequence
from itertools import groupby

import pyarrow as pa

from cta_columnar.executors import Task
from cta_columnar.pipelines.irf.cells import Cell
from cta_columnar.pipelines.irf.cuts import (
    EventsForCuts,
    all_of,
    events_for_cuts,
    require_signal,
    set_cuts,
)
from cta_columnar.pipelines.irf.fill import (
    Filled,
    empty_like,
    fill_shards,
    merged,
)
from cta_columnar.pipelines.irf.inputs import IrfSource
from cta_columnar.pipelines.irf.inventory import Inventory, points_of
from cta_columnar.pipelines.irf.shard_events import ShardEvents
from cta_columnar.pipelines.irf.tasks import Steps
from cta_columnar.stages.irf.cuts import Cuts
from cta_columnar.stages.selection import add_cut_flows
from cta_columnar.store import ALL_TYPES

# Results of all of them are in memory together.
_MOST_TASKS = 256


def particles_for_cuts(inventory: Inventory) -> list[str]:
    """Return the particles whose events set cuts."""
    of = inventory.config
    if of.cuts.is_fixed:
        return []
    return [of.signal, *(of.background if of.cuts.optimises else ())]


def make_cuts(inventory: Inventory, steps: Steps) -> dict[Cell, Cuts]:
    """Set the cuts of all points and event types by their events.

    Raises
    ------
    UserError
        If there are none to set them by.
    """
    config, plan = inventory.config, inventory.plan
    groups = _groups(inventory.pieces(particles_for_cuts(inventory)))
    tasks = [Task(_name(each), events_for_cuts, (each, plan)) for each in groups]
    by_kind: dict[bool, list[EventsForCuts]] = {True: [], False: []}
    for group, events in zip(groups, steps.run(tasks), strict=True):
        for point in {point for piece in group for point in piece.simulated}:
            # From each shower thrown to the time of observation.
            rows = events.columns["point"] == point
            events.columns["weight"][rows] *= inventory.bases[point].scale(
                group[0].particle
            )
        by_kind[group[0].is_signal].append(events)
    signal, background = (all_of(by_kind[kind]) for kind in (True, False))
    require_signal(signal, config, inventory.cells)
    return {
        cell: set_cuts(signal.columns, background.columns, config, plan, cell)
        for cell in inventory.cells
    }


def count_events(
    inventory: Inventory, cuts: Mapping[Cell, Cuts], steps: Steps
) -> tuple[dict[tuple[str, str], dict[Cell, Filled]], pa.Table]:
    """Fill the histograms of all sources that are to be read.

    Returns
    -------
    filled : dict of (str, str) to dict
        By particle and digest of the source, then by point and event type.
    cut_flow : pyarrow.Table
        `schemas.dl1.CUT_FLOW`.

    Raises
    ------
    UserError
        If an event cannot be of these runs.
    """
    config = inventory.config
    groups = _groups(inventory.pieces([config.signal, *config.background]))
    tasks = [
        Task(_name(each), fill_shards, (each, inventory.plan, cuts)) for each in groups
    ]
    # All points of a source, also those without an event.
    by_source: dict[tuple[str, str], list[Mapping[Cell, Filled]]] = {
        (source.particle, source.digest): [_nothing(inventory, source)]
        for source in inventory.sources
        if source.shards
    }
    flows = []
    for group, result in zip(groups, steps.run(tasks), strict=True):
        by_source[group[0].particle, group[0].digest].append(result.cells)
        flows.append(result.cut_flow)
    return {key: merged(some) for key, some in by_source.items()}, add_cut_flows(flows)


def _nothing(inventory: Inventory, source: IrfSource) -> dict[Cell, Filled]:
    is_signal = source.particle == inventory.config.signal
    return {
        (point, kind): empty_like(inventory.plan, inventory.config, is_signal=is_signal)
        for point in points_of(source)
        for kind in (ALL_TYPES, *inventory.event_types)
    }


def _groups(pieces: Sequence[ShardEvents]) -> list[list[ShardEvents]]:
    """Put shards of a source together, so that there are not too many results."""
    size = -(-len(pieces) // _MOST_TASKS)
    groups = []
    for _, some in groupby(pieces, lambda each: (each.particle, each.digest)):
        of_source = list(some)
        groups += [of_source[k : k + size] for k in range(0, len(of_source), size)]
    return groups


def total_of(
    inventory: Inventory,
    counted: Mapping[tuple[str, str], Mapping[Cell, Filled]],
    cell: Cell,
) -> dict[str, Filled]:
    """Add up all sources of each particle at a point, of an event type."""
    config, total = inventory.config, dict[str, Filled]()
    for source in inventory.sources:
        of_source = counted[source.particle, source.digest]
        if cell not in of_source:
            continue
        if source.particle not in total:
            is_signal = source.particle == config.signal
            total[source.particle] = empty_like(
                inventory.plan, config, is_signal=is_signal
            )
        total[source.particle].merge(of_source[cell])
    return total


def n_tasks(inventory: Inventory) -> int:
    """Count the tasks of a run."""
    config = inventory.config
    particles = ([config.signal, *config.background], particles_for_cuts(inventory))
    return sum(len(_groups(inventory.pieces(some))) for some in particles)


def _name(group: Sequence[ShardEvents]) -> str:
    return f"{group[0].root.name} {group[0].particle}"
