"""The energies that a simulation threw: a power law of each of its runs.

All that is known of a run wherever its showers fell; `SimulatedRuns` knows that, too.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import F8, I8, Index, Mask
from cta_columnar.arrays import to_numpy
from cta_columnar.errors import UserError

# Energies of events are float32 in raw files, so the last ones may be out of range.
_ROUNDING = 1e-6


@dataclass(frozen=True, eq=False)
class SimulatedSpectra:
    """Runs of one kind of particle, each a power law.

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

    Raises
    ------
    UserError
        If there is no run, or one does not say what was thrown.
    """

    obs_id: I8
    n_showers: F8
    index: F8
    energy_min: F8
    energy_max: F8

    def __post_init__(self) -> None:
        refuse(self.obs_id, ~(self.n_showers > 0), "no shower was thrown")
        has_range = (self.energy_min > 0) & (self.energy_max > self.energy_min)
        refuse(self.obs_id, ~has_range, "its energies have no range")
        if self.n_showers.size == 0:
            raise UserError("there is no simulated run: what was thrown is not known")

    def per_energy(self, energy: F8) -> F8:
        """Showers thrown per energy, of all runs together.

        Each within its range of energies, wherever they fell.

        Parameters
        ----------
        energy : float64[n]
            TeV.

        Returns
        -------
        density : float64[n]
            1 / TeV.
        """
        return self._density(energy, np.ones(self.n_showers.shape))

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

    def _density(self, energy: F8, over: F8) -> F8:
        """Showers per energy and what those of each run were spread over[r]."""
        total = np.zeros(np.shape(energy))
        # Runs are many and mostly alike.
        kinds, _, counts = self._kinds(over)
        for kind, n_showers in zip(kinds, counts, strict=True):
            index, low, high, own = kind
            inside = (energy >= low * (1 - _ROUNDING)) & (
                energy <= high * (1 + _ROUNDING)
            )
            scale = n_showers / (own * power_integral(index, low, high))
            total[inside] += scale * energy[inside] ** index
        return total

    def _kinds(self, over: F8) -> tuple[F8, Index, F8]:
        """Return what is different, a run of each kind, and showers, in fixed order."""
        table = np.column_stack([self.index, self.energy_min, self.energy_max, over])
        kinds, first, inverse = np.unique(
            table, axis=0, return_index=True, return_inverse=True
        )
        by_kind = [self.n_showers[inverse.ravel() == k] for k in range(len(kinds))]
        return kinds, first, np.array([math.fsum(counts) for counts in by_kind])


def read_simulated_spectra(runs: pa.Table) -> SimulatedSpectra:
    """Read which energies were thrown from the table ``simulation/runs`` of a dataset.

    Parameters
    ----------
    runs : pyarrow.Table
        As for `simulated_runs.read_simulated_runs`; only what is said of numbers and
        energies matters.

    Raises
    ------
    UserError
        If a run does not say what was thrown.
    """
    return SimulatedSpectra(**spectra_of(columns_of(runs)))


def columns_of(runs: pa.Table) -> Mapping[str, Any]:
    """Return the columns of runs, in an order of their own.

    So sums over them do not depend on that of the input.
    """
    table = runs.sort_by("obs_id").combine_chunks()
    return {
        name: to_numpy(table.column(name).combine_chunks())
        for name in table.column_names
    }


def spectra_of(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `SimulatedSpectra` wants; ``kept_share`` scales showers."""
    n_showers = columns["n_showers"] * columns["shower_reuse"] * 1.0
    if "kept_share" in columns:
        n_showers = n_showers * columns["kept_share"]
    return {
        "obs_id": columns["obs_id"],
        "n_showers": n_showers,
        "index": columns["spectral_index"],
        "energy_min": columns["energy_range_min"],
        "energy_max": columns["energy_range_max"],
    }


def power_integral(index: float, low: F8 | float, high: F8 | float) -> F8:
    """Integral of ``energy ** index`` from ``low`` to ``high``."""
    if index == -1.0:
        return np.asarray(np.log(high) - np.log(low), np.float64)
    power = index + 1.0
    return (np.asarray(high) ** power - np.asarray(low) ** power) / power


def refuse(obs_id: I8, bad: Mask, what: str) -> None:
    """Refuse runs that say too little.

    Raises
    ------
    UserError
        Which names the first of them.
    """
    if bad.any():
        raise UserError(
            f"simulated run {obs_id[np.argmax(bad)]}: {what} ({np.count_nonzero(bad)} "
            f"of {bad.size} runs are so); leave it out"
        )
