"""Slow, obvious HillasReconstructor of one event."""

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


def least_squares(rows, targets):
    """Solution of ``rows @ x = targets``, and its covariance from the residuals."""
    solution, *_ = np.linalg.lstsq(rows, targets, rcond=None)
    freedom = len(rows) - len(solution)
    squares = ((rows @ solution - targets) ** 2).sum()
    scale = squares / freedom if freedom else np.nan
    return solution, scale * np.linalg.inv(rows.T @ rows)


def reconstruct(
    images, weights, pointings, positions, radii, array_pointing, site_height
):
    """Return one number per `GEOMETRY` name, and core_psi.

    One entry per used telescope; at least two, and not all parallel.
    """
    points = [
        image_points(*each) for each in zip(images, pointings, radii, strict=True)
    ]
    axes = np.array([direction(*first) for first, _ in points])
    normals = [np.cross(direction(*a), direction(*b)) for a, b in points]

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
    # The distance of a point from each line is normal . (point - place).
    normals = np.stack([-np.sin(core_psi), np.cos(core_psi)], axis=1)
    core, covariance = least_squares(normals, (normals * tilted).sum(axis=1))
    to_ground = np.transpose(
        [project_to_ground(*axis, *array_pointing) for axis in np.eye(2)]
    )
    on_ground = to_ground @ covariance @ to_ground.T

    # Likewise in space, with two directions across each line.
    across, distances = [], []
    for u, p in zip(axes, positions, strict=True):
        _, _, frame = np.linalg.svd(u[None])
        across += [*frame[1:]]
        distances += [*(frame[1:] @ (p - positions[0]))]
    nearest, scatter = least_squares(np.array(across), np.array(distances))

    return np.array(
        [
            np.arcsin(mean[2]),
            -np.arctan2(mean[1], mean[0]) % (2 * np.pi),
            spread,
            *project_to_ground(*core, *array_pointing),
            *np.sqrt(np.diag(on_ground)),
            *core,
            *np.sqrt(np.diag(covariance)),
            positions[0, 2] + nearest[2] + site_height,
            np.sqrt(scatter[2, 2]),
            np.mean([image[5] for image in images]),
        ]
    ), core_psi
