"""Histograms (100): the last block of a file."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cta_columnar.simulation.simtel.packing import Text, floats, pack, text

# Ids that readers and merging programs know.
THROWN, TRIGGERED = 6, 7
WEIGHTED_THROWN, WEIGHTED_TRIGGERED = 1006, 1007


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One axis of a histogram.

    Attributes
    ----------
    n_bins : int
        Bins, of equal width.
    lower, upper : float
        Its range.
    underflow, overflow : int
        Entries below and above it.
    sum, tsum : float
        Of all values times their weights, and of those within.
    """

    n_bins: int
    lower: float
    upper: float
    underflow: int = 0
    overflow: int = 0
    sum: float = 0.0
    tsum: float = 0.0


@dataclass(frozen=True, eq=False, kw_only=True)
class Histogram:
    """A histogram of one or two axes, with contents as 32-bit floats.

    Attributes
    ----------
    ident : int
        Id.
    title : str or bytes
        Title.
    axes : sequence of Axis
        x, or x and y.
    data : float[nx] or float[ny, nx]
        Contents.
    entries, tentries : int
        All entries, and those within the ranges: as real files have them. Without any
        of these, the file has no contents.
    content_all, content_inside, content_outside : float, float, float[8]
        Sums of weights.
    kind : str
        ``F``: floats; ``D`` has the same form.
    """

    ident: int
    title: Text
    axes: Sequence[Axis]
    data: NDArray[np.float32] | NDArray[np.float64]
    entries: int
    tentries: int
    content_all: float = 0.0
    content_inside: float = 0.0
    content_outside: ArrayLike = (0.0,) * 8
    kind: str = "F"


def histograms(contents: Iterable[Histogram]) -> bytes:
    """Payload of a block 100; its id is that of the first histogram."""
    written = list(map(_histogram, contents))
    return pack("h", len(written)) + b"".join(written)


def _histogram(h: Histogram) -> bytes:
    shape = tuple(axis.n_bins for axis in reversed(h.axes))
    if np.shape(h.data) != shape:
        raise ValueError(f"histogram {h.ident} of {shape} bins: {np.shape(h.data)}")
    title = text(h.title)
    # With the letter before, titles end at an even position.
    gap = bytes((len(title) + 1) % 2)
    sizes = [axis.n_bins for axis in h.axes] + [0] * (2 - len(h.axes))
    pieces = [h.kind.encode("ascii"), title, gap]
    pieces.append(pack("i2h2i", h.ident, *sizes, h.entries, h.tentries))
    for axis in h.axes:
        pieces.append(pack("2i", axis.underflow, axis.overflow))
        pieces.append(pack("4f", axis.lower, axis.upper, axis.sum, axis.tsum))
    pieces.append(pack("2f", h.content_all, h.content_inside))
    pieces.append(floats(h.content_outside))
    if h.tentries > 0:
        pieces.append(floats(h.data))
    return b"".join(pieces)


def filled(
    ident: int,
    title: str,
    x_edges: tuple[int, float, float],
    y_edges: tuple[int, float, float],
    x: ArrayLike,
    y: ArrayLike,
    weights: ArrayLike | None = None,
) -> Histogram:
    """Fill a histogram of two axes.

    Parameters
    ----------
    ident, title : int, str
        As in `Histogram`.
    x_edges, y_edges : tuple
        Bins, lower and upper end.
    x, y : float[n]
        Values.
    weights : float[n], optional
        Of entries, 1 if left out.
    """
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    weight = np.ones(x.size) if weights is None else np.asarray(weights, np.float64)
    row = _bins(y, y_edges)
    column = _bins(x, x_edges)
    # Regions of the plane, row by row: 0 below, 1 within, 2 above the range.
    region = 3 * _side(row, y_edges[0]) + _side(column, x_edges[0])
    inside = region == 4
    data = np.zeros((y_edges[0], x_edges[0]))
    np.add.at(data, (row[inside], column[inside]), weight[inside])
    sums = np.bincount(region, weight, minlength=9)
    return Histogram(
        ident=ident,
        title=title,
        axes=[_axis(x_edges, x, column, weight), _axis(y_edges, y, row, weight)],
        data=data,
        entries=x.size,
        tentries=int(inside.sum()),
        content_all=float(weight.sum()),
        content_inside=float(sums[4]),
        content_outside=np.delete(sums, 4),
    )


def _bins(
    values: NDArray[np.float64], edges: tuple[int, float, float]
) -> NDArray[np.int64]:
    n_bins, lower, upper = edges
    found = np.floor((values - lower) * (n_bins / (upper - lower))).astype(np.int64)
    return np.clip(found, -1, n_bins)


def _side(found: NDArray[np.int64], n_bins: int) -> NDArray[np.int64]:
    return np.where(found < 0, 0, np.where(found < n_bins, 1, 2))


def _axis(
    edges: tuple[int, float, float],
    values: NDArray[np.float64],
    found: NDArray[np.int64],
    weight: NDArray[np.float64],
) -> Axis:
    n_bins, lower, upper = edges
    inside = (found >= 0) & (found < n_bins)
    return Axis(
        n_bins=n_bins,
        lower=lower,
        upper=upper,
        underflow=int((found < 0).sum()),
        overflow=int((found >= n_bins).sum()),
        sum=float(values @ weight),
        tsum=float(values[inside] @ weight[inside]),
    )
