"""Slow, obvious HillasReconstructor of one event: what `kernels.stereo` must equal."""

from itertools import combinations

import numpy as np

from reference.coordinates import (
    altaz_to_fov,
    direction,
    fov_to_altaz,
    project_to_ground,
    tilt,
)


def unit(v):
    return v / np.linalg.norm(v)


def angle_between(a, b):
    return np.arctan2(np.linalg.norm(np.cross(a, b)), a @ b)


def image_points(image, pointing, radius):
    """(alt, az) of the centroid and of a second point of the image axis."""
    lon, lat, psi = image[:3]
    step = 0.1 * radius
    return (
        fov_to_altaz(lon, lat, *pointing),
        fov_to_altaz(lon + step * np.cos(psi), lat + step * np.sin(psi), *pointing),
    )


def reconstruct(images, pointings, positions, radii, array_pointing, site_height):
    """Return (alt, az, spread, core x, y, tilted x, y, h_max), core_psi.

    One entry per used telescope; at least two, and not all parallel.
    """
    points = [
        image_points(*each) for each in zip(images, pointings, radii, strict=True)
    ]
    axes = np.array([direction(*first) for first, _ in points])
    normals = [np.cross(direction(*a), direction(*b)) for a, b in points]
    weights = [image[5] * image[3] / image[4] for image in images]

    crossings, pair_weights = [], []
    for a, b in combinations(range(len(images)), 2):
        crossing = np.cross(normals[a], normals[b])
        crossings.append(-crossing if crossing[2] < 0 else crossing)
        pair_weights.append(weights[a] * weights[b])
    mean = unit(np.average(crossings, axis=0, weights=pair_weights))
    spread = np.mean([angle_between(mean, crossing) for crossing in crossings])

    core_psi = []
    for first, second in points:
        lon1, lat1 = altaz_to_fov(*first, *array_pointing)
        lon2, lat2 = altaz_to_fov(*second, *array_pointing)
        core_psi.append(np.arctan(np.divide(lon1 - lon2, lat1 - lat2)))
    core_psi = np.array(core_psi)

    tilted = np.array([tilt(*array_pointing) @ p for p in positions])[:, :2]
    normals = np.stack([-np.sin(core_psi), np.cos(core_psi)], axis=1)
    # The distance of a point from each line is normal . (point - place).
    core, *_ = np.linalg.lstsq(normals, (normals * tilted).sum(axis=1), rcond=None)

    # Likewise in space, with the two directions across each line.
    projectors = [np.eye(3) - np.outer(u, u) for u in axes]
    across = np.concatenate(projectors)
    places = np.concatenate([m @ p for m, p in zip(projectors, positions, strict=True)])
    nearest, *_ = np.linalg.lstsq(across, places, rcond=None)

    return np.array(
        [
            np.arcsin(mean[2]),
            -np.arctan2(mean[1], mean[0]) % (2 * np.pi),
            spread,
            *project_to_ground(*core, *array_pointing),
            *core,
            nearest[2] + site_height,
            np.mean([image[5] for image in images]),
        ]
    ), core_psi
