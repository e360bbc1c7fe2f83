"""Which bin an observation is in, of responses that have bins of what runs have."""

from collections.abc import Mapping, Sequence

from cta_columnar.config.dl3 import ResponseConfig
from cta_columnar.errors import UserError
from cta_columnar.pipelines.irf.interpolation import run_axes
from cta_columnar.stages.dl3.nearest import mean_direction
from cta_columnar.stages.dl3.observation import Observation
from cta_columnar.stages.irf.component import Component
from cta_columnar.stages.irf.further_axes import bin_at, in_bins
from cta_columnar.store import IrfDataset

Own = Mapping[str, float]
"""What an observation has, of zenith angle, azimuth (deg) and night sky."""


def axes_of_runs(dataset: IrfDataset) -> list[str]:
    """Return what responses have bins of, that an observation has one value of.

    Raises
    ------
    UserError
        If there are bins of what each event has its own value of.
    """
    names = run_axes(dataset)
    known = dataset.manifest.configuration.get("axes", {}).get("further", {})
    if others := [name for name in known if name not in names]:
        raise UserError(
            f"{dataset.root} has bins of {', '.join(others)}, of which events of one "
            "observation are in several, and a file has one response: make responses "
            "without them (axes.further), by event_types if classes are wanted"
        )
    return names


def own_values(
    observation: Observation, axes: Sequence[str], settings: ResponseConfig
) -> Own:
    """Return what an observation has of such axes.

    Raises
    ------
    UserError
        If the night sky is one, and is not given.
    """
    if not axes:
        return {}
    if "nsb" in axes and settings.nsb is None:
        raise UserError("responses have bins of the night sky: set responses.nsb")
    zenith, azimuth = mean_direction(observation)
    known = {"zenith": zenith, "azimuth": azimuth, "nsb": settings.nsb or 0.0}
    return {name: known[name] for name in axes}


def in_own_bins(
    found: Mapping[str, Component], own: Own
) -> tuple[dict[str, Component], str]:
    """Take responses in the bins of an observation.

    Returns
    -------
    responses : dict of str to Component
        Without these axes.
    said : str
        Which bins they are of, in words.

    Raises
    ------
    UserError
        If the observation is in no bin.
    """
    area = found["effective_area"]
    axes = [axis for axis in area.axes if axis.name in own]
    numbers = {axis.name: bin_at(axis, own[axis.name]) for axis in axes}
    said = "".join(
        f", {axis.name} {axis.low[k]:g} to {axis.high[k]:g} {axis.unit}".rstrip()
        for axis, k in zip(axes, numbers.values(), strict=True)
    )
    return {name: in_bins(each, numbers) for name, each in found.items()}, said
