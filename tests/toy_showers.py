"""Small settings and a plain telescope, for tests of showers."""

from dataclasses import replace

import numpy as np

from cta_columnar.simulation import cameras
from cta_columnar.simulation.arrays import load_telescope
from cta_columnar.simulation.atmosphere import shipped
from cta_columnar.simulation.emission_table import Physics
from cta_columnar.simulation.showers import ShowerSettings

ATMOSPHERE = shipped("LaPalma", 2156.0)
COARSE = Physics(electrons=300, samples=16)


def settings_of(particle="gamma", energy=(1.0, 1.0), **changes):
    values = {
        "seed": 1,
        "run": 1,
        "particle": particle,
        "energy_range": energy,
        "index": -2.0,
        "alt": np.radians(70.0),
        "az": 0.0,
        "viewcone": (0.0, 0.0),
        "atmosphere": ATMOSPHERE,
        "n_use": 5,
        "scatter_radius": 300.0,
        "physics": COARSE,
    }
    return ShowerSettings(**(values | changes))


def hexagonal_telescope(rings=24, pitch=0.05, psf=0.03):
    """An MST of 16 m with a large, plain camera that is not turned."""
    model, lattice = load_telescope("MST-NectarCam"), cameras.hexagon(rings, pitch)
    layout = replace(
        model.layout, x=lattice.x, y=lattice.y, z=lattice.z, module=lattice.module,
        rotation=0.0, lookup=lattice.lookup,
    )  # fmt: skip
    mirror = replace(
        model.mirror, focal_length=16.0, effective_focal_length=16.0, psf_s0=psf,
        psf_kr=0.0, psf_kt=0.0, radius=6.0, focus_distance=1e9,
    )  # fmt: skip
    return replace(model, layout=layout, mirror=mirror)
