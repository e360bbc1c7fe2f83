"""Spectra as keys of a configuration: a published name, a formula, or a table."""

from collections.abc import Mapping

SpectrumChoice = str | dict[str, float | tuple[float, ...]]

FORMS: Mapping[str, frozenset[str]] = {
    "power law": frozenset({"flux", "index"}),
    "log parabola": frozenset({"flux", "a", "b"}),
    "table": frozenset({"energy", "flux"}),
}
"""What each form wants, with the flux at 1 TeV or the fluxes of the table."""

IN_WORDS = (
    "a published name, as CRAB_HEGRA; {flux, index} or {flux, a, b} with the flux at "
    "1 TeV in 1/(TeV m2 s), of background per sr; {energy, flux} of a table"
)


def form_of(choice: SpectrumChoice) -> str:
    """Tell of which form a spectrum is.

    Returns
    -------
    str
        A key of `FORMS`, or ``"published"``.

    Raises
    ------
    ValueError
        If it is of none.
    """
    if isinstance(choice, str):
        return "published"
    for form, keys in FORMS.items():
        values = [choice.get(key) for key in keys]
        is_table = form == "table"
        if set(choice) == keys and all(
            isinstance(v, tuple) == is_table for v in values
        ):
            return form
    raise ValueError(f"{choice} is no spectrum: wants {IN_WORDS}")
