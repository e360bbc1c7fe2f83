"""Cuts of another folder of responses, for the points and event types of a run."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from cta_columnar.config import IrfConfig
from cta_columnar.digests import value_digest
from cta_columnar.errors import UserError
from cta_columnar.pipelines.irf.cells import Cell
from cta_columnar.pipelines.irf.places import free_of, is_at, places_of_grid
from cta_columnar.stages.irf.cuts import Cuts
from cta_columnar.stages.irf.product_tables import from_table
from cta_columnar.store import ALL_TYPES, IrfDataset, check_irf_files, open_irf

CUTS_TABLE = "cuts.table"
"""What the digest of the table is recorded as."""

_TABLE, _GRID = "cuts.parquet", "grid.parquet"


@dataclass(frozen=True, eq=False)
class StoredCuts:
    """Cuts that were set before.

    Attributes
    ----------
    dataset : IrfDataset
        The folder of responses that they are of.
    """

    dataset: IrfDataset

    @property
    def path(self) -> Path:
        """The table."""
        return self.dataset.root / _TABLE

    @property
    def digest(self) -> str:
        """Digest of the cuts, and of what they are for; wherever they lie."""
        manifest = self.dataset.manifest
        files = [manifest.sha256[name] for name in (_TABLE, _GRID)]
        return value_digest(
            [files, manifest.event_type_column, list(manifest.event_types)]
        )

    def of(
        self, grid: pa.Table, event_types: Sequence[int], config: IrfConfig
    ) -> dict[Cell, Cuts]:
        """Return the cuts of all points of a grid, and of their event types.

        Parameters
        ----------
        grid : pyarrow.Table
            `schemas.irf.GRID`: points get the cuts of the place where they are.
        event_types : sequence of int
            Classes with responses of their own.
        config : IrfConfig
            Says what is one place, and what the classes are of.

        Raises
        ------
        UserError
            If there are no cuts of a place, or the classes are others.
        """
        self._check_classes(event_types, config)
        numbers = self.points_of(grid, config)
        return {
            (point, kind): self._read(number, kind)
            for point, number in enumerate(numbers)
            for kind in (ALL_TYPES, *event_types)
        }

    def _read(self, point: int, event_type: int) -> Cuts:
        return Cuts.from_component(
            from_table(self.dataset.read("cuts", point, event_type))
        )

    def _check_classes(self, event_types: Sequence[int], config: IrfConfig) -> None:
        """Refuse classes that have the same numbers and are others."""
        if config.event_types == "none":
            return
        manifest = self.dataset.manifest
        ours = config.event_types, tuple(event_types)
        theirs = manifest.event_type_column, manifest.event_types
        if ours != theirs:
            raise UserError(
                f"{self.path} has cuts for {_in_words(*theirs)}, and events are of "
                f"{_in_words(*ours)}: name cuts of the same event types, or set "
                "event_types=none"
            )

    def points_of(self, grid: pa.Table, config: IrfConfig) -> list[int]:
        """Return which stored point is where each point of a grid is.

        Raises
        ------
        UserError
            If there is none, or axes of places differ.
        """
        axes = self.dataset.manifest.configuration.get("axes", {})
        ours = free_of(config.axes.further)
        theirs = free_of(axes.get("further", {}))
        if ours != theirs:
            raise UserError(
                f"{self.path} was made with {_axes(theirs)}, and this is a run with "
                f"{_axes(ours)}: axes.further must have the same of zenith, azimuth "
                "and nsb"
            )
        stored = places_of_grid(self.dataset.grid)
        numbers = []
        for place in places_of_grid(grid):
            here = [
                (_apart(vars(place), vars(other), ours), number)
                for number, other in enumerate(stored)
                if is_at(place, other, config)
            ]
            if not here:
                known = "; ".join(map(str, stored))
                raise UserError(
                    f"{self.path} has no cuts for {place}, within a pointing_tolerance "
                    f"of {config.pointing_tolerance:g} deg; there are some for {known}"
                )
            numbers.append(min(here)[1])
        return numbers


def open_stored_cuts(config: IrfConfig) -> StoredCuts | None:
    """Open the cuts that a configuration names; none if it has others.

    Raises
    ------
    UserError
        If there are none, or they are not what was written.
    """
    if config.cuts.method != "stored":
        return None
    path = Path(str(config.cuts.table))
    if path.name == _TABLE:
        path = path.parent
    dataset = open_irf(path)
    if "cuts" not in dataset.products:
        raise UserError(f"{dataset.root} has no cuts")
    check_irf_files(dataset, [_TABLE, _GRID])
    return StoredCuts(dataset)


def _apart(
    place: Mapping[str, float], other: Mapping[str, float], free: Sequence[str]
) -> tuple[float, float]:
    """Differences of backgrounds and, deg, of directions, but for what is an axis."""
    turned = (place["azimuth"] - other["azimuth"] + 180) % 360 - 180
    away = {
        "zenith": place["zenith"] - other["zenith"],
        "azimuth": turned * math.sin(math.radians(place["zenith"])),
        "nsb": place["nsb"] - other["nsb"],
    } | dict.fromkeys(free, 0.0)
    return abs(away["nsb"]), math.hypot(away["zenith"], away["azimuth"])


def _in_words(column: str, classes: Sequence[int]) -> str:
    if not column:
        return "no event types"
    return f"the classes {', '.join(map(str, classes))} of {column}"


def _axes(names: Sequence[str]) -> str:
    return f"axes of {', '.join(names)}" if names else "no axis of runs"
