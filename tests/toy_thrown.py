"""Made-up simulated runs: rows of ``simulation/runs``, and what pyirf makes of them."""

import astropy.units as u
import pyarrow as pa
from pyirf.simulations import SimulatedEventsInfo

from cta_columnar.schemas import simulation
from cta_columnar.stages.irf.simulated_runs import read_simulated_runs

DIFFUSE = {"diffuse": True, "max_viewcone_radius": 10.0}


def run_row(**changes):
    """One run, of gammas from a point unless told otherwise."""
    empty = {pa.bool_(): False, pa.float64(): 0.0}
    row = {field.name: empty.get(field.type, 0) for field in simulation.RUNS}
    row |= {
        "n_showers": 50_000,
        "shower_reuse": 20,
        "energy_range_min": 0.01,
        "energy_range_max": 100.0,
        "spectral_index": -2.0,
        "max_scatter_range": 1000.0,
        "core_pos_mode": 1,
    }
    return row | changes


def run_table(*rows):
    return pa.Table.from_pylist(list(rows), schema=simulation.RUNS)


def simulated(*rows):
    return read_simulated_runs(run_table(*rows))


def pyirf_info(row, n_runs=1):
    return SimulatedEventsInfo(
        n_showers=n_runs * row["n_showers"] * row["shower_reuse"],
        energy_min=row["energy_range_min"] * u.TeV,
        energy_max=row["energy_range_max"] * u.TeV,
        max_impact=row["max_scatter_range"] * u.m,
        spectral_index=row["spectral_index"],
        viewcone_min=row["min_viewcone_radius"] * u.deg,
        viewcone_max=row["max_viewcone_radius"] * u.deg,
    )
