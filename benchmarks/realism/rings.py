"""Rings of simulated muons: their radius, and the efficiency that their light tells.

ctacol simulate --array LST-1 --particle muon --n-showers 600 --energy 0.01:1
    --viewcone 1 --seed 3 -o mu.simtel.zst
ctacol run stage1 --input mu.simtel.zst --output mu
python -m benchmarks.realism.rings mu
"""

import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from cta_columnar.kernels.simulation.electrons import PHOTONS_PER_METRE
from cta_columnar.simulation.arrays import load_array

_LEAST_LIGHT, _HALF_WIDTH, _FARTHEST = 600.0, 0.25, 2.0


def circle(x: np.ndarray, y: np.ndarray, image: np.ndarray) -> np.ndarray:
    """Fit x, y and radius to an image, three times to what is near the ring."""
    weight, ring = image, np.zeros(3)
    for _ in range(3):
        root = np.sqrt(weight)
        system = np.stack([2 * x, 2 * y, np.ones_like(x)], axis=1) * root[:, None]
        fit = np.linalg.lstsq(system, (x * x + y * y) * root, rcond=None)[0]
        radius = np.sqrt(max(fit[2] + fit[0] ** 2 + fit[1] ** 2, 0.0))
        ring = np.array([fit[0], fit[1], radius])
        distance = np.hypot(x - fit[0], y - fit[1])
        weight = image * (np.abs(distance - radius) < _HALF_WIDTH)
    return ring


def chords() -> tuple[np.ndarray, np.ndarray]:
    """Mean chord of a unit mirror, and how it varies in azimuth, per impact 0 to 1."""
    phi = np.linspace(-np.pi, np.pi, 361)[:-1]
    impact = np.linspace(0, 1, 101)[:, None]
    chord = np.sqrt(np.maximum(1 - (impact * np.sin(phi)) ** 2, 0))
    chord = chord + impact * np.cos(phi)
    mean = chord.mean(axis=1)
    return mean, 2 * (chord * np.cos(phi)).mean(axis=1) / mean


def main() -> None:
    """Print radii and efficiencies."""
    model = load_array("LST-1").models[0]
    layout, mirror = model.layout, model.mirror
    x, y = (np.degrees(axis / mirror.scale) for axis in (layout.x, layout.y))
    (path,) = Path(sys.argv[1]).glob("images/*/*.parquet")
    mean, variation = chords()
    radii, efficiencies = [], []
    for image in pq.read_table(path, columns=["true_image"])["true_image"].to_pylist():
        light = np.maximum(np.array(image, float), 0.0)
        if light.sum() < _LEAST_LIGHT:
            continue
        cx, cy, radius = circle(x, y, light)
        near = np.abs(np.hypot(x - cx, y - cy) - radius) < _HALF_WIDTH
        light, phi = light * near, np.arctan2(y - cy, x - cx)
        slices = np.histogram(phi, 12, (-np.pi, np.pi), weights=light)[0]
        if np.hypot(cx, cy) + radius > _FARTHEST or slices.min() < 0.1 * slices.max():
            continue
        size = light.sum()
        seen = np.hypot((light * np.cos(phi)).sum(), (light * np.sin(phi)).sum())
        chord = mean[np.argmin(np.abs(variation - 2 * seen / size))] * mirror.radius
        angle = np.radians(radius)
        photons = PHOTONS_PER_METRE * np.sin(angle) ** 2 * chord / np.tan(angle)
        area = mirror.mirror_area / (np.pi * mirror.radius**2)
        radii.append(radius)
        efficiencies.append(size / photons / area)
    for name, values in (("radius (deg)", radii), ("efficiency", efficiencies)):
        low, middle, high = np.quantile(values, [0.1, 0.5, 0.9])
        print(f"{name}: {middle:.3f}, 10 to 90 % {low:.3f} to {high:.3f}")
    print(f"{len(radii)} rings; efficiency injected: {model.sensor.efficiency}")


if __name__ == "__main__":
    main()
