"""Spectra from how a configuration says them."""

from typing import Any

from cta_columnar.config.spectra import SpectrumChoice, form_of
from cta_columnar.errors import UserError
from cta_columnar.stages.irf.spectra import (
    log_parabola,
    power_law,
    reference_spectrum,
    table_spectrum,
)
from cta_columnar.stages.irf.spectrum import Spectrum


def configured_spectrum(
    key: str, choice: SpectrumChoice, *, is_diffuse: bool
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
        spectrum = _made(choice, is_diffuse=is_diffuse)
    except ValueError as error:
        raise UserError(f"{key}: {error}") from error
    if spectrum.is_diffuse != is_diffuse:
        is_one = "of cosmic rays" if spectrum.is_diffuse else "of a source"
        wanted = "of cosmic rays, per sr" if is_diffuse else "of a source"
        raise UserError(f"{key}: {spectrum.name} is {is_one}, wanted is one {wanted}")
    return spectrum


def _made(choice: SpectrumChoice, *, is_diffuse: bool) -> Spectrum:
    form = form_of(choice)
    if isinstance(choice, str):
        return reference_spectrum(choice)
    values: dict[str, Any] = dict(choice)
    if form == "power law":
        return power_law(values["flux"], values["index"], is_diffuse=is_diffuse)
    if form == "log parabola":
        return log_parabola(
            values["flux"], values["a"], values["b"], is_diffuse=is_diffuse
        )
    return table_spectrum(values["energy"], values["flux"], is_diffuse=is_diffuse)
