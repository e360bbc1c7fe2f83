"""Directions to points of a camera with matrices."""

import numpy as np


def camera_point(axes, focal_length, sharpness, rotation, direction, mirror):
    """Where light lands, in the frame of the pixels, without a point-spread."""
    forward, up, side = axes @ direction
    tangent = np.array([up, side]) / forward + np.asarray(mirror) * sharpness
    cos, sin = rotation
    return np.array([[cos, sin], [-sin, cos]]) @ (focal_length * tangent)
