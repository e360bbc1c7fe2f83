"""Images of all telescope types and their array events, while models add columns."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from cta_columnar.array_types import I8, AnyArray
from cta_columnar.errors import UserError
from cta_columnar.models import ARRAY, ModelSource
from cta_columnar.schemas.keys import EVENT_NAMES, TEL_EVENT_NAMES
from cta_columnar.stages.applying import Applied, apply_model
from cta_columnar.stages.model_rows import with_keys

Columns = dict[str, Any]
_NO_OTHERS: Mapping[tuple[str, str], Mapping[str, str]] = {}


class Rows:
    """What models read, and what they have said so far.

    Parameters
    ----------
    events : polars.DataFrame
        A row per array event.
    images : mapping of str to polars.DataFrame
        By telescope type, a row per image, as `stages.model_rows.telescope_rows` makes
        them.
    wanted : frozenset of str
        Columns of events that will be asked of images.
    names : mapping
        By task and telescope type: what columns are called here that a model knows by
        another name.

    Attributes
    ----------
    n_events : int
        Array events.
    event_start : int64[n + 1]
        First image of each event, where they are sorted.
    tel_id : int16[r]
        Telescopes, sorted.
    of_events, of_images
        Columns that were added.
    cut_flow : list of pyarrow.Table
        What conditions of models left.
    without_model : dict of str to dict of str to int
        Images of telescope types that have no model, by task and type.

    Raises
    ------
    UserError
        If a key is missing or double, or an image has no array event.
    """

    def __init__(
        self,
        events: pl.DataFrame,
        images: Mapping[str, pl.DataFrame],
        wanted: frozenset[str] = frozenset(),
        names: Mapping[tuple[str, str], Mapping[str, str]] = _NO_OTHERS,
    ) -> None:
        self._wanted = wanted
        self._names = names
        self._events: Columns = events.to_dict()
        self._images: dict[str, Columns] = {n: images[n].to_dict() for n in images}
        self.n_events = events.height
        self.n_images = {name: images[name].height for name in images}
        self.of_events: Columns = {}
        self.of_images: dict[str, Columns] = {name: {} for name in images}
        self.cut_flow: list[pa.Table] = []
        self.without_model: dict[str, dict[str, int]] = {}
        self._event = {name: _places(events, images[name], name) for name in images}
        self._sort()

    def _sort(self) -> None:
        """Find the order of all images by array event and telescope."""
        event = self._together(self._event, np.int64)
        tel_ids = {
            name: np.asarray(self._images[name]["tel_id"]) for name in self.types
        }
        tel_id = self._together(tel_ids, np.int16)
        self._order: I8 = np.lexsort((tel_id, event))
        event, self.tel_id = event[self._order], tel_id[self._order]
        double = (np.diff(event) == 0) & (np.diff(self.tel_id) == 0)
        if double.any():
            place = int(np.argmax(double))
            key = ", ".join(
                f"{n} {self._events[n][int(event[place])]}" for n in EVENT_NAMES
            )
            raise UserError(f"image {key}, tel_id {self.tel_id[place]} is there twice")
        self.event_start: I8 = np.searchsorted(event, np.arange(self.n_events + 1))

    @property
    def types(self) -> tuple[str, ...]:
        """Telescope types."""
        return tuple(self._images)

    def apply(self, models: ModelSource, task: str, tel_type: str) -> Applied | None:
        """Apply a model to all images of a type, or to all events if it is `ARRAY`.

        Returns
        -------
        Applied or None
            Nothing, if there are no rows or no model.
        """
        is_array = tel_type == ARRAY
        n_rows = self.n_events if is_array else self.n_images[tel_type]
        if not n_rows:
            return None
        if tel_type not in models.types.get(task, ()):
            self.without_model.setdefault(task, {})[tel_type] = n_rows
            return None
        columns = self._events if is_array else self._images[tel_type]
        names = self._names.get((task, tel_type), {})
        columns = columns | {n: columns[at] for n, at in names.items() if at in columns}
        applied = apply_model(models.load(task, tel_type), columns, n_rows)
        group = {"" if is_array else tel_type: slice(None)}
        self.cut_flow.append(applied.selection.cut_flow(f"prediction.{task}", group))
        return applied

    def column(self, name: str, tel_type: str) -> AnyArray:
        """Values of a column of the images of a type.

        Raises
        ------
        UserError
            If there is none.
        """
        return _column(self._images[tel_type], name, tel_type)

    def event_column(self, name: str) -> AnyArray:
        """Values of a column of the events.

        Raises
        ------
        UserError
            If there is none.
        """
        return _column(self._events, name, "events")

    def sorted(self, name: str) -> AnyArray:
        """Values of all images, those of an event together and by telescope."""
        each = {tel_type: self.column(name, tel_type) for tel_type in self.types}
        return self._together(each, np.float64)[self._order]

    def add_to_images(self, tel_type: str, columns: Columns) -> None:
        """Add columns to the images of a type."""
        self._images[tel_type].update(columns)
        self.of_images[tel_type].update(columns)

    def add_to_events(self, columns: Columns) -> None:
        """Add columns to events, and beside their images what will be read there."""
        self._events.update(columns)
        self.of_events.update(columns)
        for name in self._wanted & columns.keys():
            for tel_type, event in self._event.items():
                self._images[tel_type][name] = np.asarray(columns[name])[event]

    def _together(self, each: Mapping[str, AnyArray], dtype: type) -> AnyArray:
        return np.concatenate([np.empty(0, dtype), *each.values()]).astype(
            dtype, copy=False
        )


def _column(columns: Columns, name: str, where: str) -> AnyArray:
    if name not in columns:
        raise UserError(f"{where} have no column {name!r}, which is needed here")
    return np.asarray(columns[name])


def _places(events: pl.DataFrame, images: pl.DataFrame, tel_type: str) -> I8:
    """int64[r]: the row of the array event of each image."""
    keys = list(EVENT_NAMES)
    of_events = with_keys(events, EVENT_NAMES, "events").select(keys)
    images = with_keys(images, TEL_EVENT_NAMES, f"images of {tel_type}")
    if of_events.is_duplicated().any():
        raise UserError("an array event is there twice")
    place = images.select(keys).join(
        of_events.with_row_index("place"), on=keys, how="left", maintain_order="left"
    )["place"]
    if place.null_count():
        first = images.row(place.is_null().arg_true()[0], named=True)
        key = ", ".join(f"{name} {first[name]}" for name in keys)
        raise UserError(f"{tel_type}: an image of {key} has no array event")
    return place.cast(pl.Int64).to_numpy()
