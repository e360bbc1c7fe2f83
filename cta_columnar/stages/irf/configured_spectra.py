"""Spectra from how a configuration says them."""

from typing import Any

from cta_columnar.config.spectra import form_of
from cta_columnar.errors import UserError
from cta_columnar.stages.irf.spectra import (
    log_parabola,
    power_law,
    reference_spectrum,
    table_spectrum,
)
from cta_columnar.stages.irf.spectrum import Spectrum


def configured_spectrum(
    key: str,
    choice: Any,  # noqa: ANN401 - whatever a user wrote
    *,
    is_diffuse: bool,
) -> Spectrum:
    """Make the spectrum that a configuration asks for.

    Parameters
    ----------
    key : str
        Where it stands in the configuration, for errors.
    choice : str or dict
        See `config.spectra`.
    is_diffuse : bool
        Whether it is to be per solid angle.

    Raises
    ------
    UserError
        If there is none of the name, it is no spectrum, or of the other kind.
    """
    try:
        spectrum = _made(key, choice, is_diffuse=is_diffuse)
    except ValueError as error:
        raise UserError(f"{key}: {error}") from error
    if spectrum.is_diffuse != is_diffuse:
        kind = "a source" if is_diffuse else "per solid angle"
        raise UserError(f"{key}: {spectrum.name} is {kind}")
    return spectrum


def _made(key: str, choice: Any, *, is_diffuse: bool) -> Spectrum:  # noqa: ANN401
    form = form_of(choice)
    if form == "published":
        return reference_spectrum(choice)
    if form == "power law":
        return power_law(choice["flux"], choice["index"], is_diffuse=is_diffuse)
    if form == "log parabola":
        values = (choice[name] for name in ("flux", "a", "b"))
        return log_parabola(*values, is_diffuse=is_diffuse)
    return table_spectrum(
        choice["energy"], choice["flux"], name=f"table of {key}", is_diffuse=is_diffuse
    )
