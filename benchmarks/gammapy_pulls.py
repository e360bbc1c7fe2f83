"""What gammapy found of a source, seed by seed, beside what was put in: as tables."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from cta_columnar.store.gadf import load_dl3_table

FLUX, INDEX = 2.83e-7, 2.62
"""Of the Crab Nebula by HEGRA: 1/(TeV m2 s) at 1 TeV, and its power law."""

SPECTRUM = {"flux": FLUX, "index": INDEX}
# East and north are how far from its place the source is found, deg.
CUBE = {**SPECTRUM, "east": 0.0, "north": 0.0, "norm": 1.0}
Found = Sequence[Mapping[str, Any]]


def tell(found: Found, folders: Sequence[Path]) -> None:
    """Print what came of it.

    Parameters
    ----------
    found : sequence of mapping
        What `tests/gammapy_reader.py` says of each folder.
    folders : sequence of path
        Event lists, a folder for each seed.
    """
    told = {each for one in found for each in one["complaints"]["told"]}
    print(f"gammapy complains of: {sorted(told) or 'nothing'}")
    _tell_events(folders[0])
    for name, truths in (("spectrum", SPECTRUM), ("cube", CUBE)):
        fits = [one[name] for one in found]
        print(
            f"\n{name}: {sum(fit['converged'] for fit in fits)} of {len(fits)} fits "
            f"converged; events {_mean(fits, 'counts')}, of the source "
            f"{_mean(fits, 'excess')}\n"
        )
        _tell_pulls(fits, truths)
    cubes = [one["cube"] for one in found]
    print(f"\nsignificance within 0.1 deg of the source: {_mean(cubes, 'sigma')}")


def _mean(fits: Found, name: str) -> str:
    return f"{np.mean([fit[name] for fit in fits]):.3g}"


def _tell_pulls(fits: Found, truths: Mapping[str, float]) -> None:
    print("| | put in | mean | scatter | mean error | mean pull | scatter of pulls |")
    print("|---|---|---|---|---|---|---|")
    for name, truth in truths.items():
        values = np.array([fit[name] for fit in fits])
        errors = np.array([fit[f"{name}_error"] for fit in fits])
        pulls = (values - truth) / errors
        print(
            f"| {name} | {truth:.3g} | {values.mean():.4g} | "
            f"{values.std(ddof=1):.2g} | {errors.mean():.2g} | "
            f"{pulls.mean():+.2f} | {pulls.std(ddof=1):.2f} |"
        )


def _tell_events(folder: Path) -> None:
    observed: pa.Table = load_dl3_table(folder, "observed")
    sums = observed.group_by("sample", use_threads=False).aggregate(
        [("n_expected", "sum"), ("n_drawn", "sum"), ("n_lost", "sum")]
    )
    for row in sums.to_pylist():
        print(
            f"{row['sample']}: expected {row['n_expected_sum']:.0f}, drawn "
            f"{row['n_drawn_sum']} with seed 0, missing {row['n_lost_sum']:.1f}"
        )
