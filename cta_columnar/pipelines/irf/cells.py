"""Cells, of which each has its responses: a point of the grid and an event type."""

from collections.abc import Mapping, Sequence

import numpy as np

from cta_columnar.array_types import AnyArray, Mask
from cta_columnar.config import IrfConfig

Cell = tuple[int, int]
"""A point of the grid, and an event type (-1 for all together)."""

POINT = "point"
"""Column of events: the number of the point of the grid."""


def cells_of(points: Sequence[int], event_types: Sequence[int]) -> list[Cell]:
    """Return all points, each with all events together (-1) and each event type."""
    return [(point, kind) for point in points for kind in (-1, *event_types)]


def in_cell(
    columns: Mapping[str, AnyArray], cell: Cell, config: IrfConfig
) -> dict[str, AnyArray]:
    """Return the events of a point and an event type."""
    point, event_type = cell
    rows: Mask = columns[POINT] == point
    if event_type >= 0:
        rows = rows & (columns[config.event_types] == event_type)
    if rows.all():
        return dict(columns)
    taken = np.flatnonzero(rows)
    return {name: values[taken] for name, values in columns.items()}
