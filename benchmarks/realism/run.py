"""Simulate, compare with real images, and print the acceptance table.

python -m benchmarks.realism.run --real ../shared/data/dl1 --half 1 --lowest 0.02

Needs h5py, hdf5plugin and scikit-learn, and matplotlib for ``--plots``.
"""

import argparse
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from benchmarks.realism import chain, real, separation
from benchmarks.realism.compare import all_lines
from benchmarks.realism.lines import HEADER, Line
from benchmarks.realism.tables import Sample, Table, one_per_event
from cta_columnar.simulation.arrays import load_array

PARTICLES = ("gamma", "proton")
LOWEST_ENERGY = {"gamma": 0.01, "proton": 0.03}


def separation_lines(
    reals: dict[str, Table], simulated: dict[str, Table]
) -> Iterator[Line]:
    """Lines on telling gammas from protons."""
    for name, allowed, function, which in (
        ("AUC, geometry", 0.03, separation.geometry_area, "geometry"),
        ("AUC, all features", 0.05, separation.full_area, "all"),
        ("AUC, mean scaled width", 0.08, separation.scaled_width_area, ""),
        ("AUC, mean width", 0.08, separation.width_area, ""),
        ("AUC, mean length", 0.08, separation.length_area, ""),
    ):
        areas = [function(t["gamma"], t["proton"]) for t in (reals, simulated)]
        if which:
            areas[1] = separation.matched_forest_area(
                (simulated["gamma"], simulated["proton"]),
                (reals["gamma"], reals["proton"]),
                which,
            )
        error = (areas[0][1] ** 2 + areas[1][1] ** 2) ** 0.5
        yield Line(
            name, "gamma against proton", areas[0][0], areas[1][0], error, allowed,
            is_ratio=False, n_real=min(one_per_event(t).size for t in reals.values()),
            n_simulated=min(one_per_event(t).size for t in simulated.values()),
        )  # fmt: skip


def samples(
    options: argparse.Namespace, folder: Path
) -> dict[str, tuple[Sample, Sample]]:
    """Real and simulated images per particle, with cores of the same range."""
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
        pair = [
            real.read(options.real, particle, array),
            chain.read(folder, particle, array),
        ]
        if options.half is not None:
            pair[0] = real.half(pair[0], particle, options.half)
        found[particle] = tuple(_limited(sample, options) for sample in pair)
    return found  # type: ignore[return-value]


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
    print(HEADER)
    lines: list[Line] = []
    for particle, pair in found.items():
        lines += all_lines(particle, *pair)
    tables = [{p: pair[k].table for p, pair in found.items()} for k in (0, 1)]
    lines += separation_lines(*tables)
    print("\n".join(line.row for line in lines))
    print(f"\n{sum(line.is_met for line in lines)} of {len(lines)} lines met")
    if options.plots:
        import_module("benchmarks.realism.plots").draw(found, options.plots)


if __name__ == "__main__":
    main()
