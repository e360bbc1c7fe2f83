"""A simulated source through the whole chain, and what gammapy makes of it.

    python -m benchmarks.gammapy_crab --gammapy PYTHON [--folder .bench/crab]
        [--seeds 20] [--minutes 1.5] [--number 4] [--picture docs/gammapy_crab.png]

Simulates and reconstructs (`benchmarks.gammapy_production`), as far as it is not there,
makes responses of some runs, and of others observations of a source with the spectrum
of the Crab Nebula that culminates where the simulation points, a folder of event lists
for each seed. Gammapy opens the index, stacks the runs, and fits a power law: to a
spectrum, with reflected regions as background, and to a map, with the background of our
responses. Prints a table in Markdown: what was put in, what was found, and pulls.

No simulated event may be seen twice in the observations of a seed, so a small
simulation allows for short observations only, and for less cosmic rays than there are.
All seeds draw from the same simulated events and use the same responses: what these
scatter is common to all of them, so the mean pull need not be 0 within its own error.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.gammapy_production import SOURCE_OFFSET, produce
from benchmarks.gammapy_pulls import FLUX, INDEX, tell
from cta_columnar import run

READER = Path(__file__).parents[1] / "tests" / "gammapy_reader.py"
# Culminates at a zenith angle of 20 deg, seen from La Palma.
RA, DEC = 83.63, 8.76
START = "2024-12-06T01:44:00"
ENERGIES, TRUE = (0.1, 10.0), (0.05, 50.0)  # TeV, of what is fitted
# Gamma rays were simulated in one ring, whose halves stand for the whole field of view
# (gammapy takes no response in one ring for maps, and one that ends as no exposure).
# Wide bins for the background, so that few are without events.
AXES = {
    "offset": [0.0, SOURCE_OFFSET, 3.2],
    "fov": [-3.0, 3.0, 3],
    "reco_energy": [0.03, 30.0, 3],
    "true_energy": [0.05, 50.0, 5],
    "theta": [0.0, 2.0, 50],
}


def background(given: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Return spectra of cosmic rays, 1/(TeV m2 s sr) at 1 TeV."""
    fluxes = {"proton": given.proton, "electron": given.electron}
    return {name: {"flux": f, "index": i} for name, (f, i) in fluxes.items() if f}


def observation(given: argparse.Namespace, seed: int) -> dict[str, Any]:
    """Return what is observed with one seed."""
    series = {
        "start": START,
        "duration": given.minutes,
        "number": given.number,
        "offset": SOURCE_OFFSET,
        "position_angles": [0.0, 180.0, 90.0, 270.0],
    }
    return {
        "seed": seed,
        "target": {"name": "Crab-like", "ra": RA, "dec": DEC},
        "source": {"spectrum": {"flux": FLUX, "index": -INDEX}},
        "background": {"proton": None, "electron": None, **background(given)},
        "observations": [series],
        "ring_width": 0.4,
    }


def make_responses(given: argparse.Namespace) -> Path:
    """Make responses of all showers of runs that are not observed."""
    cosmic_rays = background(given)
    irf: Path = given.folder / "irf"
    run(
        "irf",
        input=produce(given.folder, "responses"),
        output=irf,
        overwrite=True,
        workers=1,
        background=list(cosmic_rays),
        spectra={"gamma": "CRAB_HEGRA", **cosmic_rays},
        axes=AXES,
        benchmarks={"rings": [0.5, 0.9]},
        cuts={"gh_efficiency": given.efficiency},
        fraction=1.0,
    )
    return irf


def make_lists(given: argparse.Namespace, irf: Path) -> list[Path]:
    """Make event lists of each seed."""
    folders = [given.folder / f"seed{seed}" for seed in range(given.seeds)]
    for seed, folder in enumerate(folders):
        run(
            "dl3",
            input=produce(given.folder, "observed"),
            irf=irf,
            output=folder,
            overwrite=True,
            observe=observation(given, seed),
            responses={"background": "background_3d"},
            workers=1,
        )
    return folders


def ask_gammapy(
    given: argparse.Namespace, folders: Sequence[Path]
) -> list[dict[str, Any]]:
    """Let gammapy read folders, in a process of its own."""
    command = [given.gammapy, str(READER), str(RA), str(DEC), *map(str, folders)]
    command += ["--radius", str(given.radius), "--cube"]
    command += ["--energies", *map(str, ENERGIES), "--true", *map(str, TRUE)]
    if given.picture:
        command += ["--picture", str(given.picture)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def main() -> None:
    """Read the arguments and do it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--folder", type=Path, default=Path(".bench/crab"))
    parser.add_argument("--gammapy", default=sys.executable)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=1.5)
    parser.add_argument("--number", type=int, default=4)
    parser.add_argument("--efficiency", type=float, default=0.95)
    parser.add_argument("--proton", type=float, nargs=2, default=(2e-4, -2.0))
    parser.add_argument("--electron", type=float, nargs=2, default=(1.1e-5, -2.7))
    parser.add_argument("--radius", type=float, default=0.25)
    parser.add_argument("--picture", type=Path, help="of the map of the first seed")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    folders = make_lists(given, make_responses(given))
    tell(ask_gammapy(given, folders), folders)


if __name__ == "__main__":
    main()
