"""Made-up reconstructed events, as arrays and as the tables that pyirf wants."""

import astropy.units as u
import numpy as np
from astropy.table import QTable

# How many of them ctapipe was given, see `peer/cuts.py`.
N_OF_PEER = 12_000

UNITS = {
    "true_energy": u.TeV,
    "reco_energy": u.TeV,
    "theta": u.deg,
    "true_source_fov_offset": u.deg,
    "reco_source_fov_offset": u.deg,
    "reco_fov_lon": u.deg,
    "reco_fov_lat": u.deg,
}


def make_events(n, seed, *, gamma=True, cone=6.0):
    """Events with plausible columns; a few energies are NaN."""
    rng = np.random.default_rng(seed)
    true_energy = 0.01 * 1e4 ** rng.random(n)
    sigma = 0.1 + 0.2 * true_energy**-0.3
    offset = np.degrees(np.arccos(1 - rng.random(n) * (1 - np.cos(np.radians(cone)))))
    angle = rng.uniform(0, 2 * np.pi, n)
    mean = 0.75 if gamma else 0.25
    events = {
        "true_energy": true_energy,
        "reco_energy": true_energy * rng.lognormal(0, sigma),
        "theta": rng.rayleigh(0.05 * true_energy**-0.3),
        "true_source_fov_offset": offset,
        "reco_source_fov_offset": np.abs(offset + rng.normal(0, 0.05, n)),
        "reco_fov_lon": offset * np.cos(angle),
        "reco_fov_lat": offset * np.sin(angle),
        "gh_score": np.clip(rng.normal(mean, 0.2, n), 0, 1),
        "multiplicity": rng.integers(2, 12, n),
        "weight": 10 ** rng.normal(0 if gamma else 2, 1, n) * true_energy**-0.6,
    }
    events["reco_energy"][rng.random(n) < 0.01] = np.nan
    events["migration"] = events["reco_energy"] / true_energy
    return events


def to_qtable(events, mask=slice(None)):
    table = QTable({name: column[mask] for name, column in events.items()})
    for name, unit in UNITS.items():
        if name in table.colnames:
            table[name].unit = unit
    return QTable(table)
