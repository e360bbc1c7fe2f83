"""Samples of simulated events, and what each event stands for in an observation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cta_columnar.array_types import F8, AnyArray, Mask
from cta_columnar.errors import UserError
from cta_columnar.instrument.frames import angular_separation
from cta_columnar.stages.dl3.intervals import place
from cta_columnar.stages.dl3.observation import Observation, Target
from cta_columnar.stages.dl3.pointing import Tracking
from cta_columnar.stages.irf.axes import Axis
from cta_columnar.stages.irf.event_weights import event_weights
from cta_columnar.stages.irf.simulated_runs import SimulatedRuns
from cta_columnar.stages.irf.spectrum import Spectrum


@dataclass(frozen=True, eq=False)
class Sample:
    """Simulated events of one kind of particle, and what they stand for.

    Attributes
    ----------
    name : str
        Of the kind; random numbers depend on it.
    events : mapping of str to array[n]
        Selected events: ``obs_id, event_id, true_energy``, columns of
        `simulated_sky.COLUMNS`, ``reco_energy``, and of `event_list.OPTIONAL` those
        that there are; ``response_obs_id`` if showers that made responses were chosen
        by another number. All of one pointing, and of ``runs``.
    runs : SimulatedRuns
        What was thrown to get them.
    spectrum : Spectrum
        What they are to be.
    source : Target, optional
        Where they are to come from, if the spectrum is that of a source.
    made_responses : bool
        Whether responses are of a share of these showers, which is not observed then.
    passes : sequence of bool[n], optional
        Which of them pass the cuts of each observation; by default all.
    """

    name: str
    events: Mapping[str, AnyArray]
    runs: SimulatedRuns
    spectrum: Spectrum
    source: Target | None = None
    made_responses: bool = True
    passes: Sequence[Mask] | None = None


@dataclass(frozen=True)
class DrawOptions:
    """How events are drawn.

    Attributes
    ----------
    seed : int
        Of the observations.
    response_seed : int
        Of the share of showers that made the responses, see `makes_responses`.
    response_fraction : float
        That share, of samples that made responses.
    ring_width : float
        Events of a diffuse simulation make a source if they come from a ring of this
        width around the centre of the field of view, in which the source is, deg. That
        of a point source has to be this near to be taken.
    zenith_tolerance : float
        By how much altitudes of simulation and observation may differ, deg.
    tolerated_loss : float
        See `draw`.
    """

    seed: int = 0
    response_seed: int = 0
    response_fraction: float = 0.5
    ring_width: float = 0.5
    zenith_tolerance: float = 5.0
    tolerated_loss: float = 0.0


def weights_in(sample: Sample, observation: Observation, options: DrawOptions) -> F8:
    """Events that each event of a sample stands for in an observation: float64[n].

    Raises
    ------
    UserError
        If simulation and observation do not go together.
    """
    _check_zenith(sample, observation, options.zenith_tolerance)
    events = sample.events
    energy = np.asarray(events["true_energy"], np.float64)
    if sample.source is None:
        if not sample.spectrum.is_diffuse:
            raise UserError(f"{sample.name}: {sample.spectrum.name} wants a source")
        return event_weights(energy, sample.spectrum, sample.runs, observation.livetime)
    if not isinstance(observation.pointing, Tracking):
        raise UserError(
            f"observation {observation.obs_id} drifts: a source does not stay at its "
            "place there; give it a pointing with ra and dec"
        )
    there, source = observation.pointing, sample.source
    offset = float(angular_separation(source.ra, source.dec, there.ra, there.dec))
    half = options.ring_width / 2
    if not sample.runs.is_diffuse[0]:
        _check_offset(sample, offset, half)
        return event_weights(energy, sample.spectrum, sample.runs, observation.livetime)
    ring = Axis("true_source_fov_offset", "deg", (max(offset - half, 0), offset + half))
    true_offset = angular_separation(
        events["true_az"],
        events["true_alt"],
        events["array_pointing_az"],
        events["array_pointing_alt"],
    )
    weights = event_weights(
        energy,
        sample.spectrum,
        sample.runs,
        observation.livetime,
        offset=true_offset,
        offset_axis=ring,
    )
    if not weights.any():
        raise UserError(
            f"{sample.name}: no simulated event is as far off the pointing as the "
            f"source, {offset:.3f} deg within {half:g}; they are "
            f"{true_offset.min():.3f} to {true_offset.max():.3f} deg off: point "
            "nearer, or simulate there"
        )
    return weights


def _check_offset(sample: Sample, offset: float, tolerance: float) -> None:
    simulated = sample.runs.source_offset
    if not (np.abs(simulated - offset) <= tolerance).all():
        raise UserError(
            f"{sample.name}: the source is {offset:.3f} deg off the pointing, and "
            f"{np.nanmin(simulated):.3f} to {np.nanmax(simulated):.3f} deg were "
            f"simulated (allowed are {tolerance:g} deg between): point accordingly"
        )


def _check_zenith(sample: Sample, observation: Observation, tolerance: float) -> None:
    times = np.linspace(0.0, 1.0, 20, endpoint=False)
    alt, _ = observation.pointing.altaz(
        place(times, observation.intervals), observation.site
    )
    simulated = np.asarray(sample.events["array_pointing_alt"], np.float64)
    if simulated.size == 0:
        raise UserError(f"{sample.name}: there is not a single simulated event")
    apart = max(alt.max() - simulated.min(), simulated.max() - alt.min())
    if not apart <= tolerance:
        raise UserError(
            f"{sample.name}: simulated events are seen at altitudes of "
            f"{simulated.min():.1f} to {simulated.max():.1f} deg, observation "
            f"{observation.obs_id} is at {alt.min():.1f} to {alt.max():.1f} deg, and "
            f"{tolerance:g} deg are allowed between: observe at another time, or take "
            "runs of that pointing only"
        )
