"""Light of one segment with vectors and Python numbers, on the same random numbers."""

import math

import numpy as np

from reference.simulation.draws import normal, poisson_quantile
from reference.simulation.emission import N_BINS, angle_bin
from reference.simulation.optics import camera_point

NEAREST = 50.0
SPEED_OF_LIGHT = 0.299792458
# Photons of an electron per radiation length that arrive, into 1 / 800 sr; the share
# of them whose light comes from one place; the spread of times, ns.
LIGHT_OF_ELECTRON, TOGETHER, TIME_SPREAD = 12900 * 0.7 * 800, 0.3, 0.3


def expected(segment, receiver, density, cos_view):
    """Photo-electrons, distance along the segment, bin of angle; None if not seen."""
    towards = segment[:3] - receiver[:3]
    along = towards @ segment[3:6]
    if along < NEAREST:
        return None
    off = towards @ receiver[3:6] / np.linalg.norm(towards)
    across = np.linalg.norm(np.cross(towards, segment[3:6]))
    b = angle_bin(across / along)
    if off < cos_view or b >= N_BINS:
        return None
    share = density[int(segment[8]), b]
    return segment[7] * share * receiver[6] / along**2, along, b


def companions(receiver, along):
    return TOGETHER * LIGHT_OF_ELECTRON * receiver[6] / along**2


def counts(u, segments, receiver, density, cos_view):
    """Put electrons at exponential distances along the sum of what is expected."""
    found, at, total = [0] * len(segments), -math.log(next(u)), 0.0
    for i, segment in enumerate(segments):
        seen = expected(segment, receiver, density, cos_view)
        if seen is None or seen[0] == 0:
            continue
        mean, along, _ = seen
        more = companions(receiver, along)
        total += mean / (1 + more)
        electrons = 0
        while at < total:
            at -= math.log(next(u))
            electrons += 1
        if electrons:
            found[i] = electrons + poisson_quantile(next(u), electrons * more)
    return found


def point_in_disc(u):
    while True:
        point = np.array([2 * next(u) - 1, 2 * next(u) - 1])
        if point @ point < 1:
            return point


def light(u, segment, source, receiver, camera, emission, cos_view, count):
    """Points in the camera, m, and times, ns; all light meets a pixel."""
    _, along, b = expected(segment, receiver, emission.density, cos_view)
    node = int(segment[8])
    place, upwards = segment[:3], segment[3:6]
    towards = receiver[:3] - (place - along * upwards)
    radial = towards / np.linalg.norm(towards)
    tangential = np.cross(upwards, radial)
    alone = 1 / (1 + companions(receiver, along))
    points, times = [], []
    for i in range(count):
        if i == 0 or next(u) < alone:
            word = math.floor(next(u) * 2**32)
            sample = word * int(emission.filled[node, b]) >> 32
            out, aside = emission.offsets[node, b, sample].astype(float)
        forth = segment[6] * (next(u) - 0.5)
        emitted = place + forth * upwards + out * radial + aside * tangential
        mirror = receiver[7] * point_in_disc(u)
        hit = receiver[:3] + mirror @ camera.axes[1:]
        path = emitted - hit
        distance = np.linalg.norm(path)
        for _ in range(2):
            normal(u)  # the point-spread, which is none here
        points.append(
            camera_point(
                camera.axes, camera.focal_length, camera.sharpness, camera.rotation,
                path / distance, mirror,
            )
        )  # fmt: skip
        late = (distance - emitted @ source) / SPEED_OF_LIGHT
        times.append(late + segment[9] + TIME_SPREAD * normal(u))
    return np.array(points).reshape(-1, 2), np.array(times)
