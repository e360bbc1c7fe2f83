"""How deep in the air a height is: atmosphere profiles as simulations tabulate them."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import F8, I8

# A cubic needs as many.
_LEAST_ROWS = 4


@dataclass(frozen=True, slots=True)
class AtmosphereProfile:
    """Vertical depth as a function of height.

    The logarithm of the depth is a cubic spline in the height, as in ctapipe; at either
    end, the last two pieces are one cubic ("not a knot").

    Attributes
    ----------
    height : float64[k]
        Heights above sea level in km, ascending; at least four.
    log_depth : float64[k]
        Decimal logarithm of the depth in g/cm2.
    curvature : float64[k]
        Second derivatives of the spline.
    """

    height: F8
    log_depth: F8
    curvature: F8

    @classmethod
    def of(cls, height: F8, density: F8, column_density: F8) -> "AtmosphereProfile":
        """Make a profile of a table of ``simulation/atmosphere``.

        Parameters
        ----------
        height, density, column_density : float64[k]
            km, g/cm3, g/cm2. Rows below the sea or without air are left out.

        Raises
        ------
        ValueError
            If fewer than four rows are left, or two have the same height.
        """
        usable = (height >= 0) & (density > 0) & (column_density > 0)
        order = np.argsort(height[usable])
        x = height[usable][order]
        if x.size < _LEAST_ROWS:
            raise ValueError(
                f"an atmosphere profile needs {_LEAST_ROWS} rows with air, "
                f"this one has {x.size}"
            )
        if (np.diff(x) == 0).any():
            raise ValueError("an atmosphere profile has the same height twice")
        y = np.log10(column_density[usable][order])
        return cls(x, y, _second_derivatives(x, y))

    def depth(self, height: F8) -> F8:
        """Vertical depth in g/cm2 at heights in m; NaN outside the table."""
        x = np.asarray(height, np.float64) / 1e3
        inside = (x >= self.height[0]) & (x <= self.height[-1])
        # Axes of badly reconstructed showers meet far out: not for the spline.
        x = np.where(inside, x, self.height[0])
        piece = np.searchsorted(self.height[1:-1], x, "right")
        step = np.diff(self.height)[piece]
        above = (x - self.height[piece]) / step
        below = 1.0 - above
        bend = (below**3 - below) * self.curvature[piece]
        bend += (above**3 - above) * self.curvature[piece + 1]
        line = below * self.log_depth[piece] + above * self.log_depth[piece + 1]
        depth: F8 = np.where(inside, 10.0 ** (line + bend * step**2 / 6.0), np.nan)
        return depth


def _second_derivatives(x: F8, y: F8) -> F8:
    """Second derivatives of the cubic spline through points, at these."""
    n, h = x.size, np.diff(x)
    matrix, right = np.zeros((n, n)), np.zeros(n)
    for i in range(1, n - 1):
        matrix[i, i - 1 : i + 2] = h[i - 1], 2.0 * (h[i - 1] + h[i]), h[i]
        right[i] = 6.0 * ((y[i + 1] - y[i]) / h[i] - (y[i] - y[i - 1]) / h[i - 1])
    # The third derivative does not jump at the last but one points.
    matrix[0, :3] = h[1], -h[0] - h[1], h[0]
    matrix[-1, -3:] = h[-1], -h[-1] - h[-2], h[-2]
    return np.asarray(np.linalg.solve(matrix, right), np.float64)


def profiles_of(table: pa.Table) -> dict[int, AtmosphereProfile]:
    """Profiles of ``simulation/atmosphere`` by ``obs_id``.

    A run whose rows make no profile is left out, as is one without rows.
    """
    profiles = {}
    columns = {name: table[name].to_numpy() for name in table.column_names}
    for obs_id in np.unique(columns["obs_id"]).tolist():
        rows = columns["obs_id"] == obs_id
        parts = (columns[n][rows] for n in ("height", "density", "column_density"))
        with suppress(ValueError):
            profiles[obs_id] = AtmosphereProfile.of(*parts)
    return profiles


def vertical_depth(
    profiles: Mapping[int, AtmosphereProfile], obs_id: I8, height: F8
) -> F8:
    """Vertical depth of heights in the atmosphere of their run.

    Parameters
    ----------
    profiles : mapping of int to AtmosphereProfile
        By ``obs_id``, see `profiles_of`.
    obs_id : int64[n]
        Run of each height.
    height : float64[n]
        Above sea level, m.

    Returns
    -------
    depth : float64[n]
        g/cm2; NaN where the run has no profile, or the height is outside of it.
    """
    depth = np.full(len(height), np.nan)
    for each, profile in profiles.items():
        rows = obs_id == each
        depth[rows] = profile.depth(height[rows])
    return depth
