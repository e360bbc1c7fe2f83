"""Profile of the atmosphere (1216)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels.simtel.block_types import ATMOSPHERE
from cta_columnar.simulation.simtel.packing import (
    Text,
    doubles,
    long_text,
    pack,
    unsigned,
)
from cta_columnar.simulation.simtel.versions import check_version

_N_LAYERS = 5


@dataclass(frozen=True, eq=False, kw_only=True)
class AtmosphericProfile:
    """Content of block 1216; names as in eventio.

    Attributes
    ----------
    name : str or bytes
        Valid UTF-8: readers fail otherwise.
    obslevel : float
        Height of the array, cm.
    altitude_km, rho, thickness, refractive_index_minus_1 : float64[n]
        The table: height, density in g/cm3, depth above in g/cm2, refractivity.
    htoa : float
        Top of the atmosphere, cm.
    five_layer_atmosphere : float64[5, 5] or None
        Lower edge in cm, a and b in g/cm2, c in cm, 1/c of each layer. ctapipe cannot
        open a file without them.
    """

    name: Text
    obslevel: float
    altitude_km: NDArray[np.float64]
    rho: NDArray[np.float64]
    thickness: NDArray[np.float64]
    refractive_index_minus_1: NDArray[np.float64]
    htoa: float = 0.0
    five_layer_atmosphere: NDArray[np.float64] | None = None


def atmospheric_profile(content: AtmosphericProfile, version: int = 1) -> bytes:
    """Payload of a block 1216; its id is the number of the atmosphere."""
    check_version(ATMOSPHERE, version)
    columns = (content.altitude_km, content.rho, content.thickness)
    table = np.column_stack((*columns, content.refractive_index_minus_1))
    head = long_text(content.name) + pack("d", content.obslevel)
    listed = head + unsigned(len(table)) + doubles(table)
    layers = content.five_layer_atmosphere
    if layers is None:
        return listed + unsigned(0)
    if np.shape(layers) != (_N_LAYERS, _N_LAYERS):
        raise ValueError(f"layers of shape {np.shape(layers)}, not 5 x 5")
    return listed + unsigned(_N_LAYERS) + pack("d", content.htoa) + doubles(layers)
