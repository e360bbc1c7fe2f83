"""Which points of a grid are around a place, and how much each of them counts there.

pyirf finds the weights: everything that is a number per bin is a weighted sum of the
points around a place.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pyirf.interpolation import (
    ParametrizedComponentEstimator,
    ParametrizedNearestSimplexExtrapolator,
)
from scipy.spatial import Delaunay, QhullError

from cta_columnar.array_types import F8, AnyArray
from cta_columnar.errors import UserError
from cta_columnar.stages.irf.grid import Grid
from cta_columnar.stages.irf.place import Place

# Weights are sums of rounded numbers.
_NO_WEIGHT = 1e-12
# Coordinates that pyirf extrapolates in.
_MOST_EXTRAPOLATED = 2


_REMEDY = "add points to it"


class UnreachedError(UserError):
    """A place that a grid does not reach.

    Attributes
    ----------
    can_extrapolate : bool
        Whether it does if ``extrapolate`` is set; ``nearest`` helps always.
    """

    def __init__(self, problem: str, *, can_extrapolate: bool = False) -> None:
        super().__init__(f"{problem}; {_REMEDY}")
        self.can_extrapolate = can_extrapolate


@dataclass(frozen=True)
class Interpolation:
    """How to get from a grid to a place.

    Attributes
    ----------
    nearest : bool
        Whether to take the nearest point as it is.
    extrapolate : bool
        Whether a place outside of the grid is allowed.
    distributions : {"quantile", "moment_morph"}
        How distributions are interpolated.
    """

    nearest: bool = False
    extrapolate: bool = False
    distributions: Literal["quantile", "moment_morph"] = "quantile"


@dataclass(frozen=True, eq=False)
class Weights:
    """Share that each point of a grid has at a place.

    Attributes
    ----------
    grid : Grid
        The points.
    target : float64[1, d]
        Coordinates of the place.
    of_points : float64[p]
        They add up to 1; negative ones extrapolate.
    is_outside : bool
        Whether the place is outside of the grid.
    """

    grid: Grid
    target: F8
    of_points: F8
    is_outside: bool = False

    @property
    def used(self) -> list[int]:
        """Which points take part."""
        return np.flatnonzero(np.abs(self.of_points) > _NO_WEIGHT).tolist()

    @property
    def single(self) -> int | None:
        """The point that is all, if one is."""
        return self.used[0] if len(self.used) == 1 else None

    def __str__(self) -> str:
        return ", ".join(f"{self.of_points[i]:.6g} of point {i}" for i in self.used)

    def mix(self, values: Sequence[AnyArray], power: int = 1) -> F8:
        """Sum of values by their weights, or by the weights to a power."""
        rows = np.stack([np.asarray(values[i], np.float64) for i in self.used])
        share = self.of_points[self.used] ** power
        with np.errstate(invalid="ignore"):
            mixed: F8 = np.tensordot(share, rows, 1)
        # What is infinite everywhere stays so.
        if power == 1:
            mixed = np.where((rows == rows[0]).all(axis=0), rows[0], mixed)
        return mixed

    def error(self, errors: Sequence[AnyArray]) -> F8:
        """Error of such a sum."""
        total: F8 = np.sqrt(self.mix([each**2 for each in errors], power=2))
        return total

    def total(self, counts: Sequence[AnyArray]) -> AnyArray:
        """Sum of counts of the points that take part."""
        total: AnyArray = np.sum([counts[i] for i in self.used], axis=0)
        return total


def weights_at(grid: Grid, place: Place, how: Interpolation) -> Weights:
    """Find the points around a place, and their weights.

    Raises
    ------
    UnreachedError
        If the place is outside of the grid and must not or cannot be reached, or the
        points span no grid.
    """
    there = grid.at(place)
    if how.nearest and there is None and grid.varying:
        distance = np.linalg.norm(grid.points - grid.coordinates([place]), axis=1)
        there = int(np.argmin(distance))
    elif how.nearest and there is None:
        there = 0
    if there is not None:
        one = np.zeros(len(grid.places))
        one[there] = 1.0
        return Weights(grid, np.zeros((1, 0)), one)
    if (problem := grid.unlike(place)) is not None:
        raise UnreachedError(f"the grid does not reach {problem}")
    target, points = grid.coordinates([place]), grid.points
    is_outside = not _is_inside(points, target)
    if is_outside and not how.extrapolate:
        raise UnreachedError(
            f"{place} is outside of the grid, which has {grid.reach(place)}",
            can_extrapolate=points.shape[1] <= _MOST_EXTRAPOLATED,
        )
    if is_outside and points.shape[1] > _MOST_EXTRAPOLATED:
        raise UnreachedError(
            f"{place} is outside of the grid, and responses are extrapolated in two "
            f"coordinates at most, not in {', '.join(grid.varying)}"
        )
    with quietly():
        estimator = ParametrizedComponentEstimator(
            points,
            np.eye(len(points)),
            extrapolator_cls=(
                ParametrizedNearestSimplexExtrapolator if is_outside else None
            ),
        )
        shares = estimator(target).reshape(-1)
    return Weights(grid, target, shares, is_outside)


def _is_inside(points: F8, target: F8) -> bool:
    n_points, n_dimensions = points.shape
    if n_dimensions == 1:
        low, high = points.min(), points.max()
        return bool(low <= target[0, 0] <= high)
    if n_points > n_dimensions:
        try:
            return bool(Delaunay(points).find_simplex(target)[0] >= 0)
        except QhullError:
            pass
    raise UnreachedError(
        f"{n_points} points do not span a grid in {n_dimensions} coordinates"
    )


@contextmanager
def quietly() -> Iterator[None]:
    """Keep pyirf from warning: that a place is extrapolated is said by us."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield
