"""Simulate, compare with real images, and print the acceptance table.

python -m benchmarks.realism.run --real ../shared/data/dl1 --half 1 --lowest 0.02

Needs h5py, hdf5plugin and scikit-learn, and matplotlib for ``--plots``.
"""

import argparse
import tempfile
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from benchmarks.realism import areas, chain, real
from benchmarks.realism.compare import all_lines
from benchmarks.realism.lines import HEADER, Line
from benchmarks.realism.tables import Sample
from cta_columnar.simulation.arrays import load_array

PARTICLES = ("gamma", "proton")
LOWEST_ENERGY = {"gamma": 0.01, "proton": 0.03}


@dataclass(frozen=True)
class Samples:
    """Images of one particle, with cores of the same range.

    Attributes
    ----------
    scored : Sample
        Real ones of the half that is asked for; all, where none is.
    simulated : Sample
        Ours.
    everything : Sample
        All real ones.
    """

    scored: Sample
    simulated: Sample
    everything: Sample


def samples(options: argparse.Namespace, folder: Path) -> dict[str, Samples]:
    """Real and simulated images per particle."""
    array = load_array("prod3b-North")
    if not options.keep:
        chain.run_all(
            {
                particle: chain.simulate(
                    folder, particle, max(LOWEST_ENERGY[particle], options.lowest),
                    options.showers, options.radius, options.seed,
                )
                for particle in PARTICLES
            }
        )  # fmt: skip
    found = {}
    for particle in PARTICLES:
        everything = real.read(options.real, particle, array)
        scored = everything
        if options.half is not None:
            scored = real.half(everything, particle, options.half)
        simulated = chain.read(folder, particle, array)
        found[particle] = Samples(
            *(_limited(each, options) for each in (scored, simulated, everything))
        )
    return found


def _limited(sample: Sample, options: argparse.Namespace) -> Sample:
    kept = (sample.table["core"] < options.radius) & (
        sample.table["energy"] > options.lowest
    )
    return Sample(sample.table[kept], sample.thrown)


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--real", type=Path, required=True, help="folder of tables")
    parser.add_argument("--showers", type=int, default=30000, help="used 10 times each")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lowest", type=float, default=0.0, help="energy, TeV")
    parser.add_argument("--radius", type=float, default=1900.0, help="of cores, m")
    parser.add_argument("--half", type=int, choices=(0, 1), help="of the real events")
    parser.add_argument("--folder", type=Path, help="for the simulated files")
    parser.add_argument("--keep", action="store_true", help="use files made before")
    parser.add_argument("--plots", type=Path, help="folder for pictures")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        found = samples(options, folder)
    lines: list[Line] = []
    for particle, each in found.items():
        lines += all_lines(particle, each.scored, each.simulated)
    scored, simulated, everything = (
        {particle: getattr(each, name).table for particle, each in found.items()}
        for name in ("scored", "simulated", "everything")
    )
    separated = list(areas.scored_lines(scored, simulated))
    rows = [line.row for line in (*lines, *separated)]
    if options.half is not None:
        # Behind its counterpart, the first line on separation.
        rows.insert(len(lines) + 1, areas.line_of_all(everything, simulated).row)
    print(HEADER)
    print("\n".join(rows))
    counted = lines + separated
    print(f"\n{sum(line.is_met for line in counted)} of {len(counted)} lines met\n")
    print(areas.table(scored, everything, simulated))
    if options.plots:
        pairs = {name: (each.scored, each.simulated) for name, each in found.items()}
        import_module("benchmarks.realism.plots").draw(pairs, options.plots)


if __name__ == "__main__":
    main()
