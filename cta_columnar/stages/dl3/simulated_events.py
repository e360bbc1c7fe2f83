"""Observations of simulated events: samples of particles, drawn and put on the sky."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cta_columnar.array_types import I8, AnyArray, Mask
from cta_columnar.errors import UserError
from cta_columnar.stages.dl3.draw import Drawn, draw
from cta_columnar.stages.dl3.event_list import OPTIONAL
from cta_columnar.stages.dl3.intervals import place
from cta_columnar.stages.dl3.observation import Observation
from cta_columnar.stages.dl3.samples import DrawOptions, Sample, weights_in
from cta_columnar.stages.dl3.shares import WHEN, WHO, makes_responses, number_of_each
from cta_columnar.stages.dl3.simulated_sky import place_diffuse, place_source
from cta_columnar.stages.dl3.sky import icrs_to_altaz

_PASSED_ON = {"event_class", "reco_energy", *OPTIONAL}


@dataclass(frozen=True, eq=False)
class SimulatedObservations:
    """What came of it.

    Attributes
    ----------
    events : list of mapping of str to array
        For each observation the columns for `event_hdu`; ``event_id`` counts from 1 in
        the order of time, ``simulated_*`` tell which event of which sample it was.
    drawn : dict of str to Drawn
        By name of the sample, for reports.
    """

    events: list[dict[str, AnyArray]]
    drawn: dict[str, Drawn]


def observe(
    samples: Sequence[Sample],
    observations: Sequence[Observation],
    options: DrawOptions | None = None,
) -> SimulatedObservations:
    """Draw simulated events for observations and put them on the sky.

    The same samples, observations and options give the same events, whatever the order
    of those in a sample. An event is in one observation at most.

    Raises
    ------
    UserError
        If keys occur twice, simulation and observation do not go together, or events
        are too few; see `draw`.
    """
    options = options or DrawOptions()
    drawn, parts = {}, [list[dict[str, AnyArray]]() for _ in observations]
    for number, sample in enumerate(samples):
        _check_keys(sample)
        result = draw_sample(sample, observations, options)
        drawn[sample.name] = result
        for k, observation in enumerate(observations):
            rows = result.observation == k
            parts[k].append(_seen(sample, number, rows, observation, options.seed))
    events = [
        _in_order(each, observation)
        for each, observation in zip(parts, observations, strict=True)
    ]
    return SimulatedObservations(events, drawn)


def draw_sample(
    sample: Sample, observations: Sequence[Observation], options: DrawOptions
) -> Drawn:
    """Draw the events of one sample; see `observe`."""
    events = sample.events
    used, fraction = used_by_responses(sample, options)
    # The others stand for the used ones as well.
    left = (~used) / (1.0 - fraction)
    rows = [weights_in(sample, each, options) * left for each in observations]
    weights = np.array(rows).reshape(len(observations), used.size)
    if sample.passes is not None:
        weights *= sample.passes
    numbers = number_of_each(
        options.seed, WHO, sample.name, events["obs_id"], events["event_id"]
    )
    obs_ids = [each.obs_id for each in observations]
    return draw(weights, numbers, sample.name, options.tolerated_loss, obs_ids)


def used_by_responses(sample: Sample, options: DrawOptions) -> tuple[Mask, float]:
    """Find which events of a sample made responses: bool[n], and their share."""
    events = sample.events
    fraction = options.response_fraction if sample.made_responses else 0.0
    chosen_by = events.get("response_obs_id", events["obs_id"])
    used = makes_responses(
        options.response_seed, fraction, chosen_by, events["event_id"]
    )
    return used, fraction


def _check_keys(sample: Sample) -> None:
    keys = np.column_stack([sample.events["obs_id"], sample.events["event_id"]])
    doubles = len(keys) - len(np.unique(keys, axis=0))
    if doubles:
        raise UserError(
            f"{sample.name}: {doubles} events have an obs_id and event_id that others "
            "have; is an input given twice?"
        )


def _seen(
    sample: Sample, number: int, rows: Mask, observation: Observation, seed: int
) -> dict[str, AnyArray]:
    """Columns of the drawn events of a sample in an observation."""
    events = {name: values[rows] for name, values in sample.events.items()}
    obs_id, event_id = events["obs_id"], events["event_id"]
    share = number_of_each(seed, WHEN, sample.name, obs_id, event_id)
    time_ns: I8 = place(share, observation.intervals)
    alt0, az0 = observation.pointing.altaz(time_ns, observation.site)
    if sample.source is None:
        alt, az = place_diffuse(events, alt0, az0)
    else:
        ra, dec = np.array(sample.source.ra), np.array(sample.source.dec)
        place_of_source = icrs_to_altaz(time_ns, ra, dec, observation.site)
        alt, az = place_source(events, alt0, az0, *place_of_source)
    return {
        **{name: events[name] for name in _PASSED_ON & events.keys()},
        "time": time_ns,
        "reco_alt": alt,
        "reco_az": az,
        "simulated_sample": np.full(len(time_ns), number, np.int16),
        "simulated_obs_id": obs_id,
        "simulated_event_id": event_id,
    }


def _in_order(
    parts: Sequence[dict[str, AnyArray]], observation: Observation
) -> dict[str, AnyArray]:
    """All samples together, in the order of time, numbered."""
    if not parts:
        raise UserError(f"observation {observation.obs_id} has no sample of events")
    # A column that only some samples have is left out: it would have gaps.
    names = set.intersection(*(set(part) for part in parts))
    joined = {
        name: np.concatenate([part[name] for part in parts]) for name in sorted(names)
    }
    keys = ("simulated_event_id", "simulated_obs_id", "simulated_sample", "time")
    order = np.lexsort([joined[name] for name in keys])
    ordered = {name: values[order] for name, values in joined.items()}
    return {**ordered, "event_id": np.arange(1, order.size + 1, dtype=np.int64)}
