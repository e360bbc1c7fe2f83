"""Slow, obvious means over the telescopes of one event."""

import numpy as np

from reference.coordinates import direction


def weighted_mean(values, weights):
    """Mean and population standard deviation, or NaN without values."""
    if not len(values):
        return np.nan, np.nan
    mean = np.average(values, weights=weights)
    return mean, np.sqrt(np.average((values - mean) ** 2, weights=weights))


def mean_direction(alt, az, weights):
    """(alt, az, sqrt(-2 ln R)) of the mean unit vector."""
    if not len(alt):
        return np.nan, np.nan, np.nan
    vectors = [direction(*each) for each in zip(alt, az, strict=True)]
    mean = np.average(vectors, axis=0, weights=weights)
    length = min(np.linalg.norm(mean), 1.0)
    return (
        np.arcsin(mean[2] / np.linalg.norm(mean)),
        -np.arctan2(mean[1], mean[0]) % (2 * np.pi),
        np.sqrt(-2 * np.log(length)),
    )
