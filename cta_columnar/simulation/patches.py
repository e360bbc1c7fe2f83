"""Pixels whose signals a trigger adds up, and which of these sums are neighbours.

Shapes: ``p`` pixels, ``k`` members (pixels, or sets of pixels that are added up), ``m``
pixels of the largest member.
"""

from collections.abc import Callable
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from cta_columnar.instrument.neighbors import Neighbors, find_neighbors
from cta_columnar.simulation.telescopes import SQUARE, PixelLayout

I4 = NDArray[np.int32]
F8 = NDArray[np.float64]

# Pixels of a module of FlashCam that share a trigger channel.
_TRIPLETS = np.array([[0, 1, 2], [4, 5, 6], [3, 8, 10], [7, 9, 11]])

# Squares touch when their middles are closer than this many times their width, in x and
# in y: all eight around one, also across the gap between modules.
_SQUARE_REACH = 1.7


def pixels(layout: PixelLayout) -> I4:
    """int32[p, 1]: every pixel for itself."""
    return np.arange(layout.n_pixels, dtype=np.int32)[:, np.newaxis]


def three_modules(layout: PixelLayout) -> I4:
    """int32[k, 21]: all sets of three modules that touch each other.

    The analog sums of LSTCam and NectarCam; with modules of another size, -1 is the
    rest of a row.
    """
    by_module = _pixels_by_module(layout)
    middles = _middles(layout, by_module)
    near = find_neighbors(middles[:, 0], middles[:, 1], square=False)
    return _joined(by_module, _triangles(near))


def nine_pixels(layout: PixelLayout) -> I4:
    """int32[k, 9]: three touching triplets with one at the bottom, as in FlashCam.

    Raises
    ------
    ValueError
        If the modules are none of 12 pixels.
    """
    by_module = _pixels_by_module(layout)
    if by_module.shape[1] != _TRIPLETS.size or (by_module < 0).any():
        raise ValueError("nine_pixels wants modules of 12 pixels, as FlashCam has")
    triplets = by_module[:, _TRIPLETS].reshape(-1, 3)
    middles = _middles(layout, triplets)
    near = find_neighbors(middles[:, 0], middles[:, 1], square=False)
    triangles = _triangles(near)
    height = middles[triangles, 1] - middles[triangles, 1].mean(axis=1, keepdims=True)
    on_top = height.max(axis=1) < -height.min(axis=1)
    return _joined(triplets, triangles[on_top])


def flowers(layout: PixelLayout) -> I4:
    """int32[p, 7]: every pixel with its neighbours, as DigiCam has them."""
    near = layout.neighbors
    counts = np.diff(near.indptr)
    table = np.full((layout.n_pixels, counts.max(initial=0) + 1), -1, np.int32)
    table[:, 0] = np.arange(layout.n_pixels)
    table[:, 1:][np.arange(table.shape[1] - 1) < counts[:, np.newaxis]] = near.indices
    return table


def superpixels(layout: PixelLayout) -> I4:
    """int32[k, 4]: blocks of 2 x 2 pixels of a square module.

    Raises
    ------
    ValueError
        If the modules are no squares of an even number of pixels.
    """
    by_module = _pixels_by_module(layout)
    side = int(np.sqrt(by_module.shape[1]))
    is_square = layout.shape_code == SQUARE and side * side == by_module.shape[1]
    if not is_square or side % 2 or (by_module < 0).any():
        raise ValueError("superpixels wants square modules of 2, 4, 6 .. pixels a side")
    blocks = by_module.reshape(-1, side // 2, 2, side // 2, 2)
    return blocks.transpose(0, 1, 3, 2, 4).reshape(-1, 4).astype(np.int32)


PATCHES: dict[str, Callable[[PixelLayout], I4]] = {
    each.__name__: each
    for each in (pixels, three_modules, nine_pixels, flowers, superpixels)
}


def neighbors_of(layout: PixelLayout, members: I4) -> Neighbors:
    """Which members of a majority trigger touch each other.

    Parameters
    ----------
    layout : PixelLayout
        The camera.
    members : int32[k, m]
        Single pixels, or superpixels of equal size.

    Returns
    -------
    Neighbors
        Of hexagons as everywhere; of squares the eight around each one, so that four
        in a block touch each other.
    """
    if layout.shape_code != SQUARE:
        return layout.neighbors
    x, y = _middles(layout, members).T
    reach = _SQUARE_REACH * layout.size * np.sqrt(members.shape[1])
    indices = [
        np.flatnonzero((np.abs(x - x[k]) < reach) & (np.abs(y - y[k]) < reach))
        for k in range(len(members))
    ]
    rows = [near[near != k] for k, near in enumerate(indices)]
    indptr = np.cumsum([0, *map(len, rows)], dtype=np.int32)
    return Neighbors(indptr, np.concatenate(rows).astype(np.int32))


def _pixels_by_module(layout: PixelLayout) -> I4:
    """int32[modules, m]: pixels of each module, ascending, padded by -1."""
    counts = np.bincount(layout.module, minlength=layout.n_modules)
    table = np.full((counts.size, counts.max()), -1, np.int32)
    table[np.arange(table.shape[1]) < counts[:, np.newaxis]] = np.argsort(
        layout.module, kind="stable"
    )
    return table


def _middles(layout: PixelLayout, members: I4) -> F8:
    """float64[k, 2]: mean position of the pixels of each member."""
    weight = (members >= 0) / (members >= 0).sum(axis=1, keepdims=True)
    x, y = layout.x[members] * weight, layout.y[members] * weight
    return np.column_stack([x.sum(axis=1), y.sum(axis=1)])


def _triangles(near: Neighbors) -> NDArray[np.int64]:
    """int64[n, 3]: all sets of three that are neighbours of each other."""
    rows = np.split(near.indices, near.indptr[1:-1])
    sets = [set(row.tolist()) for row in rows]
    found = [
        (i, j, k)
        for i, row in enumerate(rows)
        for j, k in combinations(row[row > i].tolist(), 2)
        if k in sets[j]
    ]
    return np.array(found, np.int64).reshape(-1, 3)


def _joined(parts: I4, sets: NDArray[np.int64]) -> I4:
    """int32[k, m]: pixels of several parts together, ascending, padded by -1."""
    together = parts[sets].reshape(len(sets), -1)
    together = np.sort(np.where(together < 0, np.iinfo(np.int32).max, together), axis=1)
    return np.where(together == np.iinfo(np.int32).max, -1, together).astype(np.int32)
