"""Spectra as keys of a configuration: a published name, a formula, or a table."""

from collections.abc import Mapping
from typing import Any

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


def form_of(choice: Any) -> str:  # noqa: ANN401 - whatever a user wrote
    """Tell of which form a spectrum is.

    Returns
    -------
    str
        A key of `FORMS`, or ``"published"``.

    Raises
    ------
    ValueError
        If it is of none, or a number is none.
    """
    if isinstance(choice, str):
        return "published"
    keys = set(choice) if isinstance(choice, Mapping) else set()
    form = next((name for name, wanted in FORMS.items() if keys == wanted), None)
    if form is None:
        raise ValueError(
            "wants a name, or flux and index, or flux, a and b, or energy and flux, "
            f"not {choice!r}"
        )
    for key in sorted(keys):
        value, is_table = choice[key], form == "table"
        kinds = (list, tuple) if is_table else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds):
            wanted = "a list of numbers" if is_table else "a number"
            raise ValueError(f"{key} wants {wanted}, not {value!r}")
    return form
