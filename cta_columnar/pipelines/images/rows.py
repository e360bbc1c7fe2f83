"""Stored images of one telescope type in a shard, with what belongs to them."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from cta_columnar.arrays import to_numpy
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.pipelines.images.stored import (
    ROUNDED,
    codes_of,
    float_image,
    stored_columns,
)
from cta_columnar.schemas import dl1
from cta_columnar.schemas.keys import TEL_EVENT_NAMES
from cta_columnar.store import Store, StoreError

# What the chain computes anew.
_COMPUTED = ("is_parametrized",)
FROM_PARAMETERS = tuple(n for n in dl1.TEL_EVENT.names if n not in _COMPUTED)
_OF_IMAGES = ("image", "peak_time", "selected_gain_channel", "true_image")

# Of images, so that they stay in the cache from step to step.
_SLICE_BYTES = 4 << 20


def columns_there(store: Store, tel_type: str) -> set[str]:
    """Names that the chain may read of the images of a telescope type."""
    names = set(store.schema("images", tel_type).names)
    return {
        name
        for name in _OF_IMAGES
        if name in names or (name in ROUNDED and codes_of(name) in names)
    }


def image_rows(
    store: Store, camera: TelescopeType, wanted: Sequence[str], carried: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Read images with what is known of them, a few MB at a time.

    Parameters
    ----------
    store : Store
        One shard of a DL1 dataset.
    camera : TelescopeType
        The type of telescope.
    wanted : sequence of str
        Columns of ``images`` to read, as the chain names them.
    carried : sequence of str
        Columns of ``parameters`` to read besides `FROM_PARAMETERS`.

    Yields
    ------
    dict of str to numpy.ndarray or pyarrow.Array
        Images and keys as arrays, [e, p] and [e]; the others as they are.

    Raises
    ------
    StoreError
        If the two tables do not fit together, or one is damaged.
    """
    where = f"{store.root}: images of {camera.name}"
    there = store.schema("images", camera.name).names
    n_pixels = camera.readout.n_pixels
    names = (*TEL_EVENT_NAMES, *stored_columns(there, wanted))
    n_rows = max(1, _SLICE_BYTES // (4 * n_pixels))
    known = _Rows(store, camera.name, (*FROM_PARAMETERS, *carried))
    for piece in store.slices("images", names, camera.name, n_rows):
        rows = known.take(piece.num_rows)
        if rows is None or not _same_keys(piece, rows):
            raise StoreError(
                f"{where} and their parameters are not in the same order; the dataset "
                "is damaged, make it again"
            )
        columns: dict[str, Any] = {
            n: rows[n].combine_chunks() for n in rows.schema.names
        }
        columns |= {name: to_numpy(columns[name]) for name in TEL_EVENT_NAMES}
        columns |= {name: _pixels(piece, name) for name in wanted}
        if any(columns[n].shape[1:] != (n_pixels,) for n in wanted):
            raise StoreError(f"{where}: the camera has {n_pixels} pixels")
        yield columns


def _pixels(rows: pa.RecordBatch, name: str) -> Any:  # noqa: ANN401
    return float_image(rows, name) if name in ROUNDED else to_numpy(rows[name])


def _same_keys(one: pa.RecordBatch, other: pa.Table) -> bool:
    return all(
        np.array_equal(to_numpy(one[n]), to_numpy(other[n].combine_chunks()))
        for n in TEL_EVENT_NAMES
    )


class _Rows:
    """Hands out rows of ``parameters``, however they are cut."""

    def __init__(self, store: Store, tel_type: str, names: Sequence[str]) -> None:
        self._slices = store.slices("parameters", names, tel_type)
        self._left: pa.Table | None = None

    def take(self, n_rows: int) -> pa.Table | None:
        """Return the next rows; None if there are not so many."""
        while self._left is None or self._left.num_rows < n_rows:
            piece = next(self._slices, None)
            if piece is None:
                return None
            pieces = [pa.Table.from_batches([piece])]
            if self._left is not None:
                pieces.insert(0, self._left)
            self._left = pa.concat_tables(pieces)
        found = self._left.slice(0, n_rows)
        self._left = self._left.slice(n_rows)
        return found
