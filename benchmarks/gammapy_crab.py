"""A simulated source through the whole chain, and what gammapy makes of it.

python -m benchmarks.gammapy_crab --input DL2... --irf IRF --gammapy PYTHON
    [--seeds 20] [--minutes 10] [--number 4] [--offset 1.0] [--energies 0.3 10]

Datasets of stage 3 and responses become observations of a source like the Crab Nebula
that culminates where the simulation points, one folder of event lists for each seed.
Gammapy opens the index, stacks the runs, makes maps, and fits a power law. Prints a
table in Markdown: flux and index, how far they are from what was put in, and their
pulls. All seeds draw from the same simulated events and use the same responses: what
these scatter is common to all of them, so the mean pull need not be 0 within its own
error.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from cta_columnar import run
from cta_columnar.store.gadf import load_dl3_table

READER = Path(__file__).parents[1] / "tests" / "gammapy_reader.py"
FLUX, INDEX = 2.83e-7, 2.62
"""Of the Crab Nebula by HEGRA: 1/(TeV m2 s) at 1 TeV, and its power law."""


def observation(given: argparse.Namespace, seed: int) -> dict[str, Any]:
    """Return what is observed with one seed."""
    background = {
        "proton": "IRFDOC_PROTON_SPECTRUM",
        "electron": "IRFDOC_ELECTRON_SPECTRUM",
    }
    series = {
        "start": given.start,
        "duration": given.minutes,
        "number": given.number,
        "offset": given.offset,
        "position_angles": [0.0, 180.0, 90.0, 270.0],
    }
    return {
        "seed": seed,
        "target": {"name": "Crab-like", "ra": given.ra, "dec": given.dec},
        "source": {"spectrum": {"flux": FLUX, "index": -INDEX}},
        "background": {
            n: s if n in given.background else None for n, s in background.items()
        },
        "observations": [series],
        "tolerated_loss": given.tolerated_loss,
        "ring_width": given.ring_width,
    }


def make_lists(given: argparse.Namespace, root: Path) -> list[Path]:
    """Make event lists of each seed."""
    folders = []
    for seed in range(given.seeds):
        folder = root / f"seed{seed}"
        run(
            "dl3",
            input=given.input,
            irf=given.irf,
            output=folder,
            observe=observation(given, seed),
            set=given.set,
            workers=1,
        )
        folders.append(folder)
    return folders


def ask_gammapy(given: argparse.Namespace, folders: list[Path]) -> list[dict[str, Any]]:
    """Let gammapy read folders, in a process of its own."""
    command = [given.gammapy, str(READER), str(given.ra), str(given.dec)]
    command += [*map(str, folders), "--radius", str(given.radius)]
    command += ["--energies", *map(str, given.energies)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def tell(found: list[dict[str, Any]], folders: list[Path]) -> None:
    """Print what came of it."""
    spectra = [each["spectrum"] for each in found]
    told = {each for one in found for each in one["complaints"]["told"]}
    print(f"gammapy complains of: {sorted(told) or 'nothing'}")
    print(
        f"fits that converged: {sum(s['converged'] for s in spectra)} of {len(spectra)}"
    )
    _tell_events(folders[0])
    print("| | put in | mean | scatter | mean error | mean pull | scatter of pulls |")
    print("|---|---|---|---|---|---|---|")
    for name, truth in (("flux", FLUX), ("index", INDEX)):
        values = np.array([s[name] for s in spectra])
        errors = np.array([s[f"{name}_error"] for s in spectra])
        pulls = (values - truth) / errors
        print(
            f"| {name} | {truth:.3g} | {values.mean():.4g} | "
            f"{values.std(ddof=1):.2g} | {errors.mean():.2g} | "
            f"{pulls.mean():+.2f} | {pulls.std(ddof=1):.2f} |"
        )
    quadrants = np.array([each["quadrants"] for each in found]).sum(axis=0)
    ratio = ", ".join(f"{c / e:.3f}" for c, e in quadrants.T)
    print(f"events over background model in quadrants of the maps: {ratio}")


def _tell_events(folder: Path) -> None:
    observed: pa.Table = load_dl3_table(folder, "observed")
    for row in (
        observed.group_by("sample", use_threads=False)
        .aggregate([("n_expected", "sum"), ("n_drawn", "sum"), ("n_lost", "sum")])
        .to_pylist()
    ):
        print(
            f"{row['sample']}: expected {row['n_expected_sum']:.0f}, drawn "
            f"{row['n_drawn_sum']} with seed 0, missing {row['n_lost_sum']:.1f}"
        )


def main() -> None:
    """Read the arguments and do it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--input", nargs="+", required=True)
    parser.add_argument("--irf", required=True)
    parser.add_argument("--gammapy", default=sys.executable)
    parser.add_argument("--output", type=Path, help="where event lists are kept")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--start", default="2024-12-06T00:10:00")
    parser.add_argument("--ra", type=float, default=83.63)
    parser.add_argument("--dec", type=float, default=8.76)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--number", type=int, default=4)
    parser.add_argument("--offset", type=float, default=1.0)
    parser.add_argument("--ring-width", type=float, default=0.5)
    parser.add_argument("--tolerated-loss", type=float, default=0.0)
    parser.add_argument("--background", nargs="*", default=["proton", "electron"])
    parser.add_argument("--radius", type=float, default=0.2)
    parser.add_argument("--energies", type=float, nargs=2, default=(0.3, 10.0))
    parser.add_argument("--set", nargs="*", default=[])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folders = make_lists(given, given.output or Path(scratch))
        tell(ask_gammapy(given, folders), folders)


if __name__ == "__main__":
    main()
