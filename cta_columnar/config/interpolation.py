"""How `ctacol run irf --interpolate-to` gets from a grid to one place."""

from typing import Annotated, Literal

from cta_columnar.config.section import Section
from cta_columnar.options import Option


class InterpolationConfig(Section):
    """From a grid of responses to one place; only with interpolate_to."""

    nearest: Annotated[
        bool, Option(doc="take the nearest point of the grid as it is")
    ] = False
    extrapolate: Annotated[
        bool, Option(doc="go on outside of the grid, where else it is an error")
    ] = False
    distributions: Annotated[
        Literal["quantile", "moment_morph"],
        Option(doc="how energy dispersion, migration and psf are interpolated"),
    ] = "quantile"
