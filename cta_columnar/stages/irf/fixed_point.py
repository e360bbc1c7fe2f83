"""Sums of weights as integers, so that no order of additions changes them.

A sum is a row of limbs: integers of 64 bits, each counting in units ``2**31`` times
smaller than those of the limb before it. Sums of parts are added limb by limb. One
integer would not do: weights of one proton spectrum span more than 15 decades between
their smallest value and their sum.
"""

from dataclasses import dataclass

import numpy as np

from cta_columnar.array_types import F8, I4, I8
from cta_columnar.errors import UserError
from cta_columnar.kernels import histograms


@dataclass(frozen=True)
class FixedPoint:
    """What the limbs of a sum stand for.

    Attributes
    ----------
    unit : float
        One in the first limb, a power of two; sums are below ``2**63`` of it.
    n_limbs : int
        Numbers are rounded to ``unit / 2**(31 (n_limbs - 1))``.
    """

    unit: float
    n_limbs: int

    def zeros(self, n_bins: int) -> I8:
        """Return sums of nothing: int64[b, l]."""
        return np.zeros((n_bins, self.n_limbs), np.int64)

    def add(self, sums: I8, place: I4, values: F8, what: str) -> None:
        """Add numbers to the sums of their places.

        Parameters
        ----------
        sums : int64[b, l]
            Added to.
        place : int32[n]
            Bin of each number; it is left out if negative.
        values : float64[n]
            Numbers.
        what : str
            What the numbers are, for errors.

        Raises
        ------
        UserError
            If a number is negative or not finite, or a sum gets too large.
        """
        row = histograms.first_bad_weight(place, values, self.unit)
        if row >= 0:
            raise UserError(
                f"{what}: {values[row]} in row {row} of a batch is no weight; weights "
                f"are finite, not negative and at most {self.largest:g}"
            )
        if histograms.add_weights(place, values, self.unit, sums) >= 0:
            raise self._too_large(what)

    def merged(self, one: I8, other: I8, what: str) -> I8:
        """Sum of two sums.

        Raises
        ------
        UserError
            If it gets too large.
        """
        total = one + other
        # Limbs are not negative, so one that is has gone round.
        if (total < 0).any():
            raise self._too_large(what)
        return total

    def cumulated(self, sums: I8, axis: int, what: str) -> I8:
        """Cumulative sums of sums along an axis; the last one is of limbs.

        Raises
        ------
        UserError
            If one gets too large.
        """
        total = np.cumsum(sums, axis=axis)
        if (np.diff(total, axis=axis) < 0).any():
            raise self._too_large(what)
        return total

    def to_float(self, sums: I8) -> F8:
        """Return sums as floats: float64[b]."""
        total = np.zeros(sums.shape[0])
        for limb in range(self.n_limbs - 1, -1, -1):
            total = total / 2.0**histograms.LIMB_BITS + sums[:, limb]
        return total * self.unit

    @property
    def largest(self) -> float:
        """Largest number that may be added."""
        return histograms.LARGEST_WEIGHT * self.unit

    def _too_large(self, what: str) -> UserError:
        return UserError(
            f"{what}: a sum of weights is above {2 * self.largest:g}; weigh for a "
            "shorter time of observation"
        )


# Weights from 2e-19 to 2e12, since squares go from 1e-22 to 5e24; sums up to 9e18.
WEIGHTS = FixedPoint(1.0, 3)
SQUARES = FixedPoint(2.0**20, 4)
