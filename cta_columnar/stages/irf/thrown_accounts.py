"""Whether the two accounts that a simulation gives of what it threw are the same.

The header of a run tells of a power law, and a histogram counts showers by energy.
Responses divide by the former, so it must be what was thrown.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cta_columnar.array_types import F8
from cta_columnar.errors import UserError
from cta_columnar.stages.irf.simulated_spectra import power_integral

THROWN_COLUMNS = ("obs_id", "energy_low", "energy_high", "n_thrown")
"""What is read of ``simulation/thrown``."""

_OF_RUNS = (
    "obs_id",
    "n_showers",
    "shower_reuse",
    "spectral_index",
    "energy_range_min",
    "energy_range_max",
)
# Ranges are float32 in raw files.
_ROUNDING = 1e-6
# Expected showers, each of all its uses, that a bin must have to be compared.
_ENOUGH = 5.0
# Standard deviations; runs are thousands, and none is refused by chance.
_UNLIKELY = 6.0


def check_thrown(runs: pa.Table, thrown: pa.Table) -> None:
    """Compare numbers, ranges of energy, and spectra.

    Parameters
    ----------
    runs, thrown : pyarrow.Table
        ``simulation/runs`` and ``simulation/thrown`` of a dataset; of the latter the
        columns `THROWN_COLUMNS`.

    Raises
    ------
    UserError
        If the histogram of a run has another number of showers than its header,
        showers outside of its range of energies, or another spectrum.
    """
    filled = thrown.filter(pc.greater(thrown["n_thrown"], 0))
    keys = list(THROWN_COLUMNS[:3])
    by_bin = filled.group_by(keys, use_threads=False).aggregate([("n_thrown", "sum")])
    columns = {name: by_bin[name].to_numpy() for name in by_bin.column_names}
    for row in runs.select(_OF_RUNS).to_pylist():
        rows = columns["obs_id"] == row["obs_id"]
        low, high, counts = (
            columns[name][rows]
            for name in ("energy_low", "energy_high", "n_thrown_sum")
        )
        _check_number(row, counts)
        if 0 < row["energy_range_min"] < row["energy_range_max"]:
            _check_range(row, low, high, counts)
            _check_spectrum(row, low, high, counts)


def _check_number(row: Mapping[str, Any], counts: F8) -> None:
    in_header, counted = row["n_showers"] * row["shower_reuse"], counts.sum()
    if counted != in_header:
        raise UserError(
            f"run {row['obs_id']}: its header tells of {in_header} showers and its "
            f"histogram of {counted:.0f}; a part of the simulation is missing, or "
            "there twice"
        )


def _check_range(row: Mapping[str, Any], low: F8, high: F8, counts: F8) -> None:
    first, last = row["energy_range_min"], row["energy_range_max"]
    outside = (high <= first * (1 - _ROUNDING)) | (low >= last * (1 + _ROUNDING))
    if outside.any():
        raise UserError(
            f"run {row['obs_id']}: its histogram has {counts[outside].sum():.0f} "
            f"showers outside of {first:g} to {last:g} TeV, which its header tells of; "
            "these are not of one simulation"
        )


def _check_spectrum(row: Mapping[str, Any], low: F8, high: F8, counts: F8) -> None:
    """Test chi squared, as of a normal distribution (Wilson & Hilferty 1931).

    All uses of a shower have one energy, so a count scatters as its showers do.
    """
    first, last = row["energy_range_min"], row["energy_range_max"]
    index, reuse = row["spectral_index"], row["shower_reuse"]
    ends = (np.clip(each, first, last) for each in (low, high))
    share = power_integral(index, *ends) / power_integral(index, first, last)
    expected = share * counts.sum()
    # Empty bins are not in the table: all of them together are one.
    expected = np.append(expected, max(counts.sum() - expected.sum(), 0.0))
    found = np.append(counts, 0.0)
    enough = expected >= _ENOUGH * reuse
    n_bins = np.count_nonzero(enough)
    if n_bins == 0:
        return
    scatter = (found - expected)[enough] ** 2 / (expected[enough] * reuse)
    width = 2 / (9 * n_bins)
    deviation = (np.cbrt(scatter.sum() / n_bins) - (1 - width)) / np.sqrt(width)
    if deviation > _UNLIKELY:
        raise UserError(
            f"run {row['obs_id']}: its histogram of thrown showers is not of the power "
            f"law E^{index:g} that its header tells of, by {deviation:.0f} standard "
            f"deviations (chi squared {scatter.sum():.0f} of {n_bins} bins); weights "
            "and areas would be wrong"
        )
