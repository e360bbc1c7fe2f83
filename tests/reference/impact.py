"""Slow, obvious impact distance: what `kernels.impact` must equal."""

import numpy as np

from reference.coordinates import direction


def impact_distance(alt, az, core_x, core_y, position):
    away = position - np.array([core_x, core_y, 0.0])
    return np.linalg.norm(np.cross(away, direction(alt, az)))
