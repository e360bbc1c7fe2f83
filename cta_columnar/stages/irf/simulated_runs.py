"""What a simulation threw: spectrum, area and view cone of each of its runs."""

import math
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import F8, AnyArray, Mask
from cta_columnar.errors import UserError
from cta_columnar.instrument import frames
from cta_columnar.stages.irf.simulated_spectra import (
    SimulatedSpectra,
    columns_of,
    refuse,
    spectra_of,
)

# How CORSIKA spread cores; a rectangle has no radius.
_CIRCLE = 1


@dataclass(frozen=True, eq=False)
class SimulatedRuns(SimulatedSpectra):
    """Runs of one kind of particle, each a power law over a circle and a view cone.

    All arrays have one row per run and are float64[r], if nothing else is said.

    Attributes
    ----------
    obs_id, n_showers, index, energy_min, energy_max
        See `SimulatedSpectra`.
    area : array
        Of core positions, m2.
    cone_min, cone_max : array
        Inner and outer radius of the view cone, deg; both 0 for a point source.
    source_offset : array
        Of its centre from the centre of the field of view, deg; NaN if it moved.
    """

    area: F8
    cone_min: F8
    cone_max: F8
    source_offset: F8

    def __post_init__(self) -> None:
        super().__post_init__()
        is_cone = (self.cone_min >= 0) & (self.cone_max >= self.cone_min)
        problems = {
            "its cores are not spread over an area": ~(self.area > 0),
            "its view cone is none": ~is_cone,
        }
        for what, bad in problems.items():
            refuse(self.obs_id, bad, what)
        if np.unique(self.is_diffuse).size > 1:
            raise UserError(
                "some runs are diffuse and some are of a point source: make responses "
                "of each kind for itself"
            )

    @property
    def is_diffuse(self) -> Mask:
        """Whether directions are spread over a cone: bool[r]."""
        return self.cone_max > self.cone_min

    @property
    def solid_angle(self) -> F8:
        """Of the view cone, sr; 1 for a point source: float64[r]."""
        cone = cone_solid_angle(self.cone_max) - cone_solid_angle(self.cone_min)
        return np.where(self.is_diffuse, cone, 1.0)

    @property
    def total_area(self) -> float:
        """Area of core positions, m2.

        Raises
        ------
        UserError
            If runs differ: there is no effective area of them together.
        """
        if np.ptp(self.area) > 1e-9 * self.area[0]:
            radii = np.sqrt(np.unique(self.area) / np.pi)
            listed = ", ".join(f"{radius:.0f}" for radius in radii)
            raise UserError(
                f"cores were spread over circles of different size ({listed} m): make "
                "responses of each kind for itself"
            )
        return float(self.area[0])

    @property
    def view_cone(self) -> tuple[float, float]:
        """Inner and outer radius of the view cone, deg.

        Raises
        ------
        UserError
            If runs differ: what was thrown then depends on the direction.
        """
        if np.ptp(self.cone_min) > 0 or np.ptp(self.cone_max) > 0:
            radii = sorted({float(radius) for radius in self.cone_max})
            listed = ", ".join(f"{radius:g}" for radius in radii)
            raise UserError(
                f"showers were thrown into view cones of different size ({listed} deg "
                "and what is left out inside): weigh those of each for themselves"
            )
        return float(self.cone_min[0]), float(self.cone_max[0])

    def select(self, rows: AnyArray) -> "SimulatedRuns":
        """Return some of the runs."""
        return SimulatedRuns(
            **{name: array[rows] for name, array in vars(self).items()}
        )

    @property
    def n_total(self) -> float:
        """Showers of all runs."""
        _, _, counts = self._kinds(self._over)
        return math.fsum(counts)

    @property
    def is_of_one_kind(self) -> bool:
        """Whether runs differ in nothing but their number of showers."""
        _, first, _ = self._kinds(self._over)
        return len(first) == 1

    def per_shower(self) -> "SimulatedRuns":
        """Return a run of each kind, which throw one shower together.

        Weights by these, over `n_total`, are those by all runs. If all are of one kind,
        they do not depend on how many showers that is, so that those of other runs of
        the kind can be added.
        """
        _, first, counts = self._kinds(self._over)
        return replace(self.select(first), n_showers=counts / math.fsum(counts))

    @property
    def _over(self) -> F8:
        """Return what showers are spread over: area, and solid angle if diffuse."""
        return self.area * self.solid_angle

    def density(self, energy: F8) -> F8:
        """Showers thrown per energy and area, and solid angle if diffuse.

        The sum over all runs, each within its range of energies.

        Parameters
        ----------
        energy : float64[n]
            TeV.

        Returns
        -------
        density : float64[n]
            1 / (TeV m2), or 1 / (TeV m2 sr).
        """
        return self._density(energy, self._over)


def read_simulated_runs(runs: pa.Table) -> SimulatedRuns:
    """Read what was thrown from the table ``simulation/runs`` of a dataset.

    Parameters
    ----------
    runs : pyarrow.Table
        Columns of ``schemas.simulation.RUNS``. With the column ``kept_share``, the
        showers of a run count by that share. The order of the rows does not matter.

    Raises
    ------
    UserError
        If a run does not say what was thrown.
    """
    columns = columns_of(runs)
    not_a_circle = columns["core_pos_mode"] != _CIRCLE
    refuse(columns["obs_id"], not_a_circle, "its cores are not spread over a circle")
    radii = columns["max_scatter_range"] ** 2 - columns["min_scatter_range"] ** 2
    diffuse = columns["diffuse"]
    angles = ("max_az", "max_alt", "pointing_az", "pointing_alt")
    offset = frames.angular_separation(*(columns[name] for name in angles))
    moved = (columns["min_alt"] != columns["max_alt"]) | (
        columns["min_az"] != columns["max_az"]
    )
    return SimulatedRuns(
        **spectra_of(columns),
        area=np.pi * radii,
        cone_min=np.where(diffuse, columns["min_viewcone_radius"], 0.0),
        cone_max=np.where(diffuse, columns["max_viewcone_radius"], 0.0),
        source_offset=np.where(moved, np.nan, offset),
    )


def cone_solid_angle(radius: F8 | float) -> F8:
    """Solid angle (sr) of a cone of an opening angle (deg).

    By the sine of half the angle, as the cosine of small angles has too few digits.
    """
    half_sine = np.sin(np.radians(radius) / 2)
    return np.asarray(4 * np.pi * half_sine**2, np.float64)
