"""The atmosphere that a configuration names, and the block of a file about it."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cta_columnar.bounded import MAX_TEXT_TABLE_BYTES, read_bounded
from cta_columnar.config.simulate import TransmissionConfig
from cta_columnar.errors import UserError, did_you_mean
from cta_columnar.simulation.arrays import Site
from cta_columnar.simulation.atmosphere import (
    LAYERS,
    TOP,
    Aerosols,
    Atmosphere,
    from_table,
    shipped,
)
from cta_columnar.simulation.simtel.atmospheres import AtmosphericProfile

F8 = NDArray[np.float64]

# Numbers that simulations of CTAO gave these atmospheres; readers do not care.
ATMOSPHERE_IDS = {"LaPalma": 36, "Paranal": 26}
_OWN_ID = 99

_EDGES = (0.0, 4e3, 10e3, 25e3, 100e3)  # of layers through a table, m
_CM = 100.0


def atmosphere_of(
    name: str | None, transmission: TransmissionConfig, site: Site
) -> Atmosphere:
    """Find an atmosphere by its name or file.

    Parameters
    ----------
    name : str or None
        A shipped one, or a table of height (km), density (g/cm3), thickness (g/cm2)
        and n - 1; None: that of the shipped sites which is on this side of the equator.
    transmission : TransmissionConfig
        What it lets through.
    site : Site
        Where the array is.

    Raises
    ------
    UserError
        If there is neither, or a table is impossible.
    """
    dust = Aerosols(transmission.dust_depth, transmission.dust_height)
    atmosphere = _profile(name, dust, site)
    if transmission.table is None:
        return atmosphere
    return atmosphere.with_transmission(_table(Path(transmission.table), 2))


def _profile(name: str | None, dust: Aerosols, site: Site) -> Atmosphere:
    if name is None:
        name = "LaPalma" if site.latitude > 0 else "Paranal"
    if name in LAYERS:
        return shipped(name, site.altitude, dust)
    path = Path(name)
    if not path.is_file():
        hint = did_you_mean(name, LAYERS)
        raise UserError(f"atmosphere: no file and no name: {name!r}; {hint}")
    return from_table(path.stem, _table(path, 4), site.altitude, dust)


def _table(path: Path, n_columns: int) -> F8:
    """Read the first columns of a table."""
    try:
        text = read_bounded(path, MAX_TEXT_TABLE_BYTES).decode()
        lines = [line for line in text.splitlines() if line.partition("#")[0].strip()]
        if not lines:
            raise ValueError("it has no line of numbers")
        return np.loadtxt(lines, ndmin=2)[:, :n_columns]
    except (OSError, ValueError) as error:
        raise UserError(f"atmosphere {path}: no table of numbers: {error}") from error


def atmosphere_id(atmosphere: Atmosphere) -> int:
    """Return the number of an atmosphere."""
    if atmosphere.layers is None:
        return _OWN_ID
    return ATMOSPHERE_IDS.get(atmosphere.name, _OWN_ID)


def profile_of(atmosphere: Atmosphere) -> AtmosphericProfile:
    """Put an atmosphere into the words of the format."""
    height, density, thickness, refractivity = atmosphere.profile().T
    layers = atmosphere.layers
    if layers is None:
        layers = layers_through(atmosphere)
    low, a, b, c = layers.T
    return AtmosphericProfile(
        name=atmosphere.name,
        obslevel=_CM * atmosphere.air.observer,
        altitude_km=height,
        rho=density,
        thickness=thickness,
        refractive_index_minus_1=refractivity,
        htoa=_CM * TOP,
        five_layer_atmosphere=np.column_stack(
            [_CM * low, a, b, _CM * c, 1.0 / (_CM * c)]
        ),
    )


def layers_through(atmosphere: Atmosphere) -> F8:
    """Five layers that agree with a table at their edges, float64[5, 4].

    Readers want layers. The first four are exponentials without an offset, the last one
    falls to nothing at the top.
    """
    edges = np.array([*_EDGES, TOP])
    depth = np.maximum(atmosphere.thickness(edges), 1e-9)
    low, high = edges[:-1], edges[1:]
    c = (high - low) / np.log(depth[:-1] / np.minimum(depth[1:], 0.999 * depth[:-1]))
    b = depth[:-1] * np.exp(low / c)
    a = np.zeros(low.size)
    # T = a - b h / c
    c[-1] = TOP - low[-1]
    a[-1], b[-1] = depth[-2] * TOP / c[-1], depth[-2]
    return np.column_stack([low, a, b, c])
