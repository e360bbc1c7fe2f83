"""The images that are trained on, the events they belong to, and what is predicted."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from cta_columnar.array_types import F8, I2, I8, AnyArray
from cta_columnar.models import ARRAY
from cta_columnar.schemas.keys import EVENT_NAMES
from cta_columnar.stages.training.rows import DATASET, TrainingRows

EVENT_KEYS = (DATASET, *EVENT_NAMES)
TRUTH = ("true_energy", "true_alt", "true_az")


@dataclass(frozen=True, eq=False)
class Events:
    """Array events, in the order of their keys.

    Attributes
    ----------
    keys : polars.DataFrame
        `EVENT_KEYS`.
    label : int64[n]
        Class of the primary.
    fold : int64[n]
        Fold: the same for all uses of a shower.
    pointing : int64[n]
        Which pointing of the array, see `sampling.pointing_groups`.
    truth : mapping of str to float64[n]
        `TRUTH`, TeV and deg.
    predicted : dict of str to array[n]
        Columns that models gave, cross-fitted.
    """

    keys: pl.DataFrame
    label: I8
    fold: I8
    pointing: I8
    truth: Mapping[str, F8]
    predicted: dict[str, AnyArray] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Images:
    """Images of one telescope type.

    Attributes
    ----------
    tel_type : str
        Telescope type.
    event : int64[r]
        Row of the array event.
    tel_id : int16[r]
        Telescope.
    weight : float64[r]
        Of the image in what its event gets.
    predicted : dict of str to array[r]
        Columns that models gave, cross-fitted.
    """

    tel_type: str
    event: I8
    tel_id: I2
    weight: F8
    predicted: dict[str, AnyArray] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Sample:
    """All that takes part.

    Attributes
    ----------
    rows : TrainingRows
        Where columns are read.
    events : Events
        Array events.
    images : mapping of str to Images
        By telescope type.
    """

    rows: TrainingRows
    events: Events
    images: Mapping[str, Images]

    def event_of(self, tel_type: str) -> I8 | slice:
        """Return the rows of events that images of a type, or events, belong to."""
        return slice(None) if tel_type == ARRAY else self.images[tel_type].event

    def table(self, tel_type: str, names: Sequence[str]) -> pl.DataFrame:
        """Return columns of the images of a type: stored ones, and predicted ones."""
        return pl.concat(self.slices(tel_type, names))

    def slices(self, tel_type: str, names: Sequence[str]) -> Iterator[pl.DataFrame]:
        """Yield the same, some rows at a time."""
        images, events = self.images[tel_type], self.events
        made = {**events.predicted, **images.predicted}
        # At least one column, which tells how many rows there are.
        stored = [n for n in names if n not in made] or ["tel_id"]
        first = 0
        for frame in self.rows.slices(tel_type, stored):
            rows = slice(first, first + frame.height)
            first += frame.height
            predicted = {
                name: images.predicted[name][rows]
                if name in images.predicted
                else events.predicted[name][images.event[rows]]
                for name in names
                if name in made
            }
            yield _joined(frame, predicted)

    def event_table(self, names: Sequence[str]) -> pl.DataFrame:
        """Return columns of the events; stored ones as any of their images has them."""
        made = self.events.predicted
        stored = [name for name in names if name not in made]
        columns: dict[str, AnyArray] = {}
        if stored:
            n_events = self.events.label.size
            columns = columns_of_events(self.rows, self.images, n_events, stored)
        return _joined(pl.DataFrame(columns), {n: made[n] for n in names if n in made})

    def fill(self, tel_types: Iterable[str], schema: pa.Schema) -> None:
        """Give types without a model the columns of predictions: NaN, and not valid.

        Parameters
        ----------
        tel_types : iterable of str
            Types that have a model.
        schema : pyarrow.Schema
            The columns.
        """
        types = set(tel_types)
        for images in self.images.values():
            if images.tel_type not in types:
                for field_ in schema:
                    dtype = field_.type.to_pandas_dtype()
                    missing = False if dtype is np.bool_ else np.nan
                    images.predicted[field_.name] = np.full(
                        images.event.size, missing, dtype
                    )

    def combined(
        self,
        combine: Callable[..., Mapping[str, Any]],
        names: Iterable[str],
        **how: bool,
    ) -> dict[str, Any]:
        """Combine predictions of telescopes to those of events.

        Parameters
        ----------
        combine : callable
            One of `stages.combination`.
        names : iterable of str
            Columns of the images, in the order of its parameters, ``is_valid`` first.
        **how : object
            Further keywords.
        """
        there = list(self.images.values())
        event = np.concatenate([each.event for each in there])
        tel_id = np.concatenate([each.tel_id for each in there])
        order = np.lexsort((tel_id, event))
        n_events = self.events.label.size
        start = np.searchsorted(event[order], np.arange(n_events + 1))
        columns = [
            np.concatenate([each.predicted[name] for each in there])[order]
            for name in names
        ]
        weight = np.concatenate([each.weight for each in there])[order]
        return dict(combine(start, tel_id[order], *columns, weight, **how))


def _joined(stored: pl.DataFrame, predicted: Mapping[str, AnyArray]) -> pl.DataFrame:
    series = [pl.Series(name, values) for name, values in predicted.items()]
    return stored.with_columns(series) if stored.width else pl.DataFrame(series)


def columns_of_events(
    rows: TrainingRows,
    images: Mapping[str, Images],
    n_events: int,
    names: Sequence[str],
) -> dict[str, AnyArray]:
    """Read columns of events, as any of their images has them.

    Parameters
    ----------
    rows : TrainingRows
        Where to read.
    images : mapping of str to Images
        By telescope type; together they have all events.
    n_events : int
        Array events.
    names : sequence of str
        Columns.
    """
    columns: dict[str, AnyArray] = {}
    for tel_type, own in images.items():
        first = 0
        for frame in rows.slices(tel_type, names):
            event = own.event[first : first + frame.height]
            first += frame.height
            for name in names:
                values = frame[name].to_numpy()
                if name not in columns:
                    columns[name] = np.zeros(n_events, values.dtype)
                columns[name][event] = values
    return columns
