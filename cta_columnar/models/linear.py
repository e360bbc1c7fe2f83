"""Linear models: a sum of features times coefficients."""

from dataclasses import dataclass

import numpy as np

from cta_columnar.array_types import F8


@dataclass(frozen=True, eq=False)
class Linear:
    """A linear model of any number of outputs.

    Attributes
    ----------
    coefficient : float64[o, f]
        Of each feature, for each output.
    base : float64[o]
        Value of each output where all features are 0.

    Raises
    ------
    ValueError
        If a number is not finite, or shapes do not fit.
    """

    coefficient: F8
    base: F8

    def __post_init__(self) -> None:
        """Refuse what cannot be evaluated."""
        n_outputs = self.coefficient.shape[0]
        if self.coefficient.ndim != 2 or self.base.shape != (n_outputs,):
            raise ValueError(
                f"coefficients {self.coefficient.shape} do not fit "
                f"base values {self.base.shape}"
            )
        if not (np.isfinite(self.coefficient).all() and np.isfinite(self.base).all()):
            raise ValueError("a coefficient or base value is not finite")

    @property
    def n_outputs(self) -> int:
        """Numbers it gives for each row."""
        return self.base.size

    @property
    def n_features(self) -> int:
        """Features it wants."""
        return int(self.coefficient.shape[1])

    def evaluate(self, x: F8) -> F8:
        """float64[r, o]: raw outputs of rows x[r, f]."""
        raw: F8 = x @ self.coefficient.T + self.base
        return raw
