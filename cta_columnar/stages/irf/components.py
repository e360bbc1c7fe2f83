"""Which histograms the components of a response are made of, and all of them at once.

===================  =================================  ================================
component            axes                               events
===================  =================================  ================================
effective area       true energy, true offset           ``selected``
energy dispersion    true energy, migration, offset     ``selected``
energy migration     true energy, reco energy, offset   ``selected``
psf                  true energy, true offset, theta    ``selected_gh``
background 2D        reco energy, reco offset           ``selected_gh``, weighted
background 3D        reco energy, longitude, latitude   ``selected_gh``, weighted
===================  =================================  ================================

``selected_gh`` events pass the cuts on score and multiplicity, ``selected`` ones also
that on theta if the response is point-like; see `stages.irf.cuts`. Further axes come
first.
"""

from dataclasses import dataclass

from cta_columnar.array_types import F8
from cta_columnar.stages.irf.accumulator import Accumulator
from cta_columnar.stages.irf.axes import Axis, decade_axis, linear_axis, log_axis
from cta_columnar.stages.irf.background import background_2d, background_3d
from cta_columnar.stages.irf.component import Component
from cta_columnar.stages.irf.effective_area import effective_area
from cta_columnar.stages.irf.energy_dispersion import (
    energy_dispersion,
    energy_migration,
)
from cta_columnar.stages.irf.histogram import HistogramSpec
from cta_columnar.stages.irf.psf import psf_table

SELECTED, SELECTED_GH, WEIGHT = "selected", "selected_gh", "weight"
POINT_LIKE, FULL_ENCLOSURE = "POINT-LIKE", "FULL-ENCLOSURE"


@dataclass(frozen=True)
class ResponseAxes:
    """Axes of all components.

    Attributes
    ----------
    true_energy, reco_energy : Axis
        TeV.
    true_offset, reco_offset : Axis
        From the centre of the field of view, deg.
    lon, lat : Axis
        Of reconstructed directions in the field of view, deg.
    migration : Axis
        Reconstructed over true energy.
    theta : Axis
        Distance from the true direction, deg.
    further : tuple of Axis
        Of any other columns, as of zenith angle or event type: each component then has
        them in front.
    """

    true_energy: Axis
    reco_energy: Axis
    true_offset: Axis
    reco_offset: Axis
    lon: Axis
    lat: Axis
    migration: Axis
    theta: Axis
    further: tuple[Axis, ...] = ()

    @property
    def effective_area(self) -> tuple[Axis, ...]:
        """Axes of the effective area, for `thrown_showers` too."""
        return (*self.further, self.true_energy, self.true_offset)


def default_axes() -> ResponseAxes:
    """Return the axes that ``ctapipe-compute-irf`` has if it is told nothing."""
    return ResponseAxes(
        true_energy=decade_axis("true_energy", "TeV", 0.015, 150, 10),
        reco_energy=decade_axis("reco_energy", "TeV", 0.015, 150, 5),
        true_offset=linear_axis("true_source_fov_offset", "deg", 0, 5, 1),
        reco_offset=linear_axis("reco_source_fov_offset", "deg", 0, 5, 1),
        lon=linear_axis("reco_fov_lon", "deg", -5, 5, 10),
        lat=linear_axis("reco_fov_lat", "deg", -5, 5, 10),
        migration=log_axis("migration", "", 0.2, 5, 30),
        theta=linear_axis("theta", "deg", 0, 1, 100),
    )


def signal_histograms(axes: ResponseAxes) -> tuple[HistogramSpec, ...]:
    """Histograms of simulated gamma rays."""
    further, energy, offset = axes.further, axes.true_energy, axes.true_offset
    return (
        HistogramSpec("effective_area", axes.effective_area, SELECTED),
        HistogramSpec(
            "energy_dispersion", (*further, energy, axes.migration, offset), SELECTED
        ),
        HistogramSpec(
            "energy_migration", (*further, energy, axes.reco_energy, offset), SELECTED
        ),
        HistogramSpec("psf", (*further, energy, offset, axes.theta), SELECTED_GH),
    )


def background_histograms(axes: ResponseAxes) -> tuple[HistogramSpec, ...]:
    """Histograms of background: simulated and weighted, or real with weights of 1."""
    further, energy = axes.further, axes.reco_energy
    in_rings = (*further, energy, axes.reco_offset)
    in_cells = (*further, energy, axes.lon, axes.lat)
    return (
        HistogramSpec("background_2d", in_rings, SELECTED_GH, WEIGHT),
        HistogramSpec("background_3d", in_cells, SELECTED_GH, WEIGHT),
    )


def signal_components(
    filled: Accumulator, n_thrown: F8, area: float, *, point_like: bool
) -> dict[str, Component]:
    """Make all components of gamma rays from filled `signal_histograms`.

    Parameters
    ----------
    filled : Accumulator
        All events.
    n_thrown : float64
        From `thrown_showers`, for ``ResponseAxes.effective_area``.
    area : float
        Over which cores were thrown, m2.
    point_like : bool
        Whether ``selected`` events have passed a cut on theta. The components tell it
        as ``enclosure`` in their metadata, in the words of GADF.

    Raises
    ------
    UserError
        If there are no events, or they do not go with what was thrown.
    """
    components = (
        effective_area(filled["effective_area"], n_thrown, area),
        energy_dispersion(filled["energy_dispersion"]),
        energy_migration(filled["energy_migration"]),
        psf_table(filled["psf"]),
    )
    enclosure = POINT_LIKE if point_like else FULL_ENCLOSURE
    return {each.name: each.told(enclosure=enclosure) for each in components}


def background_components(filled: Accumulator, obs_time: float) -> dict[str, Component]:
    """Make all components of background from filled `background_histograms`.

    Parameters
    ----------
    filled : Accumulator
        All events.
    obs_time : float
        The time that the weights are for, or that real events took, s.

    Raises
    ------
    UserError
        If there are no events.
    """
    components = (
        background_2d(filled["background_2d"], obs_time),
        background_3d(filled["background_3d"], obs_time),
    )
    return {each.name: each.told(enclosure=FULL_ENCLOSURE) for each in components}
