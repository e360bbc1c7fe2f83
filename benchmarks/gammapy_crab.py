"""A simulated source through the whole chain, and what gammapy makes of it.

python -m benchmarks.gammapy_crab --gamma DL2... --cosmic-rays DL2...
    --gammapy PYTHON [--seeds 20] [--minutes 0.4] [--number 4] [--output FOLDER]

Datasets of stage 3 become responses, and the other half of their showers observations
of a source with the spectrum of the Crab Nebula that culminates where the simulation
points, a folder of event lists for each seed. Gammapy opens the index, stacks the runs,
makes maps, and fits a power law. Prints a table in Markdown: flux and index, how far
they are from what was put in, and their pulls.

No simulated event may be seen twice, so a small simulation allows for short
observations only, and for less cosmic rays than there are: their spectra are those of
the simulation, as strong as its number of events allows. All seeds draw from the same
simulated events and use the same responses: what these scatter is common to all of
them, so the mean pull need not be 0 within its own error.
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


def background(given: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Return spectra of cosmic rays, 1/(TeV m2 s sr) at 1 TeV."""
    fluxes = {"proton": given.proton_flux, "electron": given.electron_flux}
    return {
        name: {"flux": flux, "index": -2.0} for name, flux in fluxes.items() if flux
    }


def observation(given: argparse.Namespace, seed: int) -> dict[str, Any]:
    """Return what is observed with one seed."""
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
        "background": {"proton": None, "electron": None, **background(given)},
        "observations": [series],
        "ring_width": given.ring_width,
    }


def make_responses(given: argparse.Namespace, root: Path) -> Path:
    """Make responses of half of the showers."""
    cosmic_rays = background(given)
    run(
        "irf",
        input=[*given.gamma, *given.cosmic_rays],
        output=root / "irf",
        workers=1,
        background=list(cosmic_rays),
        spectra={"gamma": "CRAB_HEGRA", **cosmic_rays},
        axes={"offset": given.offsets},
        cuts={"gh_efficiency": given.efficiency},
        set=given.irf_set,
    )
    return root / "irf"


def make_lists(given: argparse.Namespace, root: Path, irf: Path) -> list[Path]:
    """Make event lists of each seed."""
    folders = []
    for seed in range(given.seeds):
        folder = root / f"seed{seed}"
        run(
            "dl3",
            input=[*given.gamma, *given.cosmic_rays],
            irf=irf,
            output=folder,
            observe=observation(given, seed),
            background="off-region",
            off_region={"energy_bins": 2, "offset_bins": 4, "max_offset": 6.0},
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
    command += ["--true", *map(str, given.true)]
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
    sums = observed.group_by("sample", use_threads=False).aggregate(
        [("n_expected", "sum"), ("n_drawn", "sum"), ("n_lost", "sum")]
    )
    for row in sums.to_pylist():
        print(
            f"{row['sample']}: expected {row['n_expected_sum']:.0f}, drawn "
            f"{row['n_drawn_sum']} with seed 0, missing {row['n_lost_sum']:.1f}"
        )


def main() -> None:
    """Read the arguments and do it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--gamma", nargs="+", required=True)
    parser.add_argument("--cosmic-rays", nargs="+", default=[])
    parser.add_argument("--gammapy", default=sys.executable)
    parser.add_argument("--output", type=Path, help="where folders are kept")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--start", default="2024-12-06T01:44:00")
    parser.add_argument("--ra", type=float, default=83.63)
    parser.add_argument("--dec", type=float, default=8.76)
    parser.add_argument("--minutes", type=float, default=0.4)
    parser.add_argument("--number", type=int, default=4)
    parser.add_argument("--offset", type=float, default=0.5)
    parser.add_argument("--offsets", type=float, nargs="+", default=[0.0, 6.0])
    parser.add_argument("--ring-width", type=float, default=1.1)
    parser.add_argument("--efficiency", type=float, default=0.8)
    parser.add_argument("--proton-flux", type=float, default=5e-4)
    parser.add_argument("--electron-flux", type=float, default=2e-5)
    parser.add_argument("--radius", type=float, default=0.3)
    parser.add_argument("--energies", type=float, nargs=2, default=(0.05, 10.0))
    parser.add_argument("--true", type=float, nargs=2, default=(0.03, 50.0))
    parser.add_argument("--set", nargs="*", default=[])
    parser.add_argument("--irf-set", nargs="*", default=[])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = given.output or Path(scratch)
        root.mkdir(exist_ok=True)
        folders = make_lists(given, root, make_responses(given, root))
        tell(ask_gammapy(given, folders), folders)


if __name__ == "__main__":
    main()
