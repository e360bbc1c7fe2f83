"""Slow, obvious HillasIntersection of one event."""

import numpy as np

from reference.coordinates import (
    altaz_to_fov,
    direction,
    fov_to_altaz,
    project_to_ground,
    tilt,
)
from reference.hillas_reconstructor import image_points
from reference.lines_in_plane import mean_of_crossings


def reconstruct(
    images,
    weights,
    harmonic,
    legacy_psi,
    pointings,
    positions,
    radii,
    array_pointing,
    site_height,
):
    """Return one number per `GEOMETRY` name, or None if there is no geometry."""
    centroids, angles = [], []
    for image, pointing, radius in zip(images, pointings, radii, strict=True):
        first, second = (
            np.array(altaz_to_fov(*point, *array_pointing))
            for point in image_points(image, pointing, radius)
        )
        centroids.append(first)
        along = second - first
        angles.append(image[2] if legacy_psi else np.arctan2(along[1], along[0]))
    seen = mean_of_crossings(centroids, angles, weights, harmonic)
    if seen is None or (np.abs(seen[0]) > np.pi / 4).any():
        return None
    (lon, lat), spread = seen

    places = [(tilt(*array_pointing) @ p)[:2] for p in positions]
    turned = [place[::-1] for place in places]
    core, core_spread = (
        each[::-1] for each in mean_of_crossings(turned, angles, weights, harmonic)
    )

    distances = [
        np.linalg.norm(core - place) / np.linalg.norm(centroid - [lon, lat])
        for place, centroid in zip(places, centroids, strict=True)
    ]
    intensity = [image[5] for image in images]
    distance = np.average(distances, weights=intensity)
    up = direction(*array_pointing)[2]
    h_max = distance * up + site_height
    alt, az = fov_to_altaz(lon, lat, *array_pointing)
    return np.array(
        [
            alt,
            az,
            np.hypot(*spread),
            *project_to_ground(*core, *array_pointing),
            np.nan,
            np.nan,
            *core,
            *core_spread,
            h_max if h_max <= 1e5 else np.nan,
            np.nan,
            np.mean(intensity),
        ]
    )
