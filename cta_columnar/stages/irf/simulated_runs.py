"""What a simulation threw: spectrum, area and view cone of each of its runs."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import F8, I8, AnyArray, Index, Mask
from cta_columnar.arrays import to_numpy
from cta_columnar.errors import UserError
from cta_columnar.instrument import frames

# Energies of events are float32 in raw files, so the last ones may be out of range.
_ROUNDING = 1e-6

# How CORSIKA spread cores; a rectangle has no radius.
_CIRCLE = 1


@dataclass(frozen=True, eq=False)
class SimulatedRuns:
    """Runs of one kind of particle, each a power law over a circle and a view cone.

    All arrays have one row per run and are float64[r], if nothing else is said.

    Attributes
    ----------
    obs_id : int64[r]
        Which run it is.
    n_showers : array
        Showers thrown, every use counted.
    index : array
        Spectral index, with its sign.
    energy_min, energy_max : array
        TeV.
    area : array
        Of core positions, m2.
    cone_min, cone_max : array
        Inner and outer radius of the view cone, deg; both 0 for a point source.
    source_offset : array
        Of its centre from the centre of the field of view, deg; NaN if it moved.
    """

    obs_id: I8
    n_showers: F8
    index: F8
    energy_min: F8
    energy_max: F8
    area: F8
    cone_min: F8
    cone_max: F8
    source_offset: F8

    def __post_init__(self) -> None:
        problems = {
            "no shower was thrown": ~(self.n_showers > 0),
            "its energies have no range": ~(
                (self.energy_min > 0) & (self.energy_max > self.energy_min)
            ),
            "its cores are not spread over an area": ~(self.area > 0),
            "its view cone is none": ~(
                (self.cone_min >= 0) & (self.cone_max >= self.cone_min)
            ),
        }
        for what, bad in problems.items():
            _refuse(self.obs_id, bad, what)
        if self.n_showers.size == 0:
            raise UserError("there is no simulated run: what was thrown is not known")
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
        _, _, counts = self._kinds()
        return math.fsum(counts)

    @property
    def is_of_one_kind(self) -> bool:
        """Whether runs differ in nothing but their number of showers."""
        _, first, _ = self._kinds()
        return len(first) == 1

    def per_shower(self) -> "SimulatedRuns":
        """Return a run of each kind, which throw one shower together.

        Weights by these, over `n_total`, are those by all runs. If all are of one kind,
        they do not depend on how many showers that is, so that those of other runs of
        the kind can be added.
        """
        _, first, counts = self._kinds()
        return replace(self.select(first), n_showers=counts / math.fsum(counts))

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
        total = np.zeros(np.shape(energy))
        # Runs are many and mostly alike.
        kinds, _, counts = self._kinds()
        for kind, n_showers in zip(kinds, counts, strict=True):
            index, low, high, area, solid_angle = kind
            inside = (energy >= low * (1 - _ROUNDING)) & (
                energy <= high * (1 + _ROUNDING)
            )
            scale = n_showers / (area * solid_angle * power_integral(index, low, high))
            total[inside] += scale * energy[inside] ** index
        return total

    def n_between(self, low: F8, high: F8) -> F8:
        """Showers that each run throws between some energies, by its power law.

        Parameters
        ----------
        low, high : float64[b]
            TeV.

        Returns
        -------
        n : float64[r, b]
        """
        n_thrown = np.zeros((self.n_showers.size, low.size))
        for run, index in enumerate(self.index):
            first, last = self.energy_min[run], self.energy_max[run]
            share = power_integral(
                index, np.clip(low, first, last), np.clip(high, first, last)
            ) / power_integral(index, first, last)
            n_thrown[run] = self.n_showers[run] * share
        return n_thrown

    def _kinds(self) -> tuple[F8, Index, F8]:
        """Return what is different, a run of each kind, and showers, in fixed order."""
        columns = (self.index, self.energy_min, self.energy_max, self.area)
        table = np.column_stack([*columns, self.solid_angle])
        kinds, first, inverse = np.unique(
            table, axis=0, return_index=True, return_inverse=True
        )
        by_kind = [self.n_showers[inverse.ravel() == k] for k in range(len(kinds))]
        return kinds, first, np.array([math.fsum(counts) for counts in by_kind])


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
    # In an order of their own, so that sums over them do not depend on the input's.
    table = runs.sort_by("obs_id").combine_chunks()
    columns: Mapping[str, Any] = {
        name: to_numpy(table.column(name).combine_chunks())
        for name in table.column_names
    }
    not_a_circle = columns["core_pos_mode"] != _CIRCLE
    _refuse(columns["obs_id"], not_a_circle, "its cores are not spread over a circle")
    n_showers = columns["n_showers"] * columns["shower_reuse"] * 1.0
    if "kept_share" in columns:
        n_showers = n_showers * columns["kept_share"]
    radii = columns["max_scatter_range"] ** 2 - columns["min_scatter_range"] ** 2
    diffuse = columns["diffuse"]
    angles = ("max_az", "max_alt", "pointing_az", "pointing_alt")
    offset = frames.angular_separation(*(columns[name] for name in angles))
    moved = (columns["min_alt"] != columns["max_alt"]) | (
        columns["min_az"] != columns["max_az"]
    )
    return SimulatedRuns(
        obs_id=columns["obs_id"],
        n_showers=n_showers,
        index=columns["spectral_index"],
        energy_min=columns["energy_range_min"],
        energy_max=columns["energy_range_max"],
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


def power_integral(index: float, low: F8 | float, high: F8 | float) -> F8:
    """Integral of ``energy ** index`` from ``low`` to ``high``."""
    if index == -1.0:
        return np.asarray(np.log(high) - np.log(low), np.float64)
    power = index + 1.0
    return (np.asarray(high) ** power - np.asarray(low) ** power) / power


def _refuse(obs_id: I8, bad: Mask, what: str) -> None:
    if bad.any():
        raise UserError(
            f"simulated run {obs_id[np.argmax(bad)]}: {what} ({np.count_nonzero(bad)} "
            f"of {bad.size} runs are so); leave it out"
        )
