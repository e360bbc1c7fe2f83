"""Background of the observations of a run, from their own events."""

from collections.abc import Iterable, Sequence

import numpy as np

from cta_columnar.config.dl3 import DL3Config
from cta_columnar.errors import UserError
from cta_columnar.pipelines.dl3.lists import EventList
from cta_columnar.pipelines.dl3.responses import BACKGROUNDS, Responses
from cta_columnar.stages.dl3.event_list import event_hdu
from cta_columnar.stages.dl3.observation import Observation, Target
from cta_columnar.stages.dl3.off_region import OffRegionBackground, Region
from cta_columnar.stages.irf.axes import Axis, whole_decade_axis
from cta_columnar.stages.irf.product_tables import from_table

_ENERGY, _OFFSET = "reco_energy", "reco_source_fov_offset"


def regions_of(config: DL3Config, around: Iterable[Observation]) -> list[Region]:
    """Return circles around all sources: the targets, and those that are given."""
    regions = [
        Region(each.ra, each.dec, each.radius, each.name)
        for each in config.regions.exclude or ()
    ]
    if config.regions.target_radius == 0:
        return regions
    targets = {each.target for each in around} - {None}
    source = config.observe.source if config.observe else None
    if source is not None and source.ra is not None and source.dec is not None:
        targets.add(Target("source", source.ra, source.dec))
    return regions + [
        Region(each.ra, each.dec, config.regions.target_radius, each.name)
        for each in targets
        if each is not None
    ]


def bins_of(
    first: Observation, responses: Responses, config: DL3Config
) -> tuple[Axis, Axis]:
    """Choose bins of energy and offset of a background from off regions.

    Parameters
    ----------
    first : Observation
        One of those that it is made of.
    responses : Responses
        Theirs.
    config : DL3Config
        Numbers of bins, if they are given.

    Raises
    ------
    UserError
        If bins are neither given nor those of a background of the responses.
    """
    settings, valid = config.off_region, responses.valid_for(first)
    given = {}
    if settings.energy_bins is not None:
        area = valid.components["effective_area"]
        true = next(axis for axis in area.axes if axis.name == "true_energy")
        given[_ENERGY] = whole_decade_axis(
            _ENERGY, "TeV", true.edges[0], true.edges[-1], settings.energy_bins
        )
    if settings.offset_bins is not None:
        # Of equal solid angle, so nearly of equal numbers of events.
        half_sine = np.sin(np.radians(settings.max_offset) / 2)
        shares = np.sqrt(np.linspace(0.0, 1.0, settings.offset_bins + 1))
        edges = np.degrees(2 * np.arcsin(half_sine * shares))
        given[_OFFSET] = Axis(_OFFSET, "deg", tuple(map(float, edges)))
    of_responses = _axes_of_responses(valid.point, responses)
    for name, key in ((_ENERGY, "energy_bins"), (_OFFSET, "offset_bins")):
        if name not in given and name not in of_responses:
            raise UserError(
                f"off_region.{key}: give a number of bins, as the responses have no "
                "background in rings whose bins could be taken"
            )
    bins = {**of_responses, **given}
    return bins[_ENERGY], bins[_OFFSET]


def off_events(
    each: EventList, bins: tuple[Axis, Axis], regions: Sequence[Region]
) -> OffRegionBackground:
    """Count the events of one observation that are outside of regions."""
    found = OffRegionBackground(*bins, regions)
    found.add(event_hdu(each.events, each.observation), each.observation)
    return found


def _axes_of_responses(point: int, responses: Responses) -> dict[str, Axis]:
    axes: dict[str, Axis] = {}
    for name in BACKGROUNDS[::-1]:
        if name in responses.dataset.products:
            component = from_table(
                responses.dataset.read(name, point, responses.event_type)
            )
            axes |= {axis.name: axis for axis in component.axes}
    return axes
