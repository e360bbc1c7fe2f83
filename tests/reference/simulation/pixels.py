"""The pixel at a point, by a look at every polygon: `kernels.simulation.pixels`."""

import numpy as np


def hexagons(x, y, pitch):
    """Return corners of hexagons [p, 6, 2] whose flat sides face +y and -y."""
    angle = np.radians(60.0 * np.arange(6))
    corners = pitch / np.sqrt(3.0) * np.column_stack([np.cos(angle), np.sin(angle)])
    return np.column_stack([x, y])[:, np.newaxis] + corners


def squares(centres, slow, fast, side, width):
    """Return corners of pixels [p, 4, 2]; ``width`` is in units of a step."""
    polygons = []
    for centre, s, f in zip(centres, slow, fast, strict=True):
        for k in range(side):
            for i in range(side):
                at = centre + (k - (side - 1) / 2) * s + (i - (side - 1) / 2) * f
                a, b = 0.5 * width * s, 0.5 * width * f
                polygons.append([at - a - b, at - a + b, at + a + b, at + a - b])
    return np.array(polygons)[:, :, :2]


def inside(x, y, polygons):
    """How far inside each polygon a point is: negative outside. float64[p]."""
    nearest = np.full(len(polygons), np.inf)
    n = polygons.shape[1]
    for i in range(n):
        a, b = polygons[:, i], polygons[:, (i + 1) % n]
        edge = b - a
        across = edge[:, 0] * (y - a[:, 1]) - edge[:, 1] * (x - a[:, 0])
        nearest = np.minimum(nearest, across / np.hypot(edge[:, 0], edge[:, 1]))
    return nearest


def pixel_of(x, y, polygons):
    """Pixel, or -1; and how far the point is from an edge of any polygon."""
    depth = inside(x, y, polygons)
    found = np.flatnonzero(depth > 0.0)
    return (int(found[0]) if found.size else -1), float(np.abs(depth).min())
