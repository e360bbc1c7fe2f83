"""Image parameters for a source at a known place of the field of view."""

from typing import Annotated

import numpy as np

from cta_columnar.array_types import F8
from cta_columnar.kernels.source import SOURCE, source_parameters
from cta_columnar.registry import Columns, Option, register
from cta_columnar.schemas import dl1
from cta_columnar.stages.parameters import named


@register("parameters", "source", writes=dl1.SOURCE)
def source_dependent_parameters(
    hillas_fov_lon: F8,
    hillas_fov_lat: F8,
    hillas_psi: F8,
    hillas_skewness: F8,
    timing_slope: F8,
    *,
    source_fov_lon: Annotated[
        float, Option(unit="deg", doc="place of the source in the telescope frame")
    ] = 0.0,
    source_fov_lat: Annotated[
        float, Option(unit="deg", doc="place of the source in the telescope frame")
    ] = 0.0,
) -> Columns:
    """Distance, alpha and miss of a source; skewness and time gradient away from it."""
    rows = source_parameters(
        hillas_fov_lon,
        hillas_fov_lat,
        np.radians(hillas_psi),
        hillas_skewness,
        timing_slope,
        source_fov_lon,
        source_fov_lat,
    )
    alpha = rows[SOURCE.index("alpha")]
    np.degrees(alpha, out=alpha)
    return named("source", SOURCE, rows)
