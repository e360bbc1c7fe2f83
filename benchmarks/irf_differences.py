"""How far our cuts and responses are from those of ctapipe, bin by bin."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits

from cta_columnar.array_types import AnyArray
from cta_columnar.stages.irf.axes import Axis
from cta_columnar.stages.irf.component import Component

WANTED = 1e-6
_PER_MEV = 1e6
_CM2_PER_M2, _ERG_PER_TEV = 1e4, 1.602176634
# Our axes, and what their columns of edges begin with in a file.
_IN_FILE = {
    "true_energy": "ENERG",
    "reco_energy": "ENERG",
    "true_source_fov_offset": "THETA",
    "reco_source_fov_offset": "THETA",
    "migration": "MIGRA",
    "theta": "RAD",
}
# Our name, our table of cuts in ctapipe's file, its column.
_CUTS = (
    ("gh_cut", "GH_CUTS", "cut"),
    ("gh_efficiency", "GH_CUTS", "efficiency"),
    ("theta_cut", "RAD_MAX", "cut"),
    ("theta_efficiency", "RAD_MAX", "efficiency"),
    ("multiplicity_cut", "MULTIPLICITY_CUTS", "cut"),
)
# Product, our column, its table and column in ctapipe's file, to our unit.
_RESPONSES = (
    ("effective_area", "effective_area", "EFFECTIVE AREA", "EFFAREA", 1.0),
    ("energy_dispersion", "energy_dispersion", "ENERGY DISPERSION", "MATRIX", 1.0),
    ("psf", "psf", "PSF", "RPSF", 1.0),
    ("background_2d", "background", "BACKGROUND", "BKG", _PER_MEV),
    ("rad_max", "rad_max", "RAD_MAX", "RAD_MAX", 1.0),
)
_RESOLUTIONS = (
    ("energy_resolution", "energy_bias", "ENERGY BIAS RESOLUTION", "BIAS"),
    ("energy_resolution", "energy_resolution", "ENERGY BIAS RESOLUTION", "RESOLUTION"),
    ("energy_resolution", "n_events", "ENERGY BIAS RESOLUTION", "N_EVENTS"),
    (
        "angular_resolution",
        "angular_resolution",
        "ANGULAR RESOLUTION",
        "ANGULAR_RESOLUTION_68",
    ),
)


@dataclass(frozen=True)
class Difference:
    """Of one quantity.

    Attributes
    ----------
    what : str
        Which one.
    bins : int
        Where both have a value, and one is not 0.
    largest : float
        Largest relative difference in these; infinite if theirs is 0 and ours is not.
    only_ours, only_theirs : int
        Bins where only one side has a value.
    """

    what: str
    bins: int
    largest: float
    only_ours: int = 0
    only_theirs: int = 0

    @classmethod
    def of(cls, what: str, ours: AnyArray, theirs: AnyArray) -> "Difference":
        """Compare two arrays of one shape, or one that is repeated."""
        a, b = np.broadcast_arrays(
            np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
        )
        in_a, in_b = np.isfinite(a), np.isfinite(b)
        both = in_a & in_b & ((a != 0) | (b != 0))
        with np.errstate(divide="ignore"):
            away = np.abs(a[both] - b[both]) / np.abs(b[both])
        return cls(
            what,
            int(both.sum()),
            float(away.max(initial=0.0)),
            int((in_a & ~in_b).sum()),
            int((in_b & ~in_a).sum()),
        )

    def __add__(self, other: "Difference") -> "Difference":
        return Difference(
            self.what,
            self.bins + other.bins,
            max(self.largest, other.largest),
            self.only_ours + other.only_ours,
            self.only_theirs + other.only_theirs,
        )

    @property
    def is_equal(self) -> bool:
        """Whether something was compared, and agrees."""
        return self.bins > 0 and self.largest <= WANTED

    def row(self) -> str:
        """Row of a table in Markdown."""
        largest = f"{self.largest:.1e}" if self.largest else "0"
        cells = f"{self.bins} | {largest} | {self.only_ours} | {self.only_theirs}"
        return f"| {self.what} | {cells} |"


HEADER = (
    "| quantity | bins | largest relative difference | only ours | only ctapipe |\n"
    "|---|---|---|---|---|"
)


def differences_of_cuts(ours: Component, theirs: Path) -> Iterator[Difference]:
    """Compare cuts with a file of ``ctapipe-optimize-event-selection``."""
    axis = ours.axes[0]
    with fits.open(theirs) as file:
        for name, hdu, column in _CUTS:
            if hdu in file and column in file[hdu].columns.names:
                table = file[hdu].data
                _same_edges(axis, table["low"], table["high"])
                yield Difference.of(name, ours[name], table[column])
        valid = ours["is_valid"]
        ends = np.array([axis.low[valid].min(), axis.high[valid].max()])
        theirs_ends = np.array(list(file["VALID_ENERGY"].data[0]))
        yield Difference.of("valid energies", ends, theirs_ends)


def differences_of_responses(
    ours: Mapping[str, Component], theirs: Path
) -> Iterator[Difference]:
    """Compare components with a file of ``ctapipe-compute-irf``."""
    with fits.open(theirs) as file:
        for product, column, hdu, name, factor in _RESPONSES:
            if hdu in file:
                component, table = ours[product], file[hdu].data
                _same_axes(component.axes, table, hdu)
                values = table[name][0] * factor
                yield Difference.of(product, component[column].T, values)


def differences_of_benchmarks(
    ours: Mapping[str, Component], theirs: Path, *, point_like: bool
) -> Iterator[Difference]:
    """Compare figures of merit with a file of ``ctapipe-compute-irf``.

    Resolutions are compared where that has one ring of the field of view, as ours do,
    and sensitivities behind a cut on theta: without one it still sets the background by
    the radius, but counts all of the signal.
    """
    with fits.open(theirs) as file:
        for product, column, hdu, name in _RESOLUTIONS:
            component, table = ours[product], file[hdu].data
            if len(table[name][0]) == 1:
                _same_axes(component.axes, table, hdu)
                what = column if column != "n_events" else "events of resolutions"
                yield Difference.of(what, component[column], table[name][0])
        if not point_like:
            return
        table, component = file["SENSITIVITY"].data, ours["sensitivity"]
        _same_axes(component.axes, table, "SENSITIVITY")
        for name, values in _sensitivity(table).items():
            yield Difference.of(name, component[name].T, values)


def _sensitivity(table: fits.FITS_rec) -> dict[str, AnyArray]:
    """Make ours of the columns of ctapipe, whose fluxes are per erg."""
    columns = {name: table[name][0] for name in table.columns.names}
    share = columns["RELATIVE_SENSITIVITY"]
    # Without a signal the share is infinite.
    expected = np.zeros(share.shape)
    np.divide(columns["N_SIGNAL_WEIGHTED"], share, out=expected, where=~np.isinf(share))
    flux = columns["FLUX_SENSITIVITY"] * _CM2_PER_M2 * _ERG_PER_TEV
    return {
        "relative_sensitivity": share,
        "flux_sensitivity": flux,
        "energy_flux_sensitivity": columns["ENERGY_FLUX_SENSITIVITY"],
        "significance": columns["SIGNIFICANCE"],
        "n_signal_weighted": expected,
        "n_background_weighted": columns["N_BACKGROUND_WEIGHTED"],
    }


def _same_axes(axes: tuple[Axis, ...], table: fits.FITS_rec, hdu: str) -> None:
    """Compare all edges, so that no bin is taken for another."""
    for axis in axes:
        name = _IN_FILE[axis.name]
        if f"{name}_LO" not in table.columns.names:
            raise ValueError(f"{hdu} has no axis of {axis.name}")
        # One radius does for all offsets of ctapipe.
        if hdu != "RAD_MAX" or name != "THETA":
            _same_edges(axis, table[f"{name}_LO"][0], table[f"{name}_HI"][0])


def _same_edges(axis: Axis, low: AnyArray, high: AnyArray) -> None:
    for ours, theirs in ((axis.low, low), (axis.high, high)):
        np.testing.assert_allclose(ours, theirs, 1e-9, 1e-12, err_msg=axis.name)
