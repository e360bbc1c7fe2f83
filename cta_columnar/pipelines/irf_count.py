"""Counting events: what sets cuts, then all histograms, a shard a task."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import AnyArray
from cta_columnar.executors import Task
from cta_columnar.pipelines.irf_cuts import events_for_cuts, given_cuts, set_cuts
from cta_columnar.pipelines.irf_events import Cell, ShardEvents
from cta_columnar.pipelines.irf_fill import (
    Filled,
    empty_like,
    fill_shard,
    merged,
)
from cta_columnar.pipelines.irf_inventory import Inventory
from cta_columnar.pipelines.irf_tasks import Steps
from cta_columnar.stages.irf.cuts import Cuts
from cta_columnar.stages.selection import add_cut_flows


def particles_for_cuts(inventory: Inventory) -> list[str]:
    """Return the particles whose events set cuts."""
    of = inventory.config
    if of.cuts.is_fixed:
        return []
    return [of.signal, *(of.background if of.cuts.optimises else ())]


def make_cuts(inventory: Inventory, steps: Steps) -> dict[Cell, Cuts]:
    """Return the cuts of all points and event types.

    Raises
    ------
    UserError
        If there are no events to set them by, or no stored ones.
    """
    config, plan = inventory.config, inventory.plan
    particles = particles_for_cuts(inventory)
    if not particles:
        return given_cuts(config, plan, inventory.cells)
    pieces = inventory.pieces(particles)
    tasks = [Task(_name(each), events_for_cuts, (each, plan)) for each in pieces]
    by_kind: dict[bool, list[Mapping[str, AnyArray]]] = {True: [], False: []}
    for piece, columns in zip(pieces, steps.run(tasks), strict=True):
        for point in piece.simulated:
            # From each shower thrown to the time of observation.
            rows = columns["point"] == point
            scale = inventory.bases[point].scale(piece.particle)
            columns["weight"][rows] *= scale
        by_kind[piece.is_signal].append(columns)
    signal, background = (_joined(by_kind[kind]) for kind in (True, False))
    return {
        cell: set_cuts(signal, background, config, plan, cell)
        for cell in inventory.cells
    }


def _joined(parts: Sequence[Mapping[str, AnyArray]]) -> dict[str, AnyArray]:
    if not parts:
        return {}
    return {name: np.concatenate([each[name] for each in parts]) for name in parts[0]}


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
    pieces = inventory.pieces([config.signal, *config.background])
    tasks = []
    for piece in pieces:
        here = {cell: each for cell, each in cuts.items() if cell[0] in piece.simulated}
        tasks.append(Task(_name(piece), fill_shard, (piece, inventory.plan, here)))
    by_source: dict[tuple[str, str], list[Mapping[Cell, Filled]]] = {}
    flows = []
    for piece, result in zip(pieces, steps.run(tasks), strict=True):
        key = piece.particle, piece.digest
        by_source.setdefault(key, []).append(result.cells)
        flows.append(result.cut_flow)
    return {key: merged(some) for key, some in by_source.items()}, add_cut_flows(flows)


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
    every = sum(len(source.shards) for source in inventory.sources)
    return every + len(inventory.pieces(particles_for_cuts(inventory)))


def _name(piece: ShardEvents) -> str:
    return f"{piece.root.name} {piece.particle}"
