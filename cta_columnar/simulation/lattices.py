"""Pixels on hexagonal lattices and in square modules.

Shapes: ``p`` pixels, ``m`` modules, ``s`` pixels along a square module. Positions are
in m, in the frame of a file's pixel list.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cta_columnar.kernels.simulation.pixels import HEXAGONS, SQUARES, PixelLookup

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Lattice:
    """Where pixels are, and how to find one.

    Attributes
    ----------
    x, y, z : float64[p]
        Centres of the pixels.
    pitch : float
        Distance of neighbouring pixels, measured along the surface.
    module : int32[p]
        Module of each pixel.
    lookup : PixelLookup
        Which pixel lies at a point.
    """

    x: F8
    y: F8
    z: F8
    pitch: float
    module: I4
    lookup: PixelLookup

    def seen(self, size: float) -> PixelLookup:
        """Return the lookup of pixels that see light in a width of ``size`` m.

        Hexagons have light guides, and see the light of all of their cell.
        """
        if self.lookup.kind == HEXAGONS:
            return self.lookup
        lattice = self.lookup.lattice.copy()
        lattice[5] = 0.5 * size / self.pitch
        return self.lookup._replace(lattice=lattice)


def hexagonal_lattice(
    ab: ArrayLike, module: ArrayLike, pitch: float, x0: float = 0.0, y0: float = 0.0
) -> Lattice:
    """Pixels at whole coordinates of a hexagonal lattice.

    Parameters
    ----------
    ab : int[p, 2]
        Axial coordinates: ``x = x0 + pitch sqrt(3)/2 a, y = y0 + pitch (b + a/2)``.
    module : int[p]
        Module of each pixel.
    pitch : float
        Distance of neighbours, m.
    x0, y0 : float
        Where a = b = 0 lies, m.

    Raises
    ------
    ValueError
        If two pixels lie in one place.
    """
    a, b = np.asarray(ab, np.int64).reshape(-1, 2).T
    low_a, low_b = a.min(), b.min()
    table = np.full((a.max() - low_a + 1, b.max() - low_b + 1), -1, np.int32)
    table[a - low_a, b - low_b] = np.arange(a.size)
    if (table >= 0).sum() != a.size:
        raise ValueError("two pixels lie at the same point of the lattice")
    lattice = np.array([x0, y0, pitch, low_a, low_b, 0.0])
    x = np.asarray(x0 + pitch * math.sqrt(0.75) * a, np.float64)
    y = np.asarray(y0 + pitch * (b + 0.5 * a), np.float64)
    return Lattice(
        x,
        y,
        np.zeros(a.size),
        pitch,
        np.asarray(module, np.int32),
        PixelLookup(HEXAGONS, lattice, table, np.zeros((0, 6))),
    )


@dataclass(frozen=True, eq=False)
class SquareModules:
    """Modules of square pixels, each in a plane of its own.

    Attributes
    ----------
    centres : float64[m, 3]
        Their middles.
    slow, fast : float64[m, 3]
        Step from a pixel to the next one: along the index that changes slowly in the
        list of pixels, and along the other one.
    side : int
        Pixels along a module.
    cell_x, cell_y : float
        Size of cells, one of whose corners or middles is the middle of the camera: each
        module lies in one of them.
    """

    centres: F8
    slow: F8
    fast: F8
    side: int
    cell_x: float
    cell_y: float

    def positions(self) -> F8:
        """float64[m, s, s, 3]: centres of the pixels."""
        step = np.arange(self.side) - 0.5 * (self.side - 1)
        slow = step[:, np.newaxis, np.newaxis] * self.slow[:, np.newaxis, np.newaxis]
        fast = step[:, np.newaxis] * self.fast[:, np.newaxis, np.newaxis]
        return self.centres[:, np.newaxis, np.newaxis] + slow + fast


def square_lattice(
    modules: SquareModules, pitch: float, sag: Sequence[float] = ()
) -> Lattice:
    """Pixels of square modules, which are seen along z.

    Parameters
    ----------
    modules : SquareModules
        The modules, in the order of the list of pixels.
    pitch : float
        Distance of neighbours in a module, m.
    sag : sequence of float, optional
        Heights instead of those on the planes of the modules:
        ``z = sag[0] r^2 + sag[1] r^4 + ...``, all in m.

    Raises
    ------
    ValueError
        If a module sticks out of its cell.
    """
    x, y, z = modules.positions().reshape(-1, 3).T.copy()
    if sag:
        z = sum(c * (x**2 + y**2) ** (n + 1) for n, c in enumerate(sag)) + 0.0 * x
    low, table = _table_of_cells(modules)
    axes = np.stack([modules.slow[:, :2], modules.fast[:, :2]], axis=2)
    inverse = np.linalg.inv(axes).reshape(-1, 4)
    lattice = np.array([*low, modules.cell_x, modules.cell_y, modules.side, 0.5])
    module = np.arange(len(modules.centres), dtype=np.int32)
    by_module = np.column_stack([modules.centres[:, :2], inverse])
    lookup = PixelLookup(SQUARES, lattice, table, by_module)
    return Lattice(x, y, z, pitch, np.repeat(module, modules.side**2), lookup)


def _table_of_cells(modules: SquareModules) -> tuple[F8, I4]:
    """Corner of the cells, float64[2], and the module in each, int32[i, j]."""
    cell = np.array([modules.cell_x, modules.cell_y])
    centres = modules.centres[:, :2]
    # An odd number of modules in a row: the middle of one is the middle of the camera.
    odd = np.abs(centres / cell - np.round(centres / cell)).max(axis=0) < 0.25
    number = np.floor(centres / cell + 0.5 * odd).astype(np.int64)
    lowest = number.min(axis=0)
    low = (lowest - 0.5 * odd) * cell
    table = np.full(number.max(axis=0) - lowest + 1, -1, np.int32)
    table[tuple((number - lowest).T)] = np.arange(len(centres))
    half = 0.5 * modules.side * np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]])
    for slow, fast in half:
        corner = centres + slow * modules.slow[:, :2] + fast * modules.fast[:, :2]
        if (np.abs((corner - low) / cell - (number - lowest) - 0.5) > 0.5 + 1e-9).any():
            raise ValueError("the modules of the camera overlap")
    return low, table


def tangent_to_sphere(
    centres: F8, radius: float, pitch: float, side: int, cell_x: float, cell_y: float
) -> SquareModules:
    """Modules on a curved camera, each in the plane that touches the sphere.

    Parameters
    ----------
    centres : float64[m, 3]
        Middles of the modules, m.
    radius : float
        Of the sphere, m; its centre is on the axis of the telescope.
    pitch : float
        Distance of pixels in the plane of the module, m.
    side : int
        Pixels along a module.
    cell_x, cell_y : float
        As in `SquareModules`, m.
    """
    cx, cy = centres[:, 0], centres[:, 1]
    normal = np.column_stack([cx, cy, np.sqrt(radius**2 - cx**2 - cy**2)])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    along_x = np.cross([0.0, 1.0, 0.0], normal)
    along_x /= np.linalg.norm(along_x, axis=1, keepdims=True)
    along_y = np.cross(normal, along_x)
    return SquareModules(
        centres, pitch * along_x, pitch * along_y, side, cell_x, cell_y
    )
