"""The section on cuts of the configuration of `ctacol run irf`."""

import json
from typing import Annotated, Literal, Self

from pydantic import model_validator

from cta_columnar.config.irf_sections import Energies, check_energies
from cta_columnar.config.section import OfThisMachine, Section
from cta_columnar.options import Option

Method = Literal["percentile", "optimise-gh", "optimise-grid", "fixed", "stored"]
_OPTIMISING: tuple[Method, ...] = ("optimise-gh", "optimise-grid")
_BY_EVENTS: tuple[Method, ...] = ("percentile", *_OPTIMISING)
# Which methods a key acts on; others act on all.
_METHODS_OF: dict[str, tuple[Method, ...]] = {
    "multiplicity": ("percentile", "optimise-gh", "fixed"),
    "gh_efficiency": ("percentile",),
    "theta_efficiency": ("percentile", "optimise-gh"),
    "min_events": _BY_EVENTS,
    "theta_min": _BY_EVENTS,
    "theta_max": _BY_EVENTS,
    "smoothing": _BY_EVENTS,
    "initial_efficiency": ("optimise-gh",),
    "gh_efficiencies": _OPTIMISING,
    "theta_efficiencies": ("optimise-grid",),
    "multiplicities": ("optimise-grid",),
    "gh": ("fixed",),
    "theta": ("fixed",),
    "table": ("stored",),
}


class IrfCutsConfig(Section):
    """Cuts on score, theta and multiplicity, in bins of reco energy."""

    method: Annotated[
        Method,
        Option(
            doc="percentile: a share of the signal passes; optimise-gh and "
            "optimise-grid: the best sensitivity, of scores or of all three; fixed: "
            "the values below; stored: the table below"
        ),
    ] = "percentile"
    energy: Annotated[
        Energies | None,
        Option(
            unit="TeV",
            doc="lowest, highest; bins per decade. null: the same at all energies; "
            "stored has bins of its own",
        ),
    ] = (0.015, 150.0, 5)
    multiplicity: Annotated[
        int, Option(doc="fewest telescopes; not for optimise-grid, stored", ge=0)
    ] = 0
    gh_efficiency: Annotated[
        float, Option(doc="percentile: share that passes", gt=0, le=1)
    ] = 0.68
    theta_efficiency: Annotated[
        float,
        Option(doc="percentile, optimise-gh: share of what is left", gt=0, le=1),
    ] = 0.68
    min_events: Annotated[
        int,
        Option(
            doc="a bin of fewer gets the hardest score and theta_max; not for fixed, "
            "stored",
            ge=1,
        ),
    ] = 10
    theta_min: Annotated[
        float, Option(unit="deg", doc="smallest cut on theta", ge=0)
    ] = 0.0
    theta_max: Annotated[
        float, Option(unit="deg", doc="largest cut on theta", gt=0)
    ] = 0.5
    smoothing: Annotated[
        float | None,
        Option(
            unit="bins",
            doc="width of a Gaussian along energies that the cuts which were found are "
            "smoothed with; null: not",
            gt=0,
        ),
    ] = None
    initial_efficiency: Annotated[
        float, Option(doc="optimise-gh: of the score before theta is set", gt=0, le=1)
    ] = 0.4
    gh_efficiencies: Annotated[
        tuple[float, ...], Option(doc="to try, if it optimises", gt=0, le=1)
    ] = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
    theta_efficiencies: Annotated[
        tuple[float, ...], Option(doc="to try, optimise-grid", gt=0, le=1)
    ] = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
    multiplicities: Annotated[
        tuple[int, ...], Option(doc="to try, optimise-grid", ge=0)
    ] = (2, 3, 4, 5, 6, 7, 8, 9, 10)
    gh: Annotated[float, Option(doc="fixed: lowest gh_score")] = 0.5
    theta: Annotated[
        float | None, Option(unit="deg", doc="fixed: largest theta; null: any", gt=0)
    ] = 0.2
    table: Annotated[
        str | None,
        Option(doc="stored: a folder of responses, or its cuts.parquet"),
        OfThisMachine(),
    ] = None

    @property
    def is_fixed(self) -> bool:
        """Whether cuts do not depend on the events."""
        return self.method in ("fixed", "stored")

    @property
    def optimises(self) -> bool:
        """Whether cuts are those with the best sensitivity."""
        return self.method in _OPTIMISING

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_energies("energy", self.energy)
        if self.method == "stored" and self.table is None:
            raise ValueError("table: name the stored cuts, a folder of responses")
        for name in ("gh_efficiencies", "theta_efficiencies", "multiplicities"):
            values = getattr(self, name)
            if not values or list(values) != sorted(set(values)):
                raise ValueError(f"{name}: wants ascending values")
        if self.theta_min > self.theta_max:
            raise ValueError("theta_min: is above theta_max")
        self._check_effect()
        return self

    def _check_effect(self) -> None:
        """Refuse what does nothing with this method, or in these bins."""
        for name, methods in _METHODS_OF.items():
            default = type(self).model_fields[name].default
            if self.method not in methods and getattr(self, name) != default:
                raise ValueError(
                    f"{name}: cuts.{name} does nothing if the method is {self.method}, "
                    f"only if it is {' or '.join(methods)}; leave it out, or to add to "
                    f"responses that have it, set cuts.{name}={json.dumps(default)}"
                )
        if self.smoothing is not None and self.energy is None:
            raise ValueError("smoothing: does nothing in one bin, which energy=null is")
