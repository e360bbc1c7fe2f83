"""Directions of showers, from the crossing points of the axes of their images."""

import numpy as np

from benchmarks.realism.tables import Table, accepted


def errors(table: Table) -> tuple[np.ndarray, np.ndarray]:
    """Energy, and angle (deg) to the true direction, of events with two good images."""
    kept = table[accepted(table)]
    kept = kept[np.argsort(kept["event"], kind="stable")]
    starts = np.unique(kept["event"], return_index=True)[1]
    energies, angles = [], []
    for images in np.split(kept, starts[1:]):
        if len(images) < 2:
            continue
        x, y = crossing(images)
        energies.append(images["energy"][0])
        angles.append(np.hypot(x - images["source_x"][0], y - images["source_y"][0]))
    return np.array(energies), np.array(angles)


def crossing(images: Table) -> tuple[float, float]:
    """Mean of the crossing points of all pairs of axes, weighted.

    A pair counts by the sine of its angle, its reduced intensity, and how elongated
    both images are.
    """
    i, j = np.triu_indices(len(images), 1)
    a, b = images[i], images[j]
    sine = np.sin(b["psi"] - a["psi"])
    dx, dy = b["x"] - a["x"], b["y"] - a["y"]
    along = (dx * np.sin(b["psi"]) - dy * np.cos(b["psi"])) / sine
    x, y = (
        a["x"] + along * np.cos(a["psi"]),
        a["y"] + along * np.sin(a["psi"]),
    )
    weight = np.abs(sine) / (1 / a["intensity"] + 1 / b["intensity"])
    for image in (a, b):
        weight *= np.maximum(1 - image["width"] / image["length"], 1e-6)
    return float(np.average(x, weights=weight)), float(np.average(y, weights=weight))
