"""The sections of the configuration of `ctacol run irf`."""

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import model_validator

from cta_columnar.config.section import Section
from cta_columnar.options import Option

Energies = tuple[float, float, int]
Edges = tuple[float, ...]


def check_energies(name: str, energies: Energies | None) -> None:
    """Refuse what are no logarithmic bins.

    Raises
    ------
    ValueError
        If they are none.
    """
    if energies is not None and not (0 < energies[0] < energies[1] and energies[2] > 0):
        raise ValueError(
            f"{name}: wants the lowest and the highest energy and a number of bins, "
            f"got {list(energies)}"
        )


def check_edges(name: str, edges: Edges) -> None:
    """Refuse what are no bins.

    Raises
    ------
    ValueError
        If they are none.
    """
    if len(edges) < 2 or any(b <= a for a, b in pairwise(edges)):
        raise ValueError(f"{name}: wants ascending edges, got {list(edges)}")


class IrfAxesConfig(Section):
    """Bins of the responses."""

    true_energy: Annotated[
        Energies, Option(unit="TeV", doc="lowest, highest; bins per decade")
    ] = (0.015, 150.0, 10)
    reco_energy: Annotated[
        Energies, Option(unit="TeV", doc="lowest, highest; bins per decade")
    ] = (0.015, 150.0, 5)
    offset: Annotated[
        Edges, Option(unit="deg", doc="edges, from the centre of the field of view")
    ] = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
    fov: Annotated[
        tuple[float, float, int],
        Option(
            unit="deg", doc="of longitude and latitude: lowest, highest; number of bins"
        ),
    ] = (-6.0, 6.0, 12)
    migration: Annotated[
        tuple[float, float, int],
        Option(doc="reco over true energy: lowest, highest; number of bins"),
    ] = (0.2, 5.0, 30)
    theta: Annotated[
        tuple[float, float, int],
        Option(unit="deg", doc="true to reco direction: lowest, highest; bins"),
    ] = (0.0, 1.0, 100)
    further: Annotated[
        dict[str, Edges],
        Option(
            doc="edges of other columns of events: multiplicity; zenith, azimuth [deg] "
            "or nsb of runs; telescope_types. All responses then have these axes, too"
        ),
    ] = {}  # noqa: RUF012

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name in ("true_energy", "reco_energy", "migration"):
            check_energies(name, getattr(self, name))
        check_edges("offset", self.offset)
        for name in ("fov", "theta"):
            low, high, n_bins = getattr(self, name)
            if not (low < high and n_bins > 0):
                raise ValueError(f"{name}: wants two ends and a number of bins")
        for name, edges in self.further.items():
            if edges or name != "telescope_types":
                check_edges(f"further: {name}", edges)
        return self


Method = Literal["percentile", "optimise-gh", "optimise-grid", "fixed", "stored"]


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
            doc="lowest, highest; bins per decade. null: the same at all energies",
        ),
    ] = (0.015, 150.0, 5)
    multiplicity: Annotated[
        int, Option(doc="fewest telescopes; not for optimise-grid", ge=0)
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
        str | None, Option(doc="stored: a folder of responses, or its cuts.parquet")
    ] = None

    @property
    def is_fixed(self) -> bool:
        """Whether cuts do not depend on the events."""
        return self.method in ("fixed", "stored")

    @property
    def optimises(self) -> bool:
        """Whether cuts are those with the best sensitivity."""
        return self.method in ("optimise-gh", "optimise-grid")

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
        """Refuse what is for cuts that are set by events, in bins, if they are not."""
        for name in ("min_events", "smoothing"):
            is_given = getattr(self, name) != type(self).model_fields[name].default
            if is_given and self.is_fixed:
                raise ValueError(f"{name}: does nothing if the method is {self.method}")
        if self.smoothing is not None and self.energy is None:
            raise ValueError("smoothing: does nothing in one bin, which energy=null is")


class SensitivityConfig(Section):
    """Smallest flux of a point source that is detected; null: not."""

    significance: Annotated[float, Option(doc="standard deviations, Li & Ma", gt=0)] = (
        5.0
    )
    min_events: Annotated[float, Option(doc="signal events", ge=0)] = 10.0
    min_share: Annotated[
        float, Option(doc="signal as a share of the background", ge=0)
    ] = 0.05
    alpha: Annotated[float, Option(doc="on region over off region", gt=0)] = 0.2
    off_region: Annotated[
        Literal["stepwise", "interpolated"],
        Option(
            doc="the theta that it is of: that which the signal is cut by; or, as in "
            "pyirf and ctapipe, interpolated between the bins of the cuts. The same if "
            "these are those of the benchmarks"
        ),
    ] = "stepwise"


class BenchmarksConfig(Section):
    """Figures of merit, in bins of energy, for sources in some rings."""

    energy: Annotated[
        Energies, Option(unit="TeV", doc="lowest, highest; bins per decade")
    ] = (0.015, 150.0, 5)
    rings: Annotated[
        Edges,
        Option(
            unit="deg",
            doc="edges of rings around the centre of the field of view in which the "
            "sources are: for cuts, all figures of merit, and the sensitivity in each",
        ),
    ] = (0.0, 1.0)
    resolution_energy: Annotated[
        Literal["true_energy", "reco_energy"], Option(doc="bins of resolutions are of")
    ] = "true_energy"
    quantile: Annotated[
        float, Option(doc="share within the angular resolution", gt=0, lt=1)
    ] = 0.68
    bias: Annotated[
        Literal["median", "mean"], Option(doc="what the energy bias is")
    ] = "median"
    roc: Annotated[
        bool, Option(doc="separation of signal and background by the score")
    ] = True

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_energies("energy", self.energy)
        check_edges("rings", self.rings)
        if self.rings[0] < 0:
            raise ValueError("rings: begin at 0 deg or further out")
        return self
