"""Observations of simulated events: samples of particles, drawn and put on the sky."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from cta_columnar.array_types import F8, I8, AnyArray, Mask
from cta_columnar.errors import UserError
from cta_columnar.stages.dl3.draw import Drawn, check_losses, draw
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
    """What came of it; the events of an observation are made when they are asked for.

    Attributes
    ----------
    samples : sequence of Sample
        All events.
    observations : sequence of Observation
        That they are seen in.
    drawn : dict of str to Drawn
        By name of the sample: which event is in which observation.
    seed : int
        Of the times of events.
    """

    samples: Sequence[Sample]
    observations: Sequence[Observation]
    drawn: dict[str, Drawn]
    seed: int

    def n_events(self, k: int) -> int:
        """Return the number of events in the k-th observation."""
        return sum(
            int(np.count_nonzero(each.observation == k)) for each in self.drawn.values()
        )

    def events_in(self, k: int) -> dict[str, AnyArray]:
        """Make the events of the k-th observation.

        Returns
        -------
        columns : dict of str to array[n]
            For `event_hdu`; ``event_id`` counts from 1 in the order of time,
            ``simulated_*`` tell which event of which sample it was.
        """
        observation = self.observations[k]
        parts = [
            _seen(
                sample,
                number,
                self.drawn[sample.name].observation == k,
                observation,
                self.seed,
            )
            for number, sample in enumerate(self.samples)
        ]
        return _in_order(parts)

    @property
    def events(self) -> list[dict[str, AnyArray]]:
        """Those of all observations."""
        return [self.events_in(k) for k in range(len(self.observations))]


def observe(
    samples: Sequence[Sample],
    observations: Sequence[Observation],
    options: DrawOptions | None = None,
) -> SimulatedObservations:
    """Draw simulated events for observations, to be put on the sky.

    The same samples, observations and options give the same events, whatever the order
    of those in a sample. An event is in one observation at most.

    Raises
    ------
    UserError
        If there is no sample, keys occur twice, simulation and observation do not go
        together, or events are too few; see `check_losses`.
    """
    options = options or DrawOptions()
    if not samples:
        raise UserError("there is no sample of events to be observed")
    for sample in samples:
        _check_keys(sample)
    drawn = {each.name: draw_sample(each, observations, options) for each in samples}
    check_losses(drawn, observations, options.tolerated_loss)
    return SimulatedObservations(samples, observations, drawn, options.seed)


def draw_sample(
    sample: Sample, observations: Sequence[Observation], options: DrawOptions
) -> Drawn:
    """Draw the events of one sample; see `observe`."""
    events = sample.events
    numbers = number_of_each(
        options.seed, WHO, sample.name, events["obs_id"], events["event_id"]
    )
    return draw(_Weights(sample, observations, options), numbers, sample.name)


@dataclass(frozen=True, eq=False)
class _Weights:
    """Weights of a sample in one observation after the other."""

    sample: Sample
    observations: Sequence[Observation]
    options: DrawOptions

    def __iter__(self) -> Iterator[F8]:
        used, fraction = used_by_responses(self.sample, self.options)
        # The others stand for the used ones as well.
        left = (~used) / (1.0 - fraction)
        for k, observation in enumerate(self.observations):
            weights = weights_in(self.sample, observation, self.options) * left
            if self.sample.passes is not None:
                weights = weights * self.sample.passes[k]
            yield weights


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


def _in_order(parts: Sequence[dict[str, AnyArray]]) -> dict[str, AnyArray]:
    """All samples together, in the order of time, numbered."""
    # A column that only some samples have is left out: it would have gaps.
    names = set.intersection(*(set(part) for part in parts))
    joined = {
        name: np.concatenate([part[name] for part in parts]) for name in sorted(names)
    }
    keys = ("simulated_event_id", "simulated_obs_id", "simulated_sample", "time")
    order = np.lexsort([joined[name] for name in keys])
    ordered = {name: values[order] for name, values in joined.items()}
    return {**ordered, "event_id": np.arange(1, order.size + 1, dtype=np.int64)}
