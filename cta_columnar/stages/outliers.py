"""Pixels whose statistics are not those of the others.

Shapes: ``k`` chunks of events, ``c`` gain channels, ``p`` pixels. Definitions: those of
ctapipe.monitoring.outlier 0.32, but a statistic that is no number is an outlier here,
and takes no part in the median of a camera.
"""

from typing import Annotated, Literal

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import F4, F8, Mask
from cta_columnar.registry import Columns, Option, register
from cta_columnar.schemas import monitoring
from cta_columnar.stages.pixel_statistics import camera_median

MASK = pa.schema([monitoring.CHUNK.field("outlier_mask")])

Range = tuple[float, float]
ApplyTo = Annotated[
    Literal["mean", "median", "std"], Option(doc="which statistic is looked at")
]


@register("outlier_detector", "RangeOutlierDetector", writes=MASK)
def range_outliers(
    mean: F4,
    median: F4,
    std: F4,
    *,
    apply_to: ApplyTo = "median",
    validity_range: Annotated[
        Range, Option(doc="lowest and highest good value, p.e. or ns")
    ] = (1.0, 2.0),
) -> Columns:
    """Find pixels outside of a range."""
    values = _chosen(apply_to, mean, median, std)
    return {"outlier_mask": _outside(values, *validity_range)}


@register("outlier_detector", "MedianOutlierDetector", writes=MASK)
def median_outliers(
    mean: F4,
    median: F4,
    std: F4,
    *,
    apply_to: ApplyTo = "median",
    median_range_factors: Annotated[
        Range, Option(doc="least and largest deviation, in units of the camera median")
    ] = (-1.0, 1.0),
) -> Columns:
    """Find pixels far from the median of the camera, in units of the median."""
    values = _chosen(apply_to, mean, median, std)
    center = camera_median(values)
    low, high = median_range_factors
    return {"outlier_mask": _outside(values - center, low * center, high * center)}


@register("outlier_detector", "StdOutlierDetector", writes=MASK)
def std_outliers(
    mean: F4,
    median: F4,
    std: F4,
    *,
    apply_to: ApplyTo = "median",
    std_range_factors: Annotated[
        Range, Option(doc="least and largest deviation, in standard deviations")
    ] = (-1.0, 1.0),
) -> Columns:
    """Find pixels far from the median of the camera, in standard deviations of it."""
    values = _chosen(apply_to, mean, median, std)
    center = camera_median(values)
    is_number = np.isfinite(values)
    count = np.maximum(is_number.sum(axis=-1, keepdims=True), 1)
    average = np.where(is_number, values, 0.0).sum(axis=-1, keepdims=True) / count
    deviation = np.where(is_number, values - average, 0.0)
    spread = np.sqrt((deviation**2).sum(axis=-1, keepdims=True) / count)
    low, high = std_range_factors
    return {"outlier_mask": _outside(values - center, low * spread, high * spread)}


def _chosen(apply_to: str, mean: F4, median: F4, std: F4) -> F8:
    values = {"mean": mean, "median": median, "std": std}[apply_to]
    return values.astype(np.float64)


def _outside(values: F8, low: F8 | float, high: F8 | float) -> Mask:
    with np.errstate(invalid="ignore"):
        return ~((values >= low) & (values <= high))
