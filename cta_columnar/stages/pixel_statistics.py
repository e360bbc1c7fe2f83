"""How the charges and times of pixels are distributed over calibration events.

Shapes: ``n`` events, ``c`` gain channels, ``p`` pixels.
"""

from typing import Annotated

import numpy as np

from cta_columnar.array_types import F4, F8, AnyArray, Mask
from cta_columnar.registry import Columns, Option, register
from cta_columnar.schemas.monitoring import PIXEL_STATISTICS


@register("aggregator", "PlainAggregator", writes=PIXEL_STATISTICS)
def plain(samples: F4) -> Columns:
    """Take all events that are numbers."""
    return _statistics(samples.astype(np.float64), np.isfinite(samples))


@register("aggregator", "SigmaClippingAggregator", writes=PIXEL_STATISTICS)
def sigma_clipping(
    samples: F4,
    *,
    max_sigma: Annotated[
        float, Option(doc="events farther from the mean, in standard deviations", gt=0)
    ] = 4.0,
    iterations: Annotated[
        int, Option(doc="how often they are left out, at most", ge=1)
    ] = 5,
) -> Columns:
    """Leave out events far from the mean of a pixel, again and again."""
    wide, kept = samples.astype(np.float64), np.isfinite(samples)
    for _ in range(iterations):
        mean, std = _moments(wide, kept)
        with np.errstate(invalid="ignore"):
            near = kept & (abs(wide - mean) <= max_sigma * std)
        if (near == kept).all():
            break
        kept = near
    return _statistics(wide, kept)


def _moments(samples: F8, kept: Mask) -> tuple[F8, F8]:
    """Mean and population standard deviation of what is kept; NaN of nothing."""
    count = np.where(kept.any(axis=0), kept.sum(axis=0), np.nan)
    mean = np.where(kept, samples, 0.0).sum(axis=0) / count
    deviation = np.where(kept, samples - mean, 0.0)
    return mean, np.sqrt((deviation**2).sum(axis=0) / count)


def _median(samples: F8, kept: Mask) -> F8:
    """Median of what is kept; NaN of nothing."""
    if not len(samples):
        return np.full(samples.shape[1:], np.nan)
    # What is left out comes to stand behind.
    ordered = np.sort(np.where(kept, samples, np.nan), axis=0)
    count = kept.sum(axis=0)
    middle: AnyArray = np.stack([np.maximum(count - 1, 0) // 2, count // 2])
    middle = np.minimum(middle, len(samples) - 1)
    median: F8 = np.take_along_axis(ordered, middle, axis=0).mean(axis=0)
    return median


def camera_median(values: AnyArray) -> F8:
    """Median over the pixels of a gain channel that have a number.

    Parameters
    ----------
    values : float[k, c, p]
        Something of each pixel.

    Returns
    -------
    float64[k, c, 1]
        NaN where no pixel has a number.
    """
    of_pixels = np.moveaxis(values.astype(np.float64), -1, 0)
    return _median(of_pixels, np.isfinite(of_pixels))[..., np.newaxis]


def _statistics(samples: F8, kept: Mask) -> Columns:
    with np.errstate(invalid="ignore"):
        mean, std = _moments(samples, kept)
        found = {"mean": mean, "median": _median(samples, kept), "std": std}
    columns = {
        name: each.astype(np.float32)[np.newaxis] for name, each in found.items()
    }
    return {"n_events": kept.sum(axis=0, dtype=np.int32)[np.newaxis], **columns}
