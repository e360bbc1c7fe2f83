"""Events that models were trained on: found, refused, left out or marked."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import AnyArray, Mask
from cta_columnar.arrays import to_numpy
from cta_columnar.errors import UserError
from cta_columnar.schemas.keys import EVENT_NAMES
from cta_columnar.schemas.simulation import KEPT_SHARE
from cta_columnar.stages.training_share import in_share
from cta_columnar.store import Store, load_training_share, run_digests
from cta_columnar.store.models.listing import TRAINING

# A batch gives a batch, a table a table.
Rows = Any
Treatment = Literal["refuse", "drop", "keep"]
_RUNS = "simulation/runs"
_KEPT, _SEED, _FRACTION, _OBS_ID = KEPT_SHARE.names
# Seed of a training, and number that it drew the showers of a run by: one draw.
_Draw = tuple[int, int]


@dataclass(frozen=True, slots=True)
class TrainedEvents:
    """Which events of a dataset models were trained on.

    Attributes
    ----------
    seed, fraction
        Of the training.
    runs : tuple of (int, int)
        Runs of the dataset that were trained on: the ``obs_id`` that they have there,
        and that by which the training chose showers.
    treatment : str
        What is done with them.
    warnings : tuple of str
        What follows from that.
    """

    seed: int = 0
    fraction: float = 0.0
    runs: tuple[tuple[int, int], ...] = ()
    treatment: Treatment = "keep"
    warnings: tuple[str, ...] = ()

    def of(self, rows: pa.RecordBatch | pa.Table) -> Mask:
        """bool[n]: rows of any table with keys of events that were trained on."""
        obs_id, event_id = (_column(rows, name) for name in EVENT_NAMES)
        here, place = np.unique(obs_id, return_inverse=True)
        then = dict(self.runs)
        chosen_by = np.array([then.get(each, each) for each in here.tolist()], np.int64)
        share = in_share(self.seed, self.fraction, chosen_by[place], event_id)
        trained: Mask = share & np.isin(obs_id, list(then))
        return trained

    @property
    def drops(self) -> bool:
        """Whether rows are left out."""
        return self.treatment == "drop" and bool(self.runs)

    def kept(self) -> Callable[[Rows], Rows] | None:
        """Return what takes out rows; nothing if all of them stay."""
        if not self.drops:
            return None
        return lambda rows: rows.filter(pa.array(~self.of(rows)))

    def with_share(self, runs: pa.Table) -> pa.Table:
        """Note in ``simulation/runs`` what is left out, and the share that is left.

        Parts may have been left out before. Those of one seed lie in each other if the
        run had the same number in the trainings, so the largest counts; all others are
        drawn independently.
        """
        left_out = _left_out(runs)
        trained = dict(self.runs)
        if self.drops:
            for each, obs_id in zip(left_out, runs["obs_id"].to_pylist(), strict=True):
                if obs_id in trained:
                    draw = self.seed, trained[obs_id]
                    each[draw] = max(self.fraction, each.get(draw, 0.0))
        by_draw = [dict(sorted(each.items())) for each in left_out]
        columns = {
            _KEPT: [math.prod(1 - f for f in each.values()) for each in by_draw],
            _SEED: [[seed for seed, _ in each] for each in by_draw],
            _FRACTION: [list(each.values()) for each in by_draw],
            _OBS_ID: [[obs_id for _, obs_id in each] for each in by_draw],
        }
        runs = runs.select([n for n in runs.column_names if n not in columns])
        for field in KEPT_SHARE:
            runs = runs.append_column(field, pa.array(columns[field.name], field.type))
        return runs


def _left_out(runs: pa.Table) -> list[dict[_Draw, float]]:
    """Return what was left out of each run before: shares of the showers, by draw."""
    if _OBS_ID not in runs.column_names:
        return [{} for _ in range(runs.num_rows)]
    return [
        dict(
            zip(zip(row[_SEED], row[_OBS_ID], strict=True), row[_FRACTION], strict=True)
        )
        for row in runs.select([_SEED, _OBS_ID, _FRACTION]).to_pylist()
    ]


def _check_draws(store: Store) -> None:
    """Refuse a dataset of which nobody knows how often something was left out."""
    there = store.schema(_RUNS).names
    if _SEED not in there or _OBS_ID in there:
        return
    if any(store.read(_RUNS, [_SEED])[_SEED].to_pylist()):
        raise UserError(
            f"{store.root} does not say by which numbers of its runs showers were left "
            "out: an earlier cta_columnar wrote it; run stage 3 again"
        )


def find_trained(store: Store, models: Path, treatment: Treatment) -> TrainedEvents:
    """Compare a dataset with what models say of their training.

    Raises
    ------
    UserError
        If the models do not say it, events are to be refused, or an earlier version
        left out some.
    """
    _check_draws(store)
    if not (models / TRAINING).exists():
        if treatment == "keep":
            return TrainedEvents()
        raise UserError(
            f"{models} has no {TRAINING}, so nobody knows which events its models were "
            "trained on; if you know that these are others, set trained_on=keep"
        )
    share = load_training_share(models)
    then = {digest: obs_id for obs_id, digest in share.runs}
    runs = tuple(
        (obs_id, then[digest])
        for obs_id, digest in sorted(run_digests(store).items())
        if digest in then
    )
    found = TrainedEvents(share.seed, share.fraction, runs, treatment=treatment)
    events = store.read("events", list(EVENT_NAMES))
    is_trained = found.of(events)
    if is_trained.any() and treatment == "refuse":
        raise UserError(
            f"{np.count_nonzero(is_trained)} of {events.num_rows} events in "
            f"{store.root} are of showers that the models in {models} were trained on: "
            "what they say of these is too good. Set trained_on=drop to leave them out "
            "(responses are scaled for that), or trained_on=keep to have them marked"
        )
    if events.num_rows and is_trained.all() and found.drops:
        told = (
            f"the models in {models} were trained on all {events.num_rows} events of "
            f"{store.root} (fraction {share.fraction:g}): all are left out, and there "
            "is nothing to make responses of; train with a smaller fraction, or apply "
            "the models to other showers"
        )
        return replace(found, warnings=(told,))
    return found


def _column(rows: pa.RecordBatch | pa.Table, name: str) -> AnyArray:
    column = rows.column(name)
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    return to_numpy(column)
