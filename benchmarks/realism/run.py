"""Compare simulated with real images, and print the table.

python -m benchmarks.realism.run --real ../shared/data/dl1 --events 1000

Prints the CPU time per triggered event as well. Needs h5py, hdf5plugin, scikit-learn.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.realism import compare, real
from benchmarks.realism.images import Table
from benchmarks.realism.simulated import sample
from cta_columnar.simulation.arrays import ArrayModel, load_array
from cta_columnar.simulation.atmosphere import shipped
from cta_columnar.simulation.showers import ShowerSettings

# Runs of the real files, and the azimuth of their pointing.
RUNS = {"gamma": (989, 0.0), "proton": (986, np.pi)}


def yardstick(efficiency_lst: float, efficiency_mst: float) -> ArrayModel:
    """4 LST and 15 MST of prod3b, with focal lengths that include coma."""
    array = load_array("prod3b-North")
    coma = {"LST": (29.3057, efficiency_lst), "MST": (16.4451, efficiency_mst)}
    models = tuple(
        replace(
            model,
            mirror=replace(model.mirror, effective_focal_length=coma[model.size][0]),
            sensor=replace(model.sensor, efficiency=coma[model.size][1]),
        )
        for model in array.models
    )
    return replace(array, models=models)


def simulate(particle: str, array: ArrayModel, options: argparse.Namespace) -> Table:
    """Make a sample, and say what it cost."""
    settings = ShowerSettings(
        seed=options.seed, run=1, particle=particle,  # type: ignore[arg-type]
        energy_range=(options.lowest, 100.0), index=-2.0,
        alt=np.radians(70.0), az=RUNS[particle][1], viewcone=(0.0, 10.0),
        atmosphere=shipped("LaPalma", array.site.altitude),
        n_use=10, scatter_radius=options.radius,
    )  # fmt: skip
    sample(settings, array, 1)  # compiles
    made = sample(settings, array, options.events)
    cost = {k: f"{1e3 * v / made.n_triggered:.2f}" for k, v in made.seconds.items()}
    print(
        f"{particle}: {made.n_triggered} triggered of {made.n_thrown}; "
        f"ms per triggered event: {cost}"
    )
    return made.table


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--real", type=Path, required=True, help="folder of tables")
    parser.add_argument("--events", type=int, default=1000, help="triggered events")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lowest", type=float, default=0.02, help="energy, TeV")
    parser.add_argument("--radius", type=float, default=1000.0, help="of cores, m")
    parser.add_argument("--half", type=int, choices=(0, 1), help="of the real events")
    parser.add_argument("--efficiency", type=float, nargs=2, default=(0.195, 0.183))
    options = parser.parse_args()
    array = yardstick(*options.efficiency)
    tables: dict[str, list[Table]] = {"simulated": [], "real": []}
    for particle, (run, _) in RUNS.items():
        table = real.read(options.real, particle, array)
        if options.half is not None:
            table = real.half(table, run, options.half)
        simulated = simulate(particle, array, options)
        for lines in (compare.medians, compare.events):
            print("\n".join(lines(simulated, table)))
        tables["simulated"].append(simulated)
        tables["real"].append(table)
    for name, (gammas, protons) in tables.items():
        print(f"{name}: {compare.separation(gammas, protons)}")


if __name__ == "__main__":
    main()
