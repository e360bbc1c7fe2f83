"""Slow, obvious parameters of a ring: what `kernels.muon_parameters` must equal."""

import numpy as np


def containment(lon, lat, radius, camera_radius):
    """Share of many points of the ring that lie inside the camera."""
    azimuth = np.linspace(-np.pi, np.pi, 100001)[:-1]
    x, y = lon + radius * np.cos(azimuth), lat + radius * np.sin(azimuth)
    return np.mean(x**2 + y**2 <= camera_radius**2)


def muon_parameters(
    image, mask, x, y, width, camera_radius, ring, threshold, ratio_width, inner, outer
):
    lon, lat, radius = ring
    q = image.astype(float)
    distance = np.hypot(x - lon, y - lat)
    azimuth = np.arctan2(y - lat, x - lon)
    bins = np.histogram(azimuth, 30, (-np.pi, np.pi), weights=q)[0]
    off = np.abs(distance - radius)
    inside = off < inner * radius
    beside = ~inside & (off < (inner + outer) * radius)
    near = mask & (off <= ratio_width * width / 2)
    with np.errstate(all="ignore"):
        mean = (q * distance).sum() / q.sum()
        std = np.sqrt((q * (distance - mean) ** 2).sum() / q.sum())
        z = (distance - mean) / std
        return np.array(
            [
                containment(lon, lat, radius, camera_radius),
                np.mean(bins > threshold),
                q[near].sum() / q[mask].sum(),
                (q * off**2)[mask].sum() / q[mask].sum(),
                q[inside].sum(),
                q[mask & ~inside].sum(),
                (mask & inside).sum(),
                np.float64(q[beside].sum()) / beside.sum(),
                std,
                (q * z**3).sum() / q.sum(),
                (q * z**4).sum() / q.sum() - 3,
            ]
        )
