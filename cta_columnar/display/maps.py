"""The array from above, with what an event left in it.

Maps show east to the right and north up; positions are given in the ground frame, x to
the north and y to the west, as in all tables.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import Normalize
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from cta_columnar.array_types import F8
from cta_columnar.display import style
from cta_columnar.instrument import frames
from cta_columnar.instrument.subarray import SubarrayDescription

# Area of a marker in points^2: telescopes are told apart, small ones still seen.
_MARKER, _MARKER_PER_M2 = 30.0, 0.7


def array(
    ax: Axes,
    subarray: SubarrayDescription,
    values: ArrayLike | None = None,
    *,
    norm: Normalize | None = None,
    cmap: str = style.COLOR_MAP,
    label: str = "intensity (p.e.)",
    colorbar: bool = True,
) -> PathCollection:
    """Draw the telescopes of an array, sized by their mirrors.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    subarray : SubarrayDescription
        The array, e.g. ``open_store("dl1").subarray()``.
    values : array_like of shape (t,), optional
        A value per telescope, in the order of ``subarray.tel_ids``; NaN: an empty
        marker.
    norm : matplotlib.colors.Normalize, optional
        Scale of colours; linear if not given.
    cmap : str
        Colour map.
    label : str
        What the values are, with unit.
    colorbar : bool
        Whether to draw the scale beside the map.

    Returns
    -------
    matplotlib.collections.PathCollection
        Markers of the telescopes that have a value.

    Raises
    ------
    ValueError
        If there is not one value per telescope.
    """
    given = np.full(len(subarray), np.nan) if values is None else values
    colors = np.asarray(given, dtype=float)
    if colors.shape != (len(subarray),):
        raise ValueError(
            f"{len(subarray)} telescopes, but the values have shape {colors.shape}"
        )
    east, north = _map(subarray.positions[:, 0], subarray.positions[:, 1])
    sizes = _marker_sizes(subarray)
    ax.scatter(east, north, sizes, "white", edgecolors="0.55", linewidths=1.0, zorder=3)
    has_value = np.isfinite(colors)
    marks = ax.scatter(
        east[has_value], north[has_value], sizes[has_value], colors[has_value],
        norm=norm, cmap=cmap, edgecolors="black", linewidths=0.8, zorder=4,
    )  # fmt: skip
    style.plain(ax)
    ax.set(aspect="equal", xlabel="easting (m)", ylabel="northing (m)")
    ax.margins(0.12)
    if colorbar and has_value.any():
        ax.figure.colorbar(marks, ax=ax, label=label, shrink=0.85, pad=0.02)
    return marks


def tel_ids(ax: Axes, subarray: SubarrayDescription) -> None:
    """Write the id beside each telescope."""
    east, north = _map(subarray.positions[:, 0], subarray.positions[:, 1])
    # From the centre of a marker to its upper right, and a bit.
    away = 0.35 * np.sqrt(_marker_sizes(subarray)) + 1.5
    for tel_id, x, y, d in zip(subarray.tel_ids, east, north, away, strict=True):
        ax.annotate(
            str(tel_id), (x, y), (d, d), textcoords="offset points",
            fontsize=8, color="0.35", zorder=5,
        )  # fmt: skip


def core(
    ax: Axes,
    x: float,
    y: float,
    *,
    color: str = "black",
    marker: str = "*",
    size: float = 15.0,
    label: str | None = None,
) -> Line2D:
    """Mark where the axis of a shower meets the ground (m, ground frame)."""
    east, north = _map(x, y)
    (mark,) = ax.plot(
        east, north, marker=marker, color=color, markersize=size, label=label,
        markeredgecolor="white", markeredgewidth=0.8, linestyle="none", zorder=6,
    )  # fmt: skip
    return mark


def image_axes(
    ax: Axes,
    subarray: SubarrayDescription,
    tel_id: ArrayLike,
    core_psi: ArrayLike,
    *,
    pointing_alt: float,
    pointing_az: float,
    color: str = "0.7",
    label: str | None = None,
) -> LineCollection:
    """Draw the main axes of images as lines on the ground; they cross at the core.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes with an array.
    subarray : SubarrayDescription
        The array.
    tel_id : array_like of int, shape (n,)
        Telescopes of the images.
    core_psi : array_like of shape (n,)
        Column of the table ``telescopes``: angle in the tilted frame, deg.
    pointing_alt, pointing_az : float
        Pointing of the array, deg.
    color, label
        As in matplotlib.
    """
    psi = np.radians(np.asarray(core_psi, dtype=float))
    rows = [subarray.index_of(int(each)) for each in np.atleast_1d(tel_id)]
    position = subarray.positions[rows]
    if not rows:
        return LineCollection([])
    x, y, _ = frames.ground_to_tilted(
        position[:, 0], position[:, 1], position[:, 2], pointing_alt, pointing_az
    )
    reach = 2.0 * float(np.ptp(subarray.positions, axis=0).max(initial=0.0)) + 1000.0
    ends = [
        _map(
            *frames.project_to_ground(
                x + along * np.cos(psi), y + along * np.sin(psi),
                pointing_alt, pointing_az,
            )
        )
        for along in (-reach, reach)
    ]  # fmt: skip
    lines = LineCollection(
        list(np.stack(ends).transpose(2, 0, 1)), colors=color, linewidths=0.9,
        label=label, zorder=2,
    )  # fmt: skip
    ax.add_collection(lines, autolim=False)
    return lines


def _map(x: ArrayLike, y: ArrayLike) -> tuple[F8, F8]:
    return frames.ground_to_easting_northing(x, y)


def _marker_sizes(subarray: SubarrayDescription) -> F8:
    areas = np.array([each.optics.mirror_area for each in subarray.types])
    # Not known in every file.
    known: F8 = np.nan_to_num(areas[subarray.type_index])
    return _MARKER + _MARKER_PER_M2 * known
