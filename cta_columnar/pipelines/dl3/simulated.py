"""Simulated events to event lists: observations that are asked for."""

from collections.abc import Sequence
from functools import partial
from itertools import combinations

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import Mask
from cta_columnar.config import ObservationConfig
from cta_columnar.config.dl3 import DL3Config
from cta_columnar.errors import UserError
from cta_columnar.pipelines.dl3.inputs import ListInput
from cta_columnar.pipelines.dl3.lists import (
    EventList,
    Gathered,
    PlannedList,
    labels_of,
)
from cta_columnar.pipelines.dl3.responses import Responses, ValidResponse
from cta_columnar.pipelines.dl3.runs import simulations_for
from cta_columnar.pipelines.dl3.samples import (
    SelectedSample,
    read_samples,
    wanted_spectra,
)
from cta_columnar.schemas import technical
from cta_columnar.stages.dl3.draw import Drawn
from cta_columnar.stages.dl3.observation import Observation
from cta_columnar.stages.dl3.planned import planned_observations
from cta_columnar.stages.dl3.samples import DrawOptions, weights_in
from cta_columnar.stages.dl3.simulated_events import (
    SimulatedObservations,
    observe,
    used_by_responses,
)
from cta_columnar.stages.dl3.site import site_of
from cta_columnar.stages.dl3.technical import Triggers
from cta_columnar.stages.selection import Selection, add_cut_flows

Seen = tuple[Observation, ValidResponse]


def simulated_lists(
    inputs: Sequence[ListInput],
    responses: Responses,
    config: DL3Config,
    asked: ObservationConfig,
) -> Gathered:
    """Draw simulated events for all observations that are asked for.

    Observations that the same simulations are nearest to are drawn together, so that
    no event is in two of them, each with the cuts of its own responses.

    Raises
    ------
    UserError
        If observations are impossible, or simulation and observations do not go
        together, or some particles of two observations are of the same runs and
        others are not.
    """
    subarray = inputs[0].store.subarray()
    planned = planned_observations(
        asked,
        site_of(subarray),
        tel_ids=tuple(subarray.tel_ids.tolist()),
        labels=labels_of(config, subarray),
    )
    groups = _grouped(planned, inputs, responses, config)
    options = _options(asked, responses)
    drawn = []
    for group in groups:
        valid = [each for _, each in group]
        samples = read_samples(inputs, responses, valid, config)
        drawn.append(_observed(samples, group, options))
    lists = sorted(
        (each for part in drawn for each in part.planned),
        key=lambda each: each.observation.obs_id,
    )
    return Gathered(
        lists,
        {},
        add_cut_flows(part.cut_flow for part in drawn),
        pa.concat_tables([part.observed for part in drawn]).sort_by("obs_id"),
        [warning for part in drawn for warning in part.warnings],
    )


def _grouped(
    planned: Sequence[Observation],
    inputs: Sequence[ListInput],
    responses: Responses,
    config: DL3Config,
) -> list[list[Seen]]:
    """Put observations with their responses together that are of the same runs."""
    wanted = wanted_spectra(config, responses)
    particles = {name: responses.particles[name] for name in wanted}
    runs: dict[ValidResponse, frozenset[tuple[str, str, int]]] = {}
    groups: dict[frozenset[tuple[str, str, int]], list[Seen]] = {}
    for observation in planned:
        valid = responses.valid_for(observation)
        if valid not in runs:
            runs[valid] = simulations_for(inputs, particles, valid)
        groups.setdefault(runs[valid], []).append((observation, valid))
    for (one, first), (other, second) in combinations(groups.items(), 2):
        for name, root, run in sorted(one & other):
            raise UserError(
                f"{name}: run {run} of {root} would be seen in observations "
                f"{first[0][0].obs_id} and {second[0][0].obs_id}, of which other "
                "particles are of different runs, so an event could be in both: make "
                "them in runs of their own, or name datasets of one pointing"
            )
    return list(groups.values())


def _options(asked: ObservationConfig, responses: Responses) -> DrawOptions:
    manifest = responses.dataset.manifest
    return DrawOptions(
        seed=asked.seed,
        response_seed=manifest.seed,
        response_fraction=manifest.fraction,
        ring_width=asked.ring_width,
        zenith_tolerance=asked.zenith_tolerance,
        tolerated_loss=asked.tolerated_loss,
    )


def _observed(
    samples: Sequence[SelectedSample],
    group: Sequence[Seen],
    options: DrawOptions,
) -> Gathered:
    """Draw events for observations of the same simulations."""
    observations = [observation for observation, _ in group]
    seen = observe([each.sample for each in samples], observations, options)
    lists = []
    for k, (observation, valid) in enumerate(group):
        rate = sum(_trigger_rate(each, observation, options) for each in samples)
        make = partial(_event_list, seen, k, valid, rate)
        lists.append(PlannedList(observation, seen.n_events(k), make))
    flows = [_cut_flow(each, seen.drawn[each.whole.name], options) for each in samples]
    return Gathered(
        lists,
        {},
        add_cut_flows(flows),
        _table(seen.drawn, observations),
        _lost(seen.drawn, observations),
    )


def _event_list(
    seen: SimulatedObservations, k: int, valid: ValidResponse, rate: float
) -> EventList:
    triggers = Triggers(np.empty(0, np.int64), rate=rate)
    return EventList(seen.observations[k], seen.events_in(k), valid, triggers)


def _trigger_rate(
    sample: SelectedSample, observation: Observation, options: DrawOptions
) -> float:
    """Expect triggers per live time, whatever comes of them, 1/s."""
    weights = weights_in(sample.whole, observation, options)
    return float(weights.sum()) / observation.livetime


def _cut_flow(sample: SelectedSample, drawn: Drawn, options: DrawOptions) -> pa.Table:
    mask = sample.mask
    used, _ = used_by_responses(sample.whole, options)
    is_drawn = np.zeros(mask.size, bool)
    is_drawn[mask] = drawn.observation >= 0
    passed: dict[str, Mask] = {
        **sample.passed,
        "not_in_responses": ~used,
        "drawn": is_drawn,
    }
    selection = Selection(tuple(passed), np.array(list(passed.values())))
    return selection.cut_flow(sample.whole.name, {"": slice(None)})


def _table(drawn: dict[str, Drawn], observations: Sequence[Observation]) -> pa.Table:
    rows = [
        {
            "obs_id": observation.obs_id,
            "sample": name,
            "n_expected": float(each.expected[k]),
            "n_drawn": int(np.count_nonzero(each.observation == k)),
            "n_lost": float(each.lost[k]),
        }
        for k, observation in enumerate(observations)
        for name, each in drawn.items()
    ]
    return pa.Table.from_pylist(rows, schema=technical.OBSERVED)


def _lost(drawn: dict[str, Drawn], observations: Sequence[Observation]) -> list[str]:
    return [
        f"observation {observation.obs_id}: {each.lost[k]:.1f} of "
        f"{each.expected[k]:.1f} {name} events are missing, as simulated ones would "
        "have to be seen more than once"
        for k, observation in enumerate(observations)
        for name, each in drawn.items()
        if each.lost[k] > 0.05
    ]
