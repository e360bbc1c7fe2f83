"""Atmospheres: how dense the air is, how it bends light and how it swallows it.

La Palma (winter) and Paranal are shipped as five exponential layers, the form that
CORSIKA uses (D. Heck et al., FZKA 6019 (1998), section 2.6), with the numbers found in
headers of public CTAO simulation files. A user's table may take their place.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cta_columnar.errors import UserError
from cta_columnar.kernels.simulation.atmosphere import Air

F8 = NDArray[np.float64]

# Rows: lowest height (m), a (g/cm2), b (g/cm2), c (m).
LAYERS = {
    "LaPalma": (
        (0.0, -164.338047, 1209.06805, 9941.8638),
        (4e3, -133.71028, 1178.33615, 9633.73444),
        (10e3, -1.28699574, 1372.07593, 6361.4304),
        (25e3, -3.24737162e-05, 992.545733, 6839.85151),
        (116e3, 0.000309548486, 1.0, 387661402.0),
    ),
    "Paranal": (
        (0.0, -140.5077599712722, 1178.0477599712722, 9941.8638),
        (9750.0, -18.437697122699205, 1265.0843067964263, 7089.150512604567),
        (19e3, 0.21756484709135293, 1349.220588687717, 6361.4304),
        (46e3, -0.00020179629553851441, 703.7445863651711, 7211.27963837825),
        (106e3, 0.0007631383839243023, 1.0, 157247459.92592794),
    ),
}

REFRACTION = 0.231
"""n - 1 per density, cm3/g; constant to 0.3 % in the tables of real files."""

TOP = 120e3
_STEP = 50.0
_LOG_STEP = 0.01
_LEAST_DEPTH = 1e-4

# Rayleigh mean free path at 400 nm, and the wavelength that stands for Cherenkov light
# between 300 and 600 nm as a photomultiplier sees it.
_RAYLEIGH_DEPTH = 2974.0
_WAVELENGTH = 410.0

# As many rows, at the same heights, as the tables in real files.
_FILE_KM = np.concatenate(
    [np.arange(0.0, 25.0), np.arange(25.0, 50.0, 2.5), np.arange(50.0, 121.0, 5.0)]
)


@dataclass(frozen=True)
class Aerosols:
    """Dust near the ground: its optical depth, straight up, and scale height in m."""

    optical_depth: float = 0.04
    scale_height: float = 1200.0


@dataclass(frozen=True, eq=False)
class Atmosphere:
    """An atmosphere above an observation level.

    Attributes
    ----------
    name : str
        For the file.
    air : Air
        Its tables, for kernels.
    layers : float64[5, 4] or None
        Lowest height (m), a, b (g/cm2) and c (m) of five layers, where it has them.
    """

    name: str
    air: Air
    layers: F8 | None

    def with_transmission(self, table: F8) -> "Atmosphere":
        """Take what the air lets through from a table.

        Parameters
        ----------
        table : float64[n, 2]
            Height above sea level in km, ascending, and the share of light from there
            that reaches the observation level straight down, averaged over wavelengths.
            Above the last row nothing more is lost.

        Raises
        ------
        UserError
            If the table is impossible.
        """
        _check_transmission(self.name, table)
        heights = np.arange(self.air.thickness.size) * self.air.step
        above = table[table[:, 0] * 1e3 > self.air.observer]
        rows = np.vstack([[self.air.observer / 1e3, 1.0], above])
        opacity = np.interp(heights / 1e3, rows[:, 0], -np.log(rows[:, 1]))
        return replace(self, air=self.air._replace(opacity=opacity))

    @property
    def observation_depth(self) -> float:
        """Mass above the observation level, g/cm2."""
        return float(self.thickness(self.air.observer))

    def thickness(self, height: float | F8) -> F8:
        """Mass above a height in m, g/cm2."""
        grid = np.arange(self.air.thickness.size) * self.air.step
        return np.asarray(np.interp(height, grid, self.air.thickness))

    def profile(self) -> F8:
        """Make the table for a file: km, g/cm3, g/cm2, n - 1; float64[n, 4]."""
        rows = np.rint(_FILE_KM * 1e3 / self.air.step).astype(int)
        tables = (self.air.density, self.air.thickness, self.air.refractivity)
        return np.column_stack([_FILE_KM, *(table[rows] for table in tables)])


def shipped(name: str, observer: float, aerosols: Aerosols | None = None) -> Atmosphere:
    """Make a shipped atmosphere, seen from the height ``observer`` in m.

    Raises
    ------
    UserError
        If there is none of this name.
    """
    if name not in LAYERS:
        known = ", ".join(sorted(LAYERS))
        raise UserError(f"no atmosphere {name!r}; there are {known}, or give a table")
    layers = np.array(LAYERS[name])
    heights = np.arange(0.0, TOP + _STEP / 2, _STEP)
    thickness, density = five_layers(layers, heights)
    air = _air(heights, thickness, density, REFRACTION * density, observer, aerosols)
    return Atmosphere(name, air, layers)


def from_table(
    name: str, table: F8, observer: float, aerosols: Aerosols | None = None
) -> Atmosphere:
    """Make an atmosphere from a table.

    Parameters
    ----------
    name : str
        For the file.
    table : float64[n, 4]
        Height in km, density in g/cm3, thickness in g/cm2 and n - 1, heights ascending:
        the columns of an ``atmprof`` file of CORSIKA.
    observer : float
        Observation level, m.
    aerosols : Aerosols, optional
        Dust.

    Raises
    ------
    UserError
        If the table cannot be an atmosphere.
    """
    _check(name, table)
    heights = np.arange(0.0, TOP + _STEP / 2, _STEP)
    # All three fall off nearly exponentially; a last row of zeros is clipped, not lost.
    density, thickness, refractivity = (
        np.exp(np.interp(heights / 1e3, table[:, 0], np.log(np.maximum(column, 1e-14))))
        for column in table[:, 1:].T
    )
    air = _air(heights, thickness, density, refractivity, observer, aerosols)
    return Atmosphere(name, air, None)


def five_layers(layers: F8, heights: F8) -> tuple[F8, F8]:
    """Thickness (g/cm2) and density (g/cm3) at heights in m.

    ``T = a + b exp(-h / c)`` in four layers and ``a - b h / c`` in the fifth.
    """
    row = np.searchsorted(layers[:, 0], heights, side="right") - 1
    _, a, b, c = layers[np.clip(row, 0, len(layers) - 1)].T
    falling = np.exp(-heights / c)
    linear = row == len(layers) - 1
    thickness = np.where(linear, a - b * heights / c, a + b * falling)
    per_m = np.where(linear, b / c, b / c * falling)
    return np.maximum(thickness, 0.0), per_m / 100.0


def _check(name: str, table: F8) -> None:
    if table.ndim != 2 or table.shape[1] != 4 or len(table) < 2:
        raise UserError(
            f"atmosphere {name!r}: need two rows or more of height (km), density "
            f"(g/cm3), thickness (g/cm2) and n - 1, found shape {table.shape}"
        )
    for column, what in enumerate(("height", "density", "thickness", "n - 1")):
        steps = np.diff(table[:, column]) * (1 if column == 0 else -1)
        # The top layer of some models has one density.
        good = steps > 0 if column == 0 else steps >= 0
        bad = ~good | ~(table[1:, column] >= 0)
        if bad.any():
            row = int(np.argmax(bad)) + 1
            raise UserError(
                f"atmosphere {name!r}: {what} does not "
                f"{'rise' if column == 0 else 'fall'} to row {row}: "
                f"{table[row - 1, column]:g}, {table[row, column]:g}"
            )


def _check_transmission(name: str, table: F8) -> None:
    if table.ndim != 2 or table.shape[1] != 2 or not len(table):
        raise UserError(
            f"transmission of atmosphere {name!r}: need rows of height (km) and share "
            f"of light, found shape {table.shape}"
        )
    height, share = table.T
    good = (share > 0) & (share <= 1) & np.isfinite(height)
    good[1:] &= (np.diff(height) > 0) & (np.diff(share) <= 0)
    if not good.all():
        row = int(np.argmin(good))
        raise UserError(
            f"transmission of atmosphere {name!r}: row {row}, {height[row]:g} km and "
            f"{share[row]:g}: heights must rise, and shares fall from 1 towards 0"
        )


def _air(
    heights: F8,
    thickness: F8,
    density: F8,
    refractivity: F8,
    observer: float,
    aerosols: Aerosols | None,
) -> Air:
    aerosols = aerosols or Aerosols()
    at_observer = np.interp(observer, heights, thickness)
    rayleigh = (at_observer - thickness) / _RAYLEIGH_DEPTH * (400 / _WAVELENGTH) ** 4
    above = np.exp(-(heights - observer) / aerosols.scale_height)
    opacity = rayleigh + aerosols.optical_depth * (1.0 - above)
    log_first = float(np.log(thickness[0]))
    log_depths = np.arange(np.log(_LEAST_DEPTH), log_first + _LOG_STEP, _LOG_STEP)
    log_depths = log_first - np.arange(log_depths.size) * _LOG_STEP
    falling = np.log(np.maximum(thickness, 1e-12))
    return Air(
        step=_STEP,
        thickness=thickness,
        density=density,
        refractivity=refractivity,
        opacity=np.where(heights > observer, opacity, 0.0),
        heights=np.interp(-log_depths, -falling, heights),
        log_first=log_first,
        log_step=_LOG_STEP,
        observer=float(observer),
    )
