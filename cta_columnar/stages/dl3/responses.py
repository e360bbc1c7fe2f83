"""Components of the response as tables of GADF, for one observation."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from cta_columnar.array_types import F8, AnyArray
from cta_columnar.errors import UserError, did_you_mean
from cta_columnar.gadf import Hdu, HeaderValue, make_hdu
from cta_columnar.schemas import gadf
from cta_columnar.stages.dl3.labels import Labels
from cta_columnar.stages.irf.component import Component

# Rates are per MeV in GADF, where everything else is in TeV.
_PER_MEV = 1e-6


@dataclass(frozen=True)
class _Form:
    """How a component looks in GADF: its table, and where its axes come from."""

    kind: str
    axes: tuple[str, ...]


_TRUE = ("true_energy", "true_source_fov_offset")
_RECO = ("reco_energy", "reco_source_fov_offset")

FORMS = {
    "effective_area": _Form("aeff_2d", _TRUE),
    "energy_dispersion": _Form("edisp_2d", (_TRUE[0], "migration", _TRUE[1])),
    "psf": _Form("psf_table", (*_TRUE, "theta")),
    "background_2d": _Form("bkg_2d", _RECO),
    "background_3d": _Form("bkg_3d", (_RECO[0], "reco_fov_lon", "reco_fov_lat")),
    "rad_max": _Form("rad_max_2d", _RECO),
}
# Name of the column of values, where it is not that of the component.
VALUES = {"background_2d": "background", "background_3d": "background"}


class Observed(Protocol):
    """What responses need to know of the observation that they are of."""

    @property
    def obs_id(self) -> int | None:
        """Its number."""

    @property
    def labels(self) -> Labels:
        """Who observed."""

    @property
    def dead_fraction(self) -> float:
        """Share of the good time in which the array was dead."""


@dataclass(frozen=True)
class NoObservation:
    """Stands in where responses are of no observation: rates have no dead time."""

    labels: Labels = field(default_factory=Labels)
    obs_id: int | None = None
    dead_fraction: float = 0.0


def response_hdus(components: Iterable[Component], observation: Observed) -> list[Hdu]:
    """Make the tables of all components that an observation can have.

    Parameters
    ----------
    components : iterable of Component
        Those in `FORMS`; others are for other uses and left out.
    observation : Observation or NoObservation
        Gets its number into them. Rates of background are per time with dead time in
        it, as GADF wants, so the dead time is taken off.

    Raises
    ------
    UserError
        As `response_hdu`.
    """
    known = [each for each in components if each.name in FORMS]
    return [response_hdu(each, observation) for each in known]


def response_hdu(component: Component, observation: Observed) -> Hdu:
    """Make the table of one component.

    Raises
    ------
    UserError
        If GADF has no such component, an axis is missing, endless or one too many, or a
        value is NaN or infinite.
    """
    if component.name not in FORMS:
        hint = did_you_mean(component.name, FORMS)
        raise UserError(f"event lists have no component {component.name!r}; {hint}")
    form = FORMS[component.name]
    known = gadf.CLASSES[form.kind]
    values = _in_order(component, form)
    columns: dict[str, AnyArray] = {}
    for name, axis in zip(known.axes, _axes(component, form), strict=True):
        columns[f"{name}_LO"] = axis[None, :-1]
        columns[f"{name}_HI"] = axis[None, 1:]
    if known.values == "BKG":
        values = values * (_PER_MEV * (1.0 - observation.dead_fraction))
    columns[known.values] = np.ascontiguousarray(values.T)[None]
    labels = observation.labels
    header: dict[str, HeaderValue] = {
        "TELESCOP": labels.telescope,
        "INSTRUME": labels.instrument,
        "ORIGIN": labels.origin,
        "CREATOR": labels.creator,
    }
    if observation.obs_id is not None:
        header = {"OBS_ID": observation.obs_id, **header}
    if form.kind == "bkg_3d":
        header["FOVALIGN"] = "ALTAZ"
    enclosure = component.metadata.get("enclosure", "")
    may_tell = enclosure in known.classes[2]
    return make_hdu(form.kind, columns, header, hduclas3=enclosure if may_tell else "")


def _axes(component: Component, form: _Form) -> list[F8]:
    by_name = {axis.name: axis.array for axis in component.axes}
    for name in form.axes:
        if not np.isfinite(by_name[name]).all():
            raise UserError(
                f"{component.name}: a bin of {name} has no end, so it has no place in "
                "a file: give the axis finite edges"
            )
    return [by_name[name] for name in form.axes]


def _in_order(component: Component, form: _Form) -> F8:
    """Values with the axes of the form, in its order."""
    names = [axis.name for axis in component.axes]
    missing = [name for name in form.axes if name not in names]
    if missing:
        raise UserError(
            f"{component.name} has no axis {missing[0]!r}; it has {', '.join(names)}"
        )
    others = [axis for axis in component.axes if axis.name not in form.axes]
    for axis in others:
        if axis.n_bins > 1:
            raise UserError(
                f"{component.name} has {axis.n_bins} bins of {axis.name!r}, and an "
                "observation has one response: select a bin or interpolate first"
            )
    order = [names.index(each.name) for each in others]
    order += [names.index(name) for name in form.axes]
    values = np.asarray(component[VALUES.get(component.name, component.name)])
    kept = np.transpose(values, order).reshape(
        [component.axes[names.index(name)].n_bins for name in form.axes]
    )
    undefined = np.count_nonzero(~np.isfinite(kept))
    if undefined:
        raise UserError(
            f"{component.name}: {undefined} of {kept.size} values are no finite numbers"
        )
    return kept.astype(np.float64)
