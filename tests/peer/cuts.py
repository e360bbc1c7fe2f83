"""What ctapipe makes of reconstructed events, cuts and all: run by hand where it is.

    PYTHONPATH=tests python tests/peer/cuts.py > tests/peer/cuts.json

Events are those of `toy_responses`, which both sides make for themselves; the sums of
their columns tell whether they are the same. Wants ctapipe with pyirf.
"""

import json
import sys

import astropy.units as u
import ctapipe
import numpy as np
from ctapipe.irf import (
    AngularResolution2dMaker,
    EnergyBiasResolution2dMaker,
    PercentileCuts,
    PointSourceSensitivityGhOptimizer,
    PointSourceSensitivityOptimizer,
    RadialEventWeighter,
    Sensitivity2dMaker,
    Spectra,
)
from pyirf.cuts import evaluate_binned_cut
from pyirf.simulations import SimulatedEventsInfo
from pyirf.spectral import PowerLaw
from toy_responses import N_OF_PEER, make_events, to_qtable

BINS = {
    "reco_energy_min": u.Quantity(0.02, u.TeV),
    "reco_energy_max": u.Quantity(50, u.TeV),
    "reco_energy_n_bins_per_decade": 3,
}
TRUE_BINS = {name.replace("reco", "true"): value for name, value in BINS.items()}
SIMULATED = SimulatedEventsInfo(
    n_showers=10**9,
    energy_min=0.01 * u.TeV,
    energy_max=100 * u.TeV,
    max_impact=1500 * u.m,
    spectral_index=-2.0,
    viewcone_min=0 * u.deg,
    viewcone_max=10 * u.deg,
)


def plain(column):
    """Numbers of a column or of a table in an HDU."""
    return np.asarray(getattr(column, "value", column), float).ravel().tolist()


def found_cuts(result):
    """Cuts of an optimisation, by their kind."""
    tables = {
        "gh": result.gh_cuts,
        "theta": result.spatial_selection_table,
        "multiplicity": result.multiplicity_cuts,
    }
    out = {name: plain(table["cut"]) for name, table in tables.items() if table}
    out["valid_energy"] = [
        float(edge.to_value(u.TeV))
        for edge in (result.valid_energy.min, result.valid_energy.max)
    ]
    return out


def sensitivity(signal, background, result):
    """Sensitivity with some cuts, in bins that are not those of the cuts."""
    passing = []
    for table in (signal, background):
        mask = evaluate_binned_cut(
            table["gh_score"], table["reco_energy"], result.gh_cuts, np.greater_equal
        )
        if table is signal:
            mask &= evaluate_binned_cut(
                *(table["theta"], table["reco_energy"]),
                *(result.spatial_selection_table, np.less_equal),
            )
        passing.append(table[mask])
    make = Sensitivity2dMaker(**BINS | {"reco_energy_n_bins_per_decade": 4})
    hdu = make(*passing, result.spatial_selection_table, Spectra.CRAB_HEGRA)
    names = ("FLUX_SENSITIVITY", "ENERGY_FLUX_SENSITIVITY", "N_BACKGROUND_WEIGHTED")
    return {name.lower(): plain(hdu.data[name]) for name in names}


def main():
    """Print all of it as JSON."""
    gammas, protons = (
        make_events(N_OF_PEER, 50),
        make_events(N_OF_PEER, 51, gamma=False),
    )
    signal, background = to_qtable(gammas), to_qtable(protons)
    events = {"signal": signal, "background": background}
    optimizers = {
        "percentile": PercentileCuts(**BINS),
        "gh": PointSourceSensitivityGhOptimizer(**BINS),
        "grid": PointSourceSensitivityOptimizer(**BINS),
    }
    results = {
        name: optimize(
            {k: t.copy() for k, t in events.items()}, [("all", "True")], "toy"
        )
        for name, optimize in optimizers.items()
    }
    weigh = RadialEventWeighter(
        source_spectrum=PowerLaw.from_simulation(SIMULATED, 50 * u.hour),
        target_spectrum_name=Spectra.CRAB_HEGRA,
        fov_offset_column="true_source_fov_offset",
        fov_offset_max=u.Quantity(6, u.deg),
        fov_offset_n_bins=3,
    )
    finite = signal[np.isfinite(signal["reco_energy"])]
    bias = EnergyBiasResolution2dMaker(**TRUE_BINS)(finite).data
    angular = AngularResolution2dMaker(**TRUE_BINS)(finite).data
    out = {
        "ctapipe": ctapipe.__version__,
        "sums": [
            {name: float(np.nansum(column)) for name, column in each.items()}
            for each in (gammas, protons)
        ],
        "cuts": {name: found_cuts(result) for name, result in results.items()},
        "sensitivity": sensitivity(signal, background, results["gh"]),
        "weights": plain(weigh(signal)["weight"][:50]),
        "energy": {name.lower(): plain(bias[name]) for name in ("BIAS", "RESOLUTION")},
        "angular_resolution": {
            share: plain(angular[f"ANGULAR_RESOLUTION_{share}"])
            for share in ("25", "50", "68", "95")
        },
    }
    json.dump(out, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
