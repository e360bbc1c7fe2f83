"""Rate of background from the events of observations, away from sources.

Rates are those of rings around the pointing, in bins of energy: of a ring, the part
inside of regions around sources counts neither with events nor with solid angle.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from cta_columnar.array_types import F8, Mask
from cta_columnar.errors import UserError
from cta_columnar.gadf import Hdu
from cta_columnar.instrument.frames import angular_separation
from cta_columnar.stages.dl3.field_of_view import from_polar
from cta_columnar.stages.dl3.intervals import place
from cta_columnar.stages.dl3.observation import Observation
from cta_columnar.stages.dl3.pointing import Tracking
from cta_columnar.stages.irf.accumulator import Accumulator
from cta_columnar.stages.irf.axes import Axis
from cta_columnar.stages.irf.background import background_2d
from cta_columnar.stages.irf.component import Component, along
from cta_columnar.stages.irf.histogram import HistogramSpec
from cta_columnar.stages.irf.simulated_runs import cone_solid_angle

# Steps within a ring, across and along it; while the sky drifts, in time.
_ACROSS, _ALONG, _TIMES = 20, 720, 20
_ENERGY, _OFFSET = "reco_energy", "reco_source_fov_offset"


@dataclass(frozen=True)
class Region:
    """A circle on the sky.

    Attributes
    ----------
    ra, dec : float
        Its centre (ICRS), deg.
    radius : float
        deg.
    name : str
        What is in it.
    """

    ra: float
    dec: float
    radius: float
    name: str = ""


def outside(regions: Iterable[Region], ra: F8, dec: F8) -> Mask:
    """Whether directions (deg) are in none of some regions: bool[n]."""
    free = np.ones(np.shape(ra), bool)
    for each in regions:
        free &= angular_separation(ra, dec, each.ra, each.dec) > each.radius
    return free


class OffRegionBackground:
    """Events away from sources, and the time and solid angle that they are from.

    Parameters
    ----------
    energy, offset : Axis
        Bins of ``reco_energy`` (TeV) and ``reco_source_fov_offset`` (deg).
    regions : sequence of Region
        What is left out.
    """

    def __init__(self, energy: Axis, offset: Axis, regions: Sequence[Region]) -> None:
        spec = HistogramSpec("background_2d", (energy, offset), "selected")
        self._counted = Accumulator([spec])
        self._regions = regions
        self._offset = offset
        self._live_s = 0.0
        self._free_s = np.zeros(offset.n_bins)

    def add(self, events: Hdu, observation: Observation) -> None:
        """Count the events of an observation.

        Parameters
        ----------
        events : Hdu
            Its event list.
        observation : Observation
            Where and how long.
        """
        columns = {
            _ENERGY: np.asarray(events["ENERGY"], np.float64),
            _OFFSET: np.asarray(events["THETA"], np.float64),
            "selected": outside(self._regions, events["RA"], events["DEC"]),
        }
        self._counted.fill(columns)
        free = free_share(self._offset, observation, self._regions)
        self._live_s += observation.livetime
        self._free_s += observation.livetime * free

    def merge(self, other: "OffRegionBackground") -> None:
        """Add what another one has counted, with the same bins and regions."""
        self._counted.merge(other._counted)
        self._live_s += other._live_s
        self._free_s += other._free_s

    def component(self) -> Component:
        """Return the rate.

        Returns
        -------
        component : Component
            ``background_2d``, 1/(s TeV sr) per live time; 0 in bins without events.

        Raises
        ------
        UserError
            If there is no event, or nothing of a ring is free.
        """
        covered = np.flatnonzero(self._free_s <= 0)
        if covered.size:
            low, high = (
                self._offset.edges[covered[0]],
                self._offset.edges[covered[0] + 1],
            )
            raise UserError(
                f"off_region: of the ring from {low:g} to {high:g} deg around the "
                "pointing nothing is outside of the regions that are left out: make "
                "these smaller, or off_region.offset_bins fewer"
            )
        counted = self._counted["background_2d"]
        whole = background_2d(counted, self._live_s)
        more = along(self._live_s / self._free_s, counted, _OFFSET)
        columns = dict(whole.columns)
        for name in ("background", "background_uncert"):
            columns[name] = columns[name] * more
        return Component(whole.name, whole.axes, columns, whole.metadata)


def free_share(offset: Axis, observation: Observation, regions: Sequence[Region]) -> F8:
    """Share of the solid angle of rings around a pointing that is in no region.

    Parameters
    ----------
    offset : Axis
        Rings, deg.
    observation : Observation
        Its pointing, on the average of the good time.
    regions : sequence of Region
        What is not free.

    Returns
    -------
    share : float64[b]
    """
    if not regions:
        return np.ones(offset.n_bins)
    if isinstance(observation.pointing, Tracking):
        times = np.array([observation.middle_ns], np.int64)
    else:
        shares = (np.arange(_TIMES) + 0.5) / _TIMES
        times = place(shares, observation.intervals)
    phi = 360.0 * (np.arange(_ALONG) + 0.5) / _ALONG
    free = np.zeros((offset.n_bins, _ACROSS))
    fine = np.linspace(offset.low, offset.high, _ACROSS + 1, axis=1)
    middle = 0.5 * (fine[:, 1:] + fine[:, :-1])
    for ra0, dec0 in zip(
        *observation.pointing.icrs(times, observation.site), strict=True
    ):
        dec, ra = from_polar(
            middle[..., None], phi, np.array(float(dec0)), np.array(float(ra0))
        )
        free += outside(regions, ra, dec).mean(axis=-1)
    weight = np.diff(cone_solid_angle(fine), axis=1)
    share: F8 = (free * weight).sum(axis=1) / weight.sum(axis=1) / len(times)
    return share
