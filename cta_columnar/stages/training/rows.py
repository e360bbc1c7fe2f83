"""Where training takes its images from: a dataset, or frames in a notebook."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import polars as pl
import pyarrow as pa

from cta_columnar.config import TrainConfig
from cta_columnar.errors import UserError
from cta_columnar.models import Origin
from cta_columnar.schemas.columns import column
from cta_columnar.schemas.keys import EVENT_NAMES, TEL_EVENT_NAMES
from cta_columnar.schemas.tables import TABLES
from cta_columnar.stages.features import column_hint
from cta_columnar.stages.training.choice import choose, columns_chosen_by
from cta_columnar.stages.training.columns import check_geometry
from cta_columnar.stages.training.tally import Counting, Tally

DATASET = "dataset"
"""Which input a row is of: gammas and protons may have the same keys."""

_SLICE = 65_536


class TrainingRows(Protocol):
    """Images to train on: the same ones, in the same order, whenever they are read."""

    @property
    def tally(self) -> Tally:
        """How many there are of each class and telescope type, and were."""

    @property
    def runs(self) -> Mapping[str, pa.Table]:
        """Rows of ``simulation/runs`` of each class, as far as they are known."""

    @property
    def tel_types(self) -> Sequence[str]:
        """Telescope types of the array, those without an image as well."""

    @property
    def origins(self) -> Mapping[str, Origin]:
        """Columns that models made, as far as it is known."""

    def schema(self, tel_type: str) -> pa.Schema:
        """Columns of a telescope type, with those of its telescopes and events."""

    def event_schema(self) -> pa.Schema:
        """Those of them that are the same for all images of an event."""

    def slices(self, tel_type: str, names: Sequence[str]) -> Iterator[pl.DataFrame]:
        """Read columns of the images that take part, some at a time; also `DATASET`."""


class Frames:
    """Images in memory, for notebooks.

    Parameters
    ----------
    frames : mapping of str to polars.DataFrame
        By telescope type: what `stages.model_rows.telescope_rows` returns, and
        `DATASET` (any integers) if keys of several datasets may be the same.
    config : TrainConfig
        Says which rows take part, as for datasets. ``max_rows`` does not matter here.
    units : mapping of str to str, optional
        Units of columns that the data model does not know.
    runs : mapping of str to pyarrow.Table, optional
        Rows of ``simulation/runs`` by class, for ``weights: spectrum``.

    Raises
    ------
    UserError
        If a column is missing, or there is nothing.
    """

    def __init__(
        self,
        frames: Mapping[str, pl.DataFrame],
        config: TrainConfig,
        units: Mapping[str, str] | None = None,
        runs: Mapping[str, pa.Table] | None = None,
    ) -> None:
        if not frames:
            raise UserError("there are no rows to train on")
        self.runs = dict(runs or {})
        self.origins: dict[str, Origin] = {}
        self._units = dict(units or {})
        self._frames = {}
        chosen, keys = {}, {}
        for tel_type, frame in sorted(frames.items()):
            check_geometry(config, frame.columns)
            check_columns(columns_chosen_by(config), frame.columns, tel_type)
            number = [] if DATASET in frame.columns else [pl.lit(0).alias(DATASET)]
            rows = frame.with_columns(number).cast({DATASET: pl.Int16})
            chosen[tel_type] = choose(config, rows)
            keys[tel_type] = rows.select(DATASET, *EVENT_NAMES)
            kept = rows.filter(pl.Series(chosen[tel_type].selection.mask))
            self._frames[tel_type] = kept.sort(DATASET, *TEL_EVENT_NAMES)
        self.tel_types = tuple(self._frames)
        counting = Counting(config, self.tel_types)
        counting.add(chosen, keys)
        self.tally = counting.tally()

    def schema(self, tel_type: str) -> pa.Schema:
        """Columns of a telescope type."""
        frame = self._frames[tel_type].drop(DATASET)
        types = pa.schema(frame.clear().to_arrow().schema)
        return pa.schema([self._described(field) for field in types])

    def event_schema(self) -> pa.Schema:
        """Those of them that the table ``events`` of the data model has."""
        schema = self.schema(next(iter(self._frames)))
        return pa.schema([f for f in schema if TABLES["events"].known(f.name)])

    def slices(self, tel_type: str, names: Sequence[str]) -> Iterator[pl.DataFrame]:
        """Return columns of the images that take part, some at a time."""
        return self._frames[tel_type].select(names).iter_slices(_SLICE)

    def _described(self, field: pa.Field) -> pa.Field:
        for table in ("parameters", "telescopes", "events"):
            if known := TABLES[table].known(field.name):
                return known.with_type(field.type)
        return column(field.name, field.type, self._units.get(field.name, ""))


def check_columns(wanted: Sequence[str], there: Sequence[str], where: str) -> None:
    """Refuse a table without a column.

    Raises
    ------
    UserError
        Which names the column, and the nearest one.
    """
    for name in wanted:
        if name not in there:
            hint = column_hint(name, there)
            raise UserError(f"{where}: there is no column {name!r}; {hint}")
