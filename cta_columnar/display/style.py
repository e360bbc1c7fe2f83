"""Colours and axes that all pictures share; no setting of matplotlib is touched."""

from io import BytesIO

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter
from numpy.typing import ArrayLike

# Perceptually uniform, and it holds neither of the two colours of the overlays.
COLOR_MAP = "viridis"
NO_VALUE = "0.75"

# Over an image: what was simulated is white, what was measured is orange.
TRUE = "white"
MEASURED = "#ff5a36"

# On paper, told apart by colour-blind readers too (Okabe and Ito 2008).
BLUE, ORANGE, GREEN, PURPLE = "#0072b2", "#d55e00", "#009e73", "#aa4499"
GREY = "0.6"
_OF_PARTICLE = {"gamma": BLUE, "proton": ORANGE, "electron": GREEN, "muon": PURPLE}
_OTHERS = ("#332288", "#882255", "#999933", "#117733")

# Several of the same kind: one after the other, with another marker each.
SERIES = (BLUE, ORANGE, GREEN, PURPLE, *_OTHERS)
MARKERS = "osD^vP*X"
REFERENCE = "0.25"

DOTS_PER_INCH = 120


def color_of(name: str, position: int = 0) -> str:
    """Colour of a particle; of any other name, one by its position in the list."""
    return _OF_PARTICLE.get(name.partition(" ")[0], _OTHERS[position % len(_OTHERS)])


def in_series(position: int) -> tuple[str, str]:
    """Colour and marker of one of several of a kind."""
    return SERIES[position % len(SERIES)], MARKERS[position % len(MARKERS)]


def ramp(n: int) -> list[tuple[float, float, float, float]]:
    """Colours for n steps of an ordered quantity, dark to light, none too light."""
    shades = colormaps[COLOR_MAP](np.linspace(0.0, 0.85, max(n, 1)))
    return [tuple(map(float, shade)) for shade in shades]  # type: ignore[misc]


def plain(ax: Axes, *, grid: bool = True) -> Axes:
    """Take off what carries no information: a grid in the back, no upper frame."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.set_axisbelow(True)
    if grid:
        ax.grid(color="0.9", linewidth=0.8)
    return ax


def plain_numbers(axis: Axis, *, minor: bool = True) -> None:
    """Say 0.1, 1, 10 on a logarithmic axis, and if wanted 2 and 5 in between."""
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(_two_and_five if minor else NullFormatter())


def _two_and_five(value: float, _position: float) -> str:
    return f"{value:g}" if f"{value:e}"[0] in "25" else ""


def logarithmic_energies(ax: Axes, edges: ArrayLike) -> None:
    """Let the axis of energies (TeV) span whole decades, and say 0.1, 1, 10."""
    decades = np.log10(np.asarray(edges, dtype=float))
    # Rounding must not open another decade.
    low, high = np.floor(decades.min() + 1e-6), np.ceil(decades.max() - 1e-6)
    ax.set_xscale("log")
    ax.set_xlim(10.0**low, 10.0 ** max(high, low + 1.0))
    plain_numbers(ax.xaxis, minor=False)


def figure(width: float, height: float) -> Figure:
    """Return an empty figure (inches) that draws into memory and on no screen."""
    made = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(made)
    return made


def to_png(drawn: Figure) -> bytes:
    """Bytes of a figure as PNG, the same for the same content."""
    buffer = BytesIO()
    drawn.savefig(buffer, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    return buffer.getvalue()
