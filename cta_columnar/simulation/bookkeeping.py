"""What was thrown and what triggered: counts of a run, kept as integers.

Counts of pieces add up to those of the run, whoever made them.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from cta_columnar.simulation.simtel import histograms
from cta_columnar.simulation.simtel.histograms import Axis, Histogram

I8 = NDArray[np.int64]

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
}


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
    sums, all_sums : float64[2]
        Sums of distances and log energies: of entries within both ranges' own axis,
        and of all.
    """

    counts: I8 = field(
        default_factory=lambda: np.zeros((N_ENERGIES + 2, N_DISTANCES + 2), np.int64)
    )
    sums: list[float] = field(default_factory=lambda: [0.0, 0.0])
    all_sums: list[float] = field(default_factory=lambda: [0.0, 0.0])

    def add(self, distance: float, log_energy: float, upper: float) -> None:
        """Count one event; ``upper`` ends the axis of distances."""
        low, high = LOG_ENERGIES
        column = _bin(distance / upper, N_DISTANCES)
        row = _bin((log_energy - low) / (high - low), N_ENERGIES)
        self.counts[row, column] += 1
        is_inside = (0 < column <= N_DISTANCES, 0 < row <= N_ENERGIES)
        for axis, value in enumerate((distance, log_energy)):
            self.sums[axis] += value * is_inside[axis]
            self.all_sums[axis] += value

    def merge(self, other: Self) -> None:
        """Add the counts of another piece."""
        self.counts += other.counts
        for axis in range(2):
            self.sums[axis] += other.sums[axis]
            self.all_sums[axis] += other.all_sums[axis]

    def to_plain(self) -> dict[str, Any]:
        """Bins that are not empty and sums, for a record."""
        bins = np.flatnonzero(self.counts)
        counts = self.counts.ravel()[bins]
        return {
            "bins": bins.tolist(),
            "counts": counts.tolist(),
            "sums": self.sums,
            "all_sums": self.all_sums,
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """Read what `to_plain` wrote."""
        filling = cls(sums=list(plain["sums"]), all_sums=list(plain["all_sums"]))
        filling.counts.ravel()[plain["bins"]] = plain["counts"]
        return filling

    def to_histogram(self, ident: int, upper: float) -> Histogram:
        """Turn it into a histogram of a file."""
        counts = self.counts
        inside = counts[1:-1, 1:-1]
        rows = np.array([counts[0], counts[1:-1].sum(axis=0), counts[-1]])
        regions = np.column_stack([rows[:, 0], rows[:, 1:-1].sum(axis=1), rows[:, -1]])
        columns, totals = counts.sum(axis=0), counts.sum(axis=1)
        return Histogram(
            ident=ident,
            title=TITLES[ident],
            axes=[
                self._axis(0, columns, (0.0, upper)),
                self._axis(1, totals, LOG_ENERGIES),
            ],
            data=inside.astype(np.float64),
            entries=int(inside.sum()),
            tentries=int(counts.sum()),
            content_all=float(counts.sum()),
            content_inside=float(inside.sum()),
            content_outside=np.delete(regions.ravel(), 4).astype(np.float64),
        )

    def _axis(self, axis: int, counts: I8, ends: tuple[float, float]) -> Axis:
        return Axis(
            n_bins=counts.size - 2,
            lower=ends[0],
            upper=ends[1],
            underflow=int(counts[0]),
            overflow=int(counts[-1]),
            sum=self.sums[axis],
            tsum=self.all_sums[axis],
        )


def _bin(share: float, n_bins: int) -> int:
    return min(max(math.floor(share * n_bins), -1), n_bins) + 1


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

    def throw(
        self, on_ground: float, across: float, energy: float, upper: float
    ) -> None:
        """Count a use of a shower: distances of the core in m, energy in TeV."""
        self.counts["thrown"] += 1
        self._fill(ON_GROUND, on_ground, energy, upper)
        self._fill(histograms.THROWN, across, energy, upper)

    def trigger(
        self, on_ground: float, across: float, energy: float, upper: float
    ) -> None:
        """Count an event; parameters as in `throw`."""
        self.counts["events"] += 1
        self._fill(ON_GROUND_TRIGGERED, on_ground, energy, upper)
        self._fill(histograms.TRIGGERED, across, energy, upper)

    def _fill(self, ident: int, distance: float, energy: float, upper: float) -> None:
        self.fillings[ident].add(distance, math.log10(energy), upper)

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
