"""What was thrown and what triggered: counts of a run, kept as integers.

Counts of pieces add up to those of the run, whoever made them.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from cta_columnar.simulation.simtel import histograms
from cta_columnar.simulation.simtel.histograms import Axis, Histogram

I8 = NDArray[np.int64]
F8 = NDArray[np.float64]

N_DISTANCES, N_ENERGIES = 200, 140
LOG_ENERGIES = (-3.0, 4.0)
_DISTANCE_STEP = 1000.0

_ENTRIES = ("showers", "thrown", "events", "telescope_events", "images")

# Histograms by id, with the titles that real files have. Distances are on the ground,
# or across the axis of the shower ("3d").
ON_GROUND, ON_GROUND_TRIGGERED = 1, 2
TITLES = {
    ON_GROUND: "Events, without weights (Ra, log10(E))",
    ON_GROUND_TRIGGERED: "Array triggered, without weights (Ra, log10(E))",
    histograms.THROWN: "Events, without weights (Ra3d, log10(E))",
    histograms.TRIGGERED: "Array triggered, without weights (Ra3d, log10(E))",
    histograms.WEIGHTED_THROWN: "Event weight (Ra3d, log10(E))",
    histograms.WEIGHTED_TRIGGERED: "Array triggered (Ra3d, log10(E))",
}

_TRUE_INDEX = {"gamma": -2.5, "proton": -2.68}
"""Spectra to which events are weighted; those of real files of these particles."""


def event_weight(particle: str, index: float, n_use: int, energy: float) -> float:
    """Weight of an event in the histograms with weights.

    As in real files: the true spectrum over the simulated one, 1 at 1 TeV, shared by
    the uses of a shower. Particles whose spectrum no real file tells keep theirs.
    """
    return float(energy ** (_TRUE_INDEX.get(particle, index) - index) / n_use)


def largest_distance(farthest: float) -> float:
    """End of the axis of distances, m: beyond the farthest core, 1 km at least."""
    return _DISTANCE_STEP * max(1, math.ceil(1.001 * farthest / _DISTANCE_STEP))


@dataclass(eq=False)
class Filling:
    """Counts of one histogram, with a margin of one bin around it.

    Attributes
    ----------
    counts : int64[N_ENERGIES + 2, N_DISTANCES + 2]
        Entries; the first and last row and column are out of range.
    weights : float64[N_ENERGIES + 2, N_DISTANCES + 2]
        Sums of their weights.
    sums, all_sums : float64[2]
        Sums of distances and log energies times weights: of entries within both ranges'
        own axis, and of all.
    """

    counts: I8 = field(
        default_factory=lambda: np.zeros((N_ENERGIES + 2, N_DISTANCES + 2), np.int64)
    )
    weights: F8 = field(
        default_factory=lambda: np.zeros((N_ENERGIES + 2, N_DISTANCES + 2))
    )
    sums: list[float] = field(default_factory=lambda: [0.0, 0.0])
    all_sums: list[float] = field(default_factory=lambda: [0.0, 0.0])

    def add(
        self, distance: float, log_energy: float, upper: float, weight: float = 1.0
    ) -> None:
        """Count one event; ``upper`` ends the axis of distances."""
        low, high = LOG_ENERGIES
        column = _bin(distance / upper, N_DISTANCES)
        row = _bin((log_energy - low) / (high - low), N_ENERGIES)
        self.counts[row, column] += 1
        self.weights[row, column] += weight
        is_inside = (0 < column <= N_DISTANCES, 0 < row <= N_ENERGIES)
        for axis, value in enumerate((distance, log_energy)):
            self.sums[axis] += weight * value * is_inside[axis]
            self.all_sums[axis] += weight * value

    def merge(self, other: Self) -> None:
        """Add the counts of another piece."""
        self.counts += other.counts
        self.weights += other.weights
        for axis in range(2):
            self.sums[axis] += other.sums[axis]
            self.all_sums[axis] += other.all_sums[axis]

    def to_plain(self) -> dict[str, Any]:
        """Bins that are not empty and sums, for a record."""
        bins = np.flatnonzero(self.counts)
        return {
            "bins": bins.tolist(),
            "counts": self.counts.ravel()[bins].tolist(),
            "weights": self.weights.ravel()[bins].tolist(),
            "sums": self.sums,
            "all_sums": self.all_sums,
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """Read what `to_plain` wrote."""
        filling = cls(sums=list(plain["sums"]), all_sums=list(plain["all_sums"]))
        filling.counts.ravel()[plain["bins"]] = plain["counts"]
        filling.weights.ravel()[plain["bins"]] = plain["weights"]
        return filling

    def to_histogram(self, ident: int, upper: float) -> Histogram:
        """Turn it into a histogram of a file."""
        counts, weights = self.counts, self.weights
        inside = weights[1:-1, 1:-1]
        rows = np.array([weights[0], weights[1:-1].sum(axis=0), weights[-1]])
        regions = np.column_stack([rows[:, 0], rows[:, 1:-1].sum(axis=1), rows[:, -1]])
        columns, totals = counts.sum(axis=0), counts.sum(axis=1)
        return Histogram(
            ident=ident,
            title=TITLES[ident],
            axes=[
                self._axis(0, columns, (0.0, upper)),
                self._axis(1, totals, LOG_ENERGIES),
            ],
            data=inside,
            entries=int(counts.sum()),
            tentries=int(counts[1:-1, 1:-1].sum()),
            content_all=float(weights.sum()),
            content_inside=float(inside.sum()),
            content_outside=np.delete(regions.ravel(), 4),
        )

    def _axis(self, axis: int, counts: I8, ends: tuple[float, float]) -> Axis:
        return Axis(
            n_bins=counts.size - 2,
            lower=ends[0],
            upper=ends[1],
            underflow=int(counts[0]),
            overflow=int(counts[-1]),
            sum=self.all_sums[axis],
            tsum=self.sums[axis],
        )


def _bin(share: float, n_bins: int) -> int:
    return min(max(math.floor(share * n_bins), -1), n_bins) + 1


class Thrown(NamedTuple):
    """One use of a shower, as histograms count it.

    Attributes
    ----------
    on_ground, across : float
        Distances of the core, m.
    energy : float
        TeV.
    weight : float
        See `event_weight`.
    upper : float
        End of the axis of distances, m.
    """

    on_ground: float
    across: float
    energy: float
    weight: float
    upper: float


@dataclass(eq=False)
class Tally:
    """All that is counted of some showers.

    Attributes
    ----------
    counts : dict of str to int
        ``showers``; uses of them (``thrown``); array ``events``, ``telescope_events``,
        true ``images``.
    fillings : dict of int to Filling
        Histograms by their ids.
    """

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_ENTRIES, 0))
    fillings: dict[int, Filling] = field(
        default_factory=lambda: {ident: Filling() for ident in TITLES}
    )

    def throw(self, event: Thrown) -> None:
        """Count a use of a shower."""
        self.counts["thrown"] += 1
        self._fill(ON_GROUND, histograms.THROWN, histograms.WEIGHTED_THROWN, event)

    def trigger(self, event: Thrown) -> None:
        """Count an event."""
        self.counts["events"] += 1
        self._fill(
            ON_GROUND_TRIGGERED,
            histograms.TRIGGERED,
            histograms.WEIGHTED_TRIGGERED,
            event,
        )

    def _fill(self, ground: int, across: int, weighted: int, event: Thrown) -> None:
        log_energy, upper = math.log10(event.energy), event.upper
        self.fillings[ground].add(event.on_ground, log_energy, upper)
        self.fillings[across].add(event.across, log_energy, upper)
        self.fillings[weighted].add(event.across, log_energy, upper, event.weight)

    def to_plain(self) -> dict[str, Any]:
        """For a record of a piece."""
        fillings = {str(k): each.to_plain() for k, each in self.fillings.items()}
        return {"counts": self.counts, "fillings": fillings}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """Read what `to_plain` wrote."""
        fillings = {
            int(ident): Filling.from_plain(each)
            for ident, each in plain["fillings"].items()
        }
        return cls(dict(plain["counts"]), fillings)


def total(tallies: Iterable[Tally]) -> Tally:
    """Add up the tallies of all pieces, in their order."""
    out = Tally()
    for each in tallies:
        for name, count in each.counts.items():
            out.counts[name] += count
        for ident, filling in each.fillings.items():
            out.fillings[ident].merge(filling)
    return out
