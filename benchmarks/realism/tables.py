"""Tables of images, real or simulated, in one form."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ROW = np.dtype(
    [
        ("event", "i8"), ("is_lst", "?"), ("energy", "f8"), ("core", "f8"),
        ("impact", "f8"), ("multiplicity", "i4"), ("x_max", "f8"),
        ("source_x", "f8"), ("source_y", "f8"),
        ("true_intensity", "f8"), ("true_length", "f8"), ("true_width", "f8"),
        ("intensity", "f8"), ("length", "f8"), ("width", "f8"),
        ("x", "f8"), ("y", "f8"), ("psi", "f8"), ("skewness", "f8"),
        ("concentration", "f8"), ("gradient", "f8"), ("peak_time_std", "f8"),
        ("leakage", "f8"), ("n_islands", "i4"), ("n_pixels", "i4"),
    ]
)  # fmt: skip
"""An image of a triggered telescope; angles in deg with nominal focal lengths, the axes
``x`` and ``y`` any two at a right angle, times in ns, gradients in ns / deg."""

Table = np.ndarray
ENERGIES = (
    (0.01, 0.03), (0.03, 0.1), (0.1, 0.3), (0.3, 1.0), (1.0, 3.0), (3.0, 10.0),
    (10.0, 100.0),
)  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """Images of one kind of primary particle.

    Attributes
    ----------
    table : Table
        Rows of `ROW`, of all triggered telescopes.
    thrown : dict
        Uses of showers in each range of `ENERGIES`, as if cores lay within 1900 m.
    """

    table: Table
    thrown: dict[tuple[float, float], float]


def accepted(table: Table) -> NDArray[np.bool_]:
    """Images that the yardstick counts."""
    good = (table["intensity"] >= 50) & (table["n_pixels"] >= 5)
    return np.asarray(good & (table["leakage"] < 0.2))


def between(table: Table, low: float, high: float) -> Table:
    """Rows of showers of a range of energy."""
    return table[(table["energy"] >= low) & (table["energy"] < high)]


def one_per_event(table: Table) -> Table:
    """Take the first row of each event."""
    return table[np.unique(table["event"], return_index=True)[1]]


def n_showers(table: Table) -> int:
    """Showers behind events, which are uses of them."""
    return max(np.unique(table["event"] // 100).size, 1)
