"""Camera images and what belongs on top of them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import Normalize, PowerNorm
from matplotlib.lines import Line2D
from matplotlib.patches import Ellipse
from numpy.typing import ArrayLike

from cta_columnar.display import pixels, style
from cta_columnar.instrument.telescope import TelescopeType

# Of the length of a scale, between two ticks.
_LEAST_STEP = 0.07


def square_root(values: ArrayLike) -> Normalize:
    """Scale on which the noise of photon counting is equally wide everywhere.

    From 0 to the largest value; negative ones have the colour of 0.
    """
    largest = np.nanmax(np.asarray(values, dtype=float), initial=0.0)
    return PowerNorm(0.5, vmin=0.0, vmax=max(float(largest), 1.0), clip=True)


def camera(
    ax: Axes,
    telescope: TelescopeType,
    values: ArrayLike | None = None,
    *,
    norm: Normalize | None = None,
    cmap: str = style.COLOR_MAP,
    label: str = "charge (p.e.)",
    colorbar: bool = True,
) -> PolyCollection:
    """Draw a camera with one value per pixel, every pixel in its true shape.

    Seen from the telescope to the sky: fov_lon grows with azimuth, fov_lat with
    altitude.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    telescope : TelescopeType
        Camera, e.g. ``open_store("dl1").subarray().type_of(1)``.
    values : array_like of shape (p,), optional
        A value per pixel; NaN is grey. Without it only the pixels are drawn.
    norm : matplotlib.colors.Normalize, optional
        Scale of colours; linear if not given, see also `square_root`.
    cmap : str
        Colour map.
    label : str
        What the values are, with unit.
    colorbar : bool
        Whether to draw the scale beside the camera.

    Returns
    -------
    matplotlib.collections.PolyCollection
        The pixels; ``set_array`` shows another image.

    Raises
    ------
    ValueError
        If there is not one value per pixel.

    Examples
    --------
    >>> row = images.row(0, named=True)
    >>> display.camera(ax, telescope, row["image"])
    >>> display.outline(ax, telescope, row["image_mask"])
    """
    shapes = PolyCollection(
        list(pixels.polygons(telescope)),
        cmap=colormaps[cmap].with_extremes(bad=style.NO_VALUE),
        norm=norm,
        linewidths=0.25,
        snap=False,  # pixels would move by a dot, and gaps open where there are none
    )
    if values is None:
        shapes.set(facecolor="0.95", edgecolor="0.6")
    else:
        array = np.asarray(values, dtype=float)
        if array.shape != (telescope.camera.n_pixels,):
            raise ValueError(
                f"{telescope.name} has {telescope.camera.n_pixels} pixels, "
                f"the values have shape {array.shape}"
            )
        shapes.set_array(np.ma.masked_invalid(array))
        shapes.set_edgecolor("face")
    ax.add_collection(shapes)
    _frame(ax)
    if colorbar and values is not None:
        bar = ax.figure.colorbar(shapes, ax=ax, label=label, shrink=0.85, pad=0.02)
        if isinstance(norm, PowerNorm):
            bar.set_ticks(_ticks(norm))
            bar.minorticks_off()
            bar.ax.yaxis.set_major_formatter("{x:g}")
    return shapes


def _ticks(norm: Normalize) -> list[float]:
    """Round numbers that do not crowd where a scale is dense: 0, 10, 20, 50 ..."""
    top = float(norm.vmax or 1.0)
    decades = 10.0 ** np.arange(np.floor(np.log10(top)) - 2, np.log10(top))
    rounds = sorted(n * ten for ten in decades for n in (1, 2, 5) if n * ten <= top)
    ticks: list[float] = []
    for value in [*reversed(rounds), 0.0]:
        if not ticks or float(norm(ticks[-1]) - norm(value)) > _LEAST_STEP:
            ticks.append(value)
    return ticks[::-1]


def _frame(ax: Axes) -> None:
    style.plain(ax, grid=False)
    ax.set(aspect="equal", xlabel="fov_lon (deg)", ylabel="fov_lat (deg)")
    ax.margins(0.03)
    ax.autoscale_view()
    # What is drawn on top, sources far away in particular, changes the frame no more.
    ax.set_autoscale_on(False)


def outline(
    ax: Axes,
    telescope: TelescopeType,
    mask: ArrayLike,
    *,
    color: str = style.MEASURED,
    linewidth: float = 1.0,
    label: str | None = None,
) -> LineCollection:
    """Draw a line around the pixels of a mask, e.g. those kept by the cleaning.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes with a camera.
    telescope : TelescopeType
        Its camera.
    mask : array_like of bool, shape (p,)
        Pixels to go around.
    color, linewidth, label
        As in matplotlib.
    """
    edges = pixels.outline(telescope, mask)
    lines = LineCollection(
        list(edges), colors=color, linewidths=linewidth, label=label, capstyle="round"
    )
    ax.add_collection(lines, autolim=False)
    return lines


def hillas_ellipse(
    ax: Axes,
    row: Mapping[str, Any],
    *,
    prefix: str = "hillas_",
    color: str = style.MEASURED,
    scale: float = 1.0,
    label: str | None = None,
) -> Ellipse | None:
    """Draw the ellipse of an image's first and second moments, with its main axis.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes with a camera.
    row : mapping
        A row of the table ``parameters``: ``frame.row(0, named=True)``.
    prefix : str
        Of the columns; ``"true_hillas_"`` for those of the true image.
    scale : float
        Half axes in units of ``length`` and ``width``.
    color, label
        As in matplotlib.

    Returns
    -------
    matplotlib.patches.Ellipse or None
        None, and nothing is drawn, if the image has no parameters.
    """
    names = ("fov_lon", "fov_lat", "length", "width", "psi")
    lon, lat, length, width, psi = (
        float(row.get(prefix + name, np.nan)) for name in names
    )
    if not np.isfinite([lon, lat, length, width, psi]).all():
        return None
    ellipse = Ellipse(
        (lon, lat), 2 * scale * length, 2 * scale * width, angle=psi,
        fill=False, edgecolor=color, linewidth=1.8, label=label,
    )  # fmt: skip
    ax.add_patch(ellipse)
    along = 2.5 * scale * length * np.array([-1.0, 1.0])
    ax.plot(
        lon + along * np.cos(np.radians(psi)), lat + along * np.sin(np.radians(psi)),
        color=color, linewidth=0.9, linestyle="--",
    )  # fmt: skip
    return ellipse


def direction(
    ax: Axes,
    fov_lon: float,
    fov_lat: float,
    *,
    color: str = style.TRUE,
    marker: str = "*",
    size: float = 15.0,
    label: str | None = None,
) -> Line2D:
    """Mark a direction (deg) in the field of view: a source, a reconstructed one."""
    (mark,) = ax.plot(
        fov_lon, fov_lat, marker=marker, color=color, markersize=size,
        markeredgecolor="black", markeredgewidth=0.8, linestyle="none", label=label,
    )  # fmt: skip
    return mark
