"""Cuts of a run of responses: fixed, or set by events."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from cta_columnar.array_types import AnyArray
from cta_columnar.config import IrfConfig
from cta_columnar.errors import UserError
from cta_columnar.pipelines.irf.cells import Cell, in_cell
from cta_columnar.pipelines.irf.events import read_events
from cta_columnar.pipelines.irf.plan import IrfPlan
from cta_columnar.pipelines.irf.shard_events import ShardEvents
from cta_columnar.stages.irf.axes import Axis
from cta_columnar.stages.irf.cut_optimisation import (
    GridOptions,
    optimise_gh,
    optimise_grid,
)
from cta_columnar.stages.irf.cuts import Cuts, same_cuts
from cta_columnar.stages.irf.percentile_cuts import PercentileOptions, percentile_cuts
from cta_columnar.stages.irf.sensitivity import OFFSET, TRUE_OFFSET

Columns = Mapping[str, AnyArray]

_OF_EITHER = ("point", "reco_energy", "gh_score", "multiplicity", "weight")


IN_RINGS = "in_rings"


@dataclass(frozen=True, eq=False)
class EventsForCuts:
    """What cuts are set by.

    Attributes
    ----------
    columns : dict of str to array[n]
        Of the events in the rings, taken as one.
    left : Counter of str
        How many are there, and left by each cut, in order; the last one is the rings.
    """

    columns: dict[str, AnyArray]
    left: Counter[str]


def events_for_cuts(pieces: Sequence[ShardEvents], plan: IrfPlan) -> EventsForCuts:
    """Read what cuts are set by: a task of a worker.

    Parameters
    ----------
    pieces : sequence of ShardEvents
        Parts of a dataset.
    plan : IrfPlan
        Says in which rings sources are.

    Returns
    -------
    events : EventsForCuts
        Of all pieces.
    """
    return all_of([_events_of(piece, plan) for piece in pieces])


def all_of(parts: Sequence[EventsForCuts]) -> EventsForCuts:
    """Put events of several parts together."""
    left = Counter[str]()
    for each in parts:
        # Unlike a sum, this keeps cuts that leave none.
        left.update(each.left)
    return EventsForCuts(joined([each.columns for each in parts]), left)


def joined(parts: Sequence[Columns]) -> dict[str, AnyArray]:
    """Put columns of several parts below each other; of none there are no columns."""
    names = parts[0] if parts else ()
    return {name: np.concatenate([each[name] for each in parts]) for name in names}


def _events_of(piece: ShardEvents, plan: IrfPlan) -> EventsForCuts:
    edges = plan.ring_axis.edges
    whole = Axis(TRUE_OFFSET, "deg", (edges[0], edges[-1]))
    events = read_events(piece, whole)
    columns = events.columns
    offset = columns[TRUE_OFFSET if piece.is_signal else OFFSET]
    rows = plan.detection.in_ring(offset)
    names = [*_OF_EITHER, "theta" if piece.is_signal else OFFSET]
    if piece.config.event_types != "none":
        names.append(piece.config.event_types)
    flow = events.selection.cut_flow("", {"": slice(None)})
    counts = (flow[name].to_pylist() for name in ("cut", "n_survivors"))
    left = Counter[str](dict(zip(*counts, strict=True)))
    left[IN_RINGS] = int(np.count_nonzero(rows))
    return EventsForCuts({name: columns[name][rows] for name in names}, left)


def require_signal(
    signal: EventsForCuts, config: IrfConfig, cells: Sequence[Cell]
) -> None:
    """Refuse to set cuts where there is no signal.

    Parameters
    ----------
    signal : EventsForCuts
        Of all points and types.
    config : IrfConfig
        What is wanted.
    cells : sequence of (int, int)
        Points and types, each of which is to have cuts.

    Raises
    ------
    UserError
        If one of them has no event. It says which cut left how many.
    """
    for cell in cells:
        if in_cell(signal.columns, cell, config)["reco_energy"].size == 0:
            flow = ", ".join(f"{name} {n:,}" for name, n in signal.left.items())
            raise UserError(
                f"{_named(cell)}: no {config.signal} is left to set cuts by, in the "
                f"rings of {list(config.benchmarks.rings)} deg; see the quality query, "
                "and benchmarks.rings. Events of all points and types that each cut "
                f"leaves: {flow}"
            )


def set_cuts(
    signal: Columns, background: Columns, config: IrfConfig, plan: IrfPlan, cell: Cell
) -> Cuts:
    """Set the cuts of a point and an event type.

    Parameters
    ----------
    signal, background : mapping of str to array[n]
        Events of all points and types, as of `events_for_cuts`, weights for the time of
        observation; the background may be empty if it is not wanted, see
        `require_signal` for the signal.
    config : IrfConfig
        How they are set.
    plan : IrfPlan
        In which bins.
    cell : (int, int)
        Which point and type.

    Raises
    ------
    UserError
        If there are no events for it.
    """
    of, axis = config.cuts, plan.cut_axis
    gammas = in_cell(signal, cell, config)
    score = PercentileOptions(of.gh_efficiency, of.min_events, smoothing=of.smoothing)
    theta = PercentileOptions(
        of.theta_efficiency,
        of.min_events,
        fill=of.theta_max,
        low=of.theta_min,
        high=of.theta_max,
        smoothing=of.smoothing,
    )
    if of.method == "percentile":
        return percentile_cuts(gammas, axis, score, theta, of.multiplicity)
    others = in_cell(background, cell, config)
    grid = GridOptions(
        of.gh_efficiencies,
        of.theta_efficiencies,
        of.multiplicities,
        score,
        theta,
        plan.detection,
    )
    try:
        if of.method == "optimise-gh":
            gammas = _with_telescopes(gammas, of.multiplicity)
            others = _with_telescopes(others, of.multiplicity)
            cuts = optimise_gh(gammas, others, axis, grid, of.initial_efficiency)
            least = np.full(axis.n_bins, of.multiplicity, np.int64)
            return replace(cuts, multiplicity=least)
        return optimise_grid(gammas, others, axis, grid)
    except UserError as error:
        raise UserError(f"{_named(cell)}: {error}") from error


def _with_telescopes(columns: Columns, least: int) -> dict[str, AnyArray]:
    rows = columns["multiplicity"] >= least
    return {name: values[rows] for name, values in columns.items()}


def fixed_cuts(config: IrfConfig, plan: IrfPlan, cells: list[Cell]) -> dict[Cell, Cuts]:
    """Return cuts that are the same everywhere, as the configuration has them."""
    of = config.cuts
    theta = np.inf if of.theta is None else of.theta
    same = same_cuts(plan.cut_axis, gh=of.gh, theta=theta, multiplicity=of.multiplicity)
    return dict.fromkeys(cells, same)


def _named(cell: Cell) -> str:
    point, event_type = cell
    kind = f", event type {event_type}" if event_type >= 0 else ""
    return f"point {point}{kind}"
