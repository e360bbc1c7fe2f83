"""Which simulated runs are seen with some responses."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cta_columnar.errors import UserError
from cta_columnar.instrument.frames import angular_separation
from cta_columnar.pipelines.dl3.inputs import ListInput
from cta_columnar.pipelines.dl3.responses import ValidResponse
from cta_columnar.schemas.simulation import RUNS

# Runs that point this near to each other (deg) are of one simulation.
_SAME_POINTING = 0.1


def simulations_for(
    inputs: Sequence[ListInput],
    particles: Mapping[str, Sequence[int]],
    valid: ValidResponse,
) -> frozenset[tuple[str, str, int]]:
    """Find which runs are nearest to some responses: particle, dataset, number.

    ``particles`` are primaries by name.

    Raises
    ------
    UserError
        As `runs_of`.
    """
    return frozenset(
        (name, str(each.store.root), obs_id)
        for name, primaries in particles.items()
        for each, runs in runs_of(name, inputs, primaries, valid)
        for obs_id in runs["obs_id"].to_pylist()
    )


def runs_of(
    name: str,
    inputs: Sequence[ListInput],
    primaries: Sequence[int],
    valid: ValidResponse,
) -> list[tuple[ListInput, pa.Table]]:
    """Find runs of a particle that point as the responses do, by input.

    Raises
    ------
    UserError
        If a run has other particles besides.
    """
    found = []
    for each in inputs:
        own = []
        for obs_id, several in each.primaries.items():
            if set(several) <= set(primaries):
                own.append(obs_id)
            elif set(several) & set(primaries):
                raise UserError(
                    f"{each.store.root}: run {obs_id} has {name} and other particles, "
                    "and what was thrown of each is not known"
                )
        if own:
            found.append((each, _runs(each, own)))
    if not found:
        return []
    away = [
        angular_separation(
            valid.azimuth,
            90.0 - valid.zenith,
            runs["pointing_az"].to_numpy(),
            runs["pointing_alt"].to_numpy(),
        )
        for _, runs in found
    ]
    nearest = min(distance.min() for distance in away)
    near = [distance <= nearest + _SAME_POINTING for distance in away]
    return [
        (each, runs.filter(pa.array(mask)))
        for (each, runs), mask in zip(found, near, strict=True)
        if mask.any()
    ]


def _runs(each: ListInput, obs_ids: Sequence[int]) -> pa.Table:
    there = each.store.schema("simulation/runs").names
    share = "kept_share"
    names = [*RUNS.names, *([share] if share in there else [])]
    runs = each.store.read("simulation/runs", names, verify=True)
    runs = runs.filter(pc.field("obs_id").isin(list(obs_ids)))
    if share not in there:
        runs = runs.append_column(share, pa.array(np.ones(runs.num_rows)))
    return runs.cast(
        pa.schema([(f.name, f.type) for f in runs.schema])
    ).combine_chunks()
