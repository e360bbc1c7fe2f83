"""Classes of array events by how large an error is predicted for them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cta_columnar.array_types import F8

UNKNOWN = -1


@dataclass(frozen=True, eq=False)
class EventClasses:
    """Where one class ends and the next begins, for each bin of energy.

    Attributes
    ----------
    energy_low, energy_high : float64[b]
        Bins of reconstructed energy, TeV: ``low <= energy < high``. They ascend, and
        there may be gaps between them.
    edge : float64[b, k - 1]
        Largest predicted error of each class but the last, ascending.

    Raises
    ------
    ValueError
        If bins or edges do not ascend, or a number is not finite.
    """

    energy_low: F8
    energy_high: F8
    edge: F8

    def __post_init__(self) -> None:
        """Refuse what classifies nothing."""
        n_bins = self.energy_low.size
        shapes = self.energy_low.shape == self.energy_high.shape == (n_bins,)
        if not shapes or self.edge.ndim != 2 or len(self.edge) != n_bins:
            raise ValueError("bins of energy and edges of classes differ in number")
        if not (n_bins and self.edge.shape[1]):
            raise ValueError("there is no bin of energy, or only one class")
        numbers = (self.energy_low, self.energy_high, self.edge)
        if not all(np.isfinite(each).all() for each in numbers):
            raise ValueError("an edge is not finite")
        if (self.energy_low >= self.energy_high).any():
            raise ValueError("a bin of energy is empty")
        if (self.energy_high[:-1] > self.energy_low[1:]).any():
            raise ValueError("bins of energy overlap or do not ascend")
        if (np.diff(self.edge, axis=1) < 0).any():
            raise ValueError("edges of classes do not ascend")

    @property
    def n_classes(self) -> int:
        """How many classes there are."""
        return int(self.edge.shape[1]) + 1

    def of(self, energy: F8, error: F8) -> npt.NDArray[np.int8]:
        """Classify events.

        Parameters
        ----------
        energy : float64[n]
            Reconstructed energy, TeV.
        error : float64[n]
            Predicted error, in the unit of the edges.

        Returns
        -------
        int8[n]
            0 for the smallest errors; -1 outside of all bins, and where energy or error
            is NaN.
        """
        place = np.searchsorted(self.energy_low, energy, side="right") - 1
        inside = (place >= 0) & (energy < self.energy_high[place]) & ~np.isnan(error)
        above = error[:, np.newaxis] > self.edge[place]
        number = np.count_nonzero(above, axis=1).astype(np.int8)
        return np.where(inside, number, np.int8(UNKNOWN))
