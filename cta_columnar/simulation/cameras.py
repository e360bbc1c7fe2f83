"""The pixels of the cameras, out of the pattern of their modules.

The figures are those of public files: the headers of the sim_telarray files among the
test resources of pyeventio and ctapipe-extra (prod3b to prod6 cameras), which these
patterns meet within 0.01 mm, in the order of the list of pixels there.
"""

from collections.abc import Callable, Iterator
from itertools import product

import numpy as np
from numpy.typing import NDArray

from cta_columnar.simulation.lattices import (
    Lattice,
    SquareModules,
    hexagonal_lattice,
    square_lattice,
    tangent_to_sphere,
)

F8 = NDArray[np.float64]
Axial = tuple[int, int]

PITCH = 0.05  # of LSTCam, NectarCam and FlashCam, m

# Pixels of a module of 7, about its middle, in the order of NectarCam.
_FLOWER: tuple[Axial, ...] = (
    (0, -1), (1, -1), (1, 0), (0, 0), (0, 1), (-1, 1), (-1, 0),
)  # fmt: skip
_FLOWER_RINGS = 9


def _ring(a: int, b: int) -> int:
    return max(abs(a), abs(b), abs(a + b))


def _flowers() -> list[tuple[int, Axial]]:
    """Modules and pixels of the 265 modules of 7, in the order of NectarCam."""
    n = _FLOWER_RINGS
    span = range(-n, n + 1)
    modules = [
        (i, j)
        for i, j in product(span, span)
        # The six corners of the hexagon are missing.
        if _ring(i, j) < n or (_ring(i, j) == n and i * j * (i + j))
    ]
    return [
        (module, (i + 3 * j + a, -3 * i - 2 * j + b))
        for module, (i, j) in enumerate(modules)
        for a, b in _FLOWER
    ]


def _spiral() -> Iterator[Axial]:
    """All points of a hexagonal lattice, ring after ring, without an end."""
    yield 0, 0
    k = 0
    while True:
        k += 1
        a, b = -k, 0
        for da, db in ((0, 1), (1, 0), (1, -1), (0, -1), (-1, 0), (-1, 1)):
            for _ in range(k):
                yield a, b
                a, b = a + da, b + db


def nectarcam() -> Lattice:
    """Return 265 modules of 7 hexagons, module after module."""
    module, ab = zip(*_flowers(), strict=True)
    return hexagonal_lattice(ab, module, PITCH)


def lstcam() -> Lattice:
    """Return the pixels of NectarCam, in a spiral from the middle."""
    module_of = {ab: module for module, ab in _flowers()}
    order: list[Axial] = []
    for ab in _spiral():
        if len(order) == len(module_of):
            break
        if ab in module_of:
            order.append(ab)
    # Its modules are counted from the other end.
    last = max(module_of.values())
    return hexagonal_lattice(order, [last - module_of[ab] for ab in order], PITCH)


# FlashCam: modules of 12 pixels, a third of the camera, then turned twice by 120 deg.
_FLASHCAM_MODULE: tuple[Axial, ...] = (
    (0, 0), (1, 0), (0, 1), (1, 1), (1, -2), (2, -2),
    (1, -1), (2, -1), (1, 2), (3, -1), (2, 1), (2, 0),
)  # fmt: skip
_FLASHCAM_FIRST: tuple[Axial, ...] = (
    (0, 0), (-2, -2), (-2, 4), (-4, 2), (-4, 8), (-6, 6), (-6, 12), (-8, 10),
    (-8, 16), (-10, 14), (-10, 20), (-12, 18), (-12, 24), (-14, 22), (-4, -4),
    (-6, -6), (-6, 0), (-8, -2), (-8, 4), (-10, 2), (-10, 8), (-12, 6), (-12, 12),
    (-14, 10), (-14, 16), (-16, 14), (-16, 20), (-18, 18), (-8, -8), (-10, -10),
    (-10, -4), (-12, -6), (-12, 0), (-14, -2), (-14, 4), (-16, 2), (-16, 8), (-18, 6),
    (-18, 12), (-20, 10), (-20, 16), (-22, 14), (-12, -12), (-14, -8), (-16, -4),
    (-18, 0), (-20, 4), (-22, 8), (-24, 12),
)  # fmt: skip
# The middle of the camera is a corner of three pixels, at a = 10/3, b = -2/3.
_FLASHCAM_MIDDLE = np.array([10.0, -2.0]) / 3.0


def flashcam() -> Lattice:
    """Return 147 modules of 12 hexagons, alike under a turn by 120 deg."""
    first, inside = np.array(_FLASHCAM_FIRST), np.array(_FLASHCAM_MODULE)
    third = (first[:, np.newaxis] + inside).reshape(-1, 2) - _FLASHCAM_MIDDLE
    # (a, b) -> (b, -a - b) is a turn by -120 deg.
    second = np.column_stack([third[:, 1], -third.sum(axis=1)])
    last = np.column_stack([second[:, 1], -second.sum(axis=1)])
    ab = np.rint(np.concatenate([third, second, last]) + _FLASHCAM_MIDDLE)
    a0, b0 = _FLASHCAM_MIDDLE
    x0, y0 = -PITCH * np.sqrt(0.75) * a0, -PITCH * (b0 + 0.5 * a0)
    module = np.arange(ab.shape[0]) // inside.shape[0]
    return hexagonal_lattice(ab, module, PITCH, float(x0), float(y0))


# DigiCam: columns of pixels; the lowest b of each, and how many there are.
_DIGICAM_PITCH, _DIGICAM_X0, _DIGICAM_Y0 = 0.0236, 0.483704072, -0.0118
_DIGICAM_FIRST = (
    *range(0, -12, -1), -11, *(-10 + i // 2 for i in range(24)), *range(3, 24, 2),
)  # fmt: skip
_DIGICAM_COUNT = (*range(1, 35, 3), *(24 * (36,)), *range(35, 1, -3))
_DIGICAM_MODULE = 12  # pixels; not published which, so those that follow each other


def digicam() -> Lattice:
    """Return 48 columns of hexagons: a hexagon with long and short sides."""
    columns = zip(_DIGICAM_FIRST, _DIGICAM_COUNT, strict=True)
    ab = [(-a, first + i) for a, (first, n) in enumerate(columns) for i in range(n)]
    module = np.arange(len(ab)) // _DIGICAM_MODULE
    return hexagonal_lattice(ab, module, _DIGICAM_PITCH, _DIGICAM_X0, _DIGICAM_Y0)


def _rows(counts: tuple[int, ...]) -> NDArray[np.int64]:
    """int64[m, 2]: column and row of modules, by row and column, about the middle."""
    top = len(counts) // 2
    return np.array(
        [
            (i, j - top)
            for j, count in enumerate(counts)
            for i in range(-(count // 2), count // 2 + 1)
        ]
    )


# ASTRICam: pixels of the modules farther out are seen at a larger slant.
_ASTRICAM_ROWS = (3, 5, 7, 7, 7, 5, 3)
_ASTRICAM_CELL = 0.0588
_ASTRICAM_PITCH = np.array([7.175, 7.164, 7.130, 7.075]) * 1e-3
_ASTRICAM_SAG = (-0.471698743, -0.104879058, -0.0491641446)


def astricam() -> Lattice:
    """Return 37 modules of 8 x 8 squares on a curved surface, row after row."""
    cells = _rows(_ASTRICAM_ROWS)
    step_x, step_y = _ASTRICAM_PITCH[np.abs(cells)].T
    none = np.zeros(len(cells))
    modules = SquareModules(
        np.column_stack([_ASTRICAM_CELL * cells, none]),
        slow=np.column_stack([none, step_y, none]),
        fast=np.column_stack([step_x, none, none]),
        side=8,
        cell_x=_ASTRICAM_CELL,
        cell_y=_ASTRICAM_CELL,
    )
    return square_lattice(modules, float(_ASTRICAM_PITCH[0]), _ASTRICAM_SAG)


_SCTCAM_ROWS = (5, 9, 11, 13, 13, 15, 15, 15, 15, 15, 13, 13, 11, 9, 5)
_SCTCAM_CELL, _SCTCAM_PITCH = 0.054, 6.6881836e-3
_SCTCAM_SAG = (-0.133435993, 0.0286524559)


def sctcam() -> Lattice:
    """Return 177 modules of 8 x 8 squares on a curved surface, row after row."""
    cells = _rows(_SCTCAM_ROWS)
    step = _SCTCAM_PITCH * np.ones(len(cells))
    none = np.zeros(len(cells))
    modules = SquareModules(
        np.column_stack([_SCTCAM_CELL * cells, none]),
        slow=np.column_stack([step, none, none]),
        fast=np.column_stack([none, step, none]),
        side=8,
        cell_x=_SCTCAM_CELL,
        cell_y=_SCTCAM_CELL,
    )
    return square_lattice(modules, _SCTCAM_PITCH, _SCTCAM_SAG)


# CHEC-S: 6 x 6 modules less the corners, on a sphere. Middles of those with positive x
# and y, m: columns from the middle outward.
_CHEC_MIDDLES = (
    ((26.8922, 26.9025, -0.93895), (26.8164, 79.7200, -3.75932),
     (26.6644, 132.6137, -9.40803)),
    ((80.5995, 26.6025, -3.82434), (80.3711, 79.7200, -6.64453),
     (79.9153, 132.6137, -12.27686)),
    ((134.0729, 26.6025, -9.60277), (133.6933, 79.7200, -12.40661)),
)  # fmt: skip
_CHEC_RADIUS, _CHEC_PITCH = 1.0, 6.4e-3
_CHEC_CELL_X, _CHEC_CELL_Y = 0.0536, 0.0531  # borders of cells lie in the gaps


def chec() -> Lattice:
    """Return 32 modules of 8 x 8 squares, in planes that touch a sphere."""
    centres = np.array(
        [
            (sign_x * x, sign_y * y, z)
            for column in _CHEC_MIDDLES
            for sign_x in (1, -1)
            for x, y, z in column
            for sign_y in (1, -1)
        ]
    )
    modules = tangent_to_sphere(
        1e-3 * centres, _CHEC_RADIUS, _CHEC_PITCH, 8, _CHEC_CELL_X, _CHEC_CELL_Y
    )
    return square_lattice(modules, _CHEC_PITCH)


# No list of the pixels of SSTCam is public; its configuration names one of CHEC-S.
CAMERAS: dict[str, Callable[[], Lattice]] = {
    "LSTCam": lstcam,
    "NectarCam": nectarcam,
    "FlashCam": flashcam,
    "DigiCam": digicam,
    "CHEC": chec,
    "SSTCam": chec,
    "ASTRICam": astricam,
    "SCTCam": sctcam,
}


def hexagon(rings: int, pitch: float) -> Lattice:
    """Return rings of hexagons about the middle one, each a module of its own."""
    n = 3 * rings * (rings + 1) + 1
    order = [ab for ab, _ in zip(_spiral(), range(n), strict=False)]
    return hexagonal_lattice(order, np.arange(n), pitch)
