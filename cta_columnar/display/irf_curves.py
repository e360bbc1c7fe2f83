"""Figures of merit and responses against energy, with their errors, over each other."""

from collections.abc import Sequence

import polars as pl
from matplotlib.figure import Figure

from cta_columnar.display.irf_contents import Response
from cta_columnar.display.irf_curve_drawing import by_offset, compared

_RATE = "background_rate"


def effective_area(responses: Sequence[Response]) -> Figure:
    """Draw effective areas near the centre of the field of view."""
    return compared(
        responses, "effective_area", "effective_area", "effective area (m²)"
    )


def effective_area_by_offset(response: Response) -> Figure:
    """Draw the effective area in each ring of the field of view."""
    return by_offset(
        response, "effective_area", "effective_area", "effective area (m²)"
    )


def angular_resolution(responses: Sequence[Response]) -> Figure:
    """Draw the radius that contains the usual share of the events."""
    rows = _first(responses, "angular_resolution")
    share = 100 * float(rows["quantile"].drop_nans().max() or 0.68)  # type: ignore[arg-type]
    label = f"{share:.0f} % containment (deg)"
    return compared(responses, "angular_resolution", "angular_resolution", label)


def energy_resolution(responses: Sequence[Response]) -> Figure:
    """Draw the relative width of reconstructed energies."""
    label = "energy resolution"
    drawn = compared(
        responses, "energy_resolution", "energy_resolution", label, log=False
    )
    drawn.axes[0].set_ylim(bottom=0.0)
    return drawn


def energy_bias(responses: Sequence[Response]) -> Figure:
    """Draw how far reconstructed energies lie beside the true ones."""
    drawn = compared(
        responses, "energy_resolution", "energy_bias", "energy bias", log=False
    )
    drawn.axes[0].axhline(0.0, color="0.4", linewidth=0.8, zorder=0)
    return drawn


def sensitivity(responses: Sequence[Response]) -> Figure:
    """Draw the smallest flux that is detected, by the square of the energy."""
    label = "E² · smallest flux (erg cm⁻² s⁻¹)"
    return compared(responses, "sensitivity", "energy_flux_sensitivity", label)


def background_rate(responses: Sequence[Response]) -> Figure:
    """Draw the rate of background around a source, in each bin of energy.

    In the rings of the field of view if one of them has no cut on theta.
    """
    tables = [r.products[_RATE] for r in responses if _RATE in r.products]
    value, label = "on_region_rate", "background rate in the on region (1/s)"
    if any(value not in t.columns or t[value].is_nan().all() for t in tables):
        value, label = _RATE, "background rate in the rings (1/s)"
    return compared(responses, _RATE, value, label)


def background_density(responses: Sequence[Response]) -> Figure:
    """Draw the rate of background near the centre of the field of view."""
    label = "background (s⁻¹ TeV⁻¹ sr⁻¹)"
    return compared(responses, "background_2d", "background", label)


def background_by_offset(response: Response) -> Figure:
    """Draw the rate of background in each ring of the field of view."""
    label = "background (s⁻¹ TeV⁻¹ sr⁻¹)"
    return by_offset(response, "background_2d", "background", label)


def sensitivity_by_offset(response: Response) -> Figure:
    """Draw the smallest flux that is detected in each ring of the field of view."""
    label = "E² · smallest flux (erg cm⁻² s⁻¹)"
    return by_offset(response, "sensitivity", "energy_flux_sensitivity", label)


def angular_resolution_by_offset(response: Response) -> Figure:
    """Draw the radius of containment in each ring of the field of view."""
    label = "containment (deg)"
    return by_offset(response, "angular_resolution", "angular_resolution", label)


def energy_resolution_by_offset(response: Response) -> Figure:
    """Draw the width of reconstructed energies in each ring of the field of view."""
    label = "energy resolution"
    return by_offset(response, "energy_resolution", "energy_resolution", label)


def roc_area(responses: Sequence[Response]) -> Figure:
    """Draw how well scores separate signal from background."""
    label = "area below the ROC curve"
    drawn = compared(responses, "roc_area", "roc_area", label, log=False)
    drawn.axes[0].set_ylim(top=1.005)
    return drawn


def _first(responses: Sequence[Response], product: str) -> pl.DataFrame:
    return next(
        each.products[product] for each in responses if product in each.products
    )
