"""The sections of the configuration of `ctacol run irf`."""

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import model_validator

from cta_columnar.config.section import Section
from cta_columnar.options import Option

Energies = tuple[float, float, int]
Edges = tuple[float, ...]


# Responses are products of axes, so that more of one fit into no memory.
_MAX_BINS = 1000


def check_energies(name: str, energies: Energies | None) -> None:
    """Refuse what are no logarithmic bins.

    Raises
    ------
    ValueError
        If they are none.
    """
    if energies is None:
        return
    if not 0 < energies[0] < energies[1]:
        raise ValueError(
            f"{name}: wants the lowest and the highest energy and a number of bins, "
            f"got {list(energies)}"
        )
    check_number(name, energies[2])


def check_number(name: str, n_bins: int) -> None:
    """Refuse a number of bins that is none, or that no memory has room for.

    Raises
    ------
    ValueError
        If it is such a one.
    """
    if not 1 <= n_bins <= _MAX_BINS:
        raise ValueError(f"{name}: wants 1 to {_MAX_BINS} bins, got {n_bins}")


def check_edges(name: str, edges: Edges) -> None:
    """Refuse what are no bins.

    Raises
    ------
    ValueError
        If they are none.
    """
    if len(edges) < 2 or any(b <= a for a, b in pairwise(edges)):
        raise ValueError(f"{name}: wants ascending edges, got {list(edges)}")


# What responses have axes of anyway, and what these are called in the configuration.
OWN_AXES = frozenset(
    (
        *("true_energy", "reco_energy", "migration", "theta", "offset", "fov"),
        *("true_source_fov_offset", "reco_source_fov_offset"),
        *("reco_fov_lon", "reco_fov_lat"),
    )
)


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
            if not low < high:
                raise ValueError(f"{name}: wants two ends and a number of bins")
            check_number(name, n_bins)
        self._check_angles()
        for name, edges in self.further.items():
            if name in OWN_AXES:
                raise ValueError(
                    f"further: responses have an axis of {name} of their own"
                )
            if edges or name != "telescope_types":
                check_edges(f"further: {name}", edges)
        return self

    def _check_angles(self) -> None:
        """Refuse angles that no direction has."""
        if not 0 <= self.theta[0] < self.theta[1] <= 180:
            raise ValueError("theta: wants angles from 0 to 180 deg")
        if not 0 <= self.offset[0] < self.offset[-1] < 90:
            raise ValueError("offset: wants angles from 0 to below 90 deg")
        if not -90 < self.fov[0] < self.fov[1] < 90:
            raise ValueError("fov: wants angles between -90 and 90 deg")


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
        if not 0 <= self.rings[0] < self.rings[-1] < 90:
            raise ValueError("rings: wants angles from 0 to below 90 deg")
        return self
