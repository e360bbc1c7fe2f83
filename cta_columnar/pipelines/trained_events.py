"""Events that models were trained on: found, refused, left out or marked."""

import math
from collections.abc import Callable
from dataclasses import dataclass
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
from cta_columnar.store.model_list import TRAINING

# A batch gives a batch, a table a table.
Rows = Any
Treatment = Literal["refuse", "drop", "keep"]
_KEPT, _SEED, _FRACTION = KEPT_SHARE.names


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
    """

    seed: int = 0
    fraction: float = 0.0
    runs: tuple[tuple[int, int], ...] = ()
    treatment: Treatment = "keep"

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

        Parts may have been left out before. Those of one seed lie in each other, so the
        largest counts; those of different seeds are drawn independently.
        """
        left_out = _left_out(runs)
        trained = dict(self.runs)
        if self.drops:
            for each, obs_id in zip(left_out, runs["obs_id"].to_pylist(), strict=True):
                if obs_id in trained:
                    each[self.seed] = max(self.fraction, each.get(self.seed, 0.0))
        by_seed = [dict(sorted(each.items())) for each in left_out]
        columns = {
            _KEPT: [math.prod(1 - f for f in each.values()) for each in by_seed],
            _SEED: [list(each) for each in by_seed],
            _FRACTION: [list(each.values()) for each in by_seed],
        }
        runs = runs.select([n for n in runs.column_names if n not in columns])
        for field in KEPT_SHARE:
            runs = runs.append_column(field, pa.array(columns[field.name], field.type))
        return runs


def _left_out(runs: pa.Table) -> list[dict[int, float]]:
    """Return what was left out of each run before: shares of the showers, by seed."""
    if _SEED not in runs.column_names:
        return [{} for _ in range(runs.num_rows)]
    seeds, fractions = (runs[name].to_pylist() for name in (_SEED, _FRACTION))
    return [
        dict(zip(*each, strict=True)) for each in zip(seeds, fractions, strict=True)
    ]


def find_trained(store: Store, models: Path, treatment: Treatment) -> TrainedEvents:
    """Compare a dataset with what models say of their training.

    Raises
    ------
    UserError
        If the models do not say it, or events are to be refused.
    """
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
    return found


def _column(rows: pa.RecordBatch | pa.Table, name: str) -> AnyArray:
    column = rows.column(name)
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    return to_numpy(column)
