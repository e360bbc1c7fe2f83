"""Defaults of a training that name columns of others, and follow what these are called.

Which reconstructor stage 2 had, and what the columns of disp begin with, is a key each.
Cuts and features that are as the defaults say are renamed by them; all others mean what
they say.
"""

import re
from collections.abc import Mapping

from cta_columnar.config.expressions import Cut

GEOMETRY, DISP = "HillasReconstructor", "disp"
"""What the defaults are written with."""

CUTS = (
    Cut("enough_charge", "hillas_intensity > 50"),
    Cut("positive_width", "hillas_width > 0"),
    Cut("enough_pixels", "morphology_n_pixels > 3"),
    Cut("has_geometry", f"{GEOMETRY}_is_valid"),
)
FEATURES = {
    "area": "hillas_length * hillas_width",
    "core_distance": f"sqrt({GEOMETRY}_core_x * {GEOMETRY}_core_x + "
    f"{GEOMETRY}_core_y * {GEOMETRY}_core_y)",
    "off_disp": f"sqrt(pow(sind(({DISP}_alt - {GEOMETRY}_alt) / 2), 2) + "
    f"cosd({DISP}_alt) * cosd({GEOMETRY}_alt) * "
    f"pow(sind(({DISP}_az - {GEOMETRY}_az) / 2), 2))",
}

_OF_DISP = re.compile(rf"\b{DISP}_")
_OF_ENERGY = re.compile(r"\breco_(tel_)?energy")
_OF_GEOMETRY = re.compile(rf"\b{GEOMETRY}_")


def renamed(text: str, geometry: str, disp: str | None) -> str:
    """Put other names into a column or expression of the defaults.

    Parameters
    ----------
    text : str
        Written with `GEOMETRY` and `DISP`.
    geometry : str
        Reconstructor of stage 2.
    disp : str, optional
        What columns of disp begin with; None: there are none, they stay.
    """
    text = _OF_GEOMETRY.sub(f"{geometry}_", text)
    return text if disp is None else _OF_DISP.sub(f"{disp}_", text)


def cuts_for(cuts: tuple[Cut, ...], geometry: str) -> tuple[Cut, ...]:
    """Rename those that are defaults."""
    return tuple(
        Cut(cut.name, renamed(cut.expression, geometry, None)) if cut in CUTS else cut
        for cut in cuts
    )


def expressions_for(
    given: Mapping[str, str], geometry: str, disp: str | None
) -> dict[str, str]:
    """Rename in those that are defaults."""
    return {
        name: renamed(text, geometry, disp) if FEATURES.get(name) == text else text
        for name, text in given.items()
    }


def names_for(
    names: tuple[str, ...], geometry: str, disp: str | None, *, has_energy: bool
) -> tuple[str, ...]:
    """Rename a default list of features, without those of disp or energy if not there.

    Parameters
    ----------
    names : tuple of str
        The default.
    geometry, disp : str
        As in `renamed`.
    has_energy : bool
        Whether there is a model of the energy.
    """
    missing = [_OF_DISP] * (disp is None) + [_OF_ENERGY] * (not has_energy)
    for each in missing:
        names = tuple(n for n in names if not each.search(FEATURES.get(n, n)))
    return tuple(renamed(name, geometry, disp) for name in names)
