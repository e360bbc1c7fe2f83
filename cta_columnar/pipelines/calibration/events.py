"""The calibration events of one telescope in a DL1 dataset."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cta_columnar.array_types import AnyArray
from cta_columnar.arrays import to_numpy
from cta_columnar.errors import UserError
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.store import Store, StoreError

PEDESTALS = ("calibration/pedestal", "calibration/sky_pedestal")
FLASHES = ("calibration/flatfield",)

Columns = dict[str, AnyArray]

_IDS = ("obs_id", "event_id", "time")
_IMAGES = ("image", "peak_time")


def read_events(
    store: Store, tables: Sequence[str], camera: TelescopeType, tel_id: int
) -> Columns:
    """Read events of some types, in order of run and time.

    Parameters
    ----------
    store : Store
        A shard of a DL1 dataset.
    tables : sequence of str
        `PEDESTALS` or `FLASHES`; those that are not there have no events.
    camera : TelescopeType
        Type of the telescope.
    tel_id : int
        The telescope.

    Returns
    -------
    dict of str to array
        ``obs_id``, ``event_id`` and ``time`` [n], int64, the latter in ns; ``image``
        and ``peak_time`` [n, c, p], float32.

    Raises
    ------
    StoreError
        If a gain channel of an event is missing.
    UserError
        If they were made with one of the channels per pixel.
    """
    found = [
        store.read(
            table,
            (*_IDS, "channel", *_IMAGES),
            tel_type=camera.name,
            where=pc.field("tel_id") == tel_id,
            verify=True,
        )
        for table in tables
        if camera.name in store.tel_types(table)
    ]
    n_channels, n_pixels = camera.readout.n_channels, camera.readout.n_pixels
    if not found:
        none = np.zeros((0, n_channels, n_pixels), np.float32)
        ids = np.zeros(0, np.int64)
        return dict.fromkeys(_IDS, ids) | dict.fromkeys(_IMAGES, none)
    table = pa.concat_tables(found)
    columns = {n: to_numpy(table[n].combine_chunks()) for n in table.column_names}
    if (columns["channel"] < 0).any():
        raise UserError(
            f"{store.root} has one gain channel per pixel, a calibration wants all: "
            "run stage1, and reduce before it, without source.select_gain"
        )
    columns["time"] = columns["time"].astype(np.int64)
    # Calibration events are called -1, -2, ... as they come.
    keys = columns["channel"], -columns["event_id"], columns["time"], columns["obs_id"]
    order = np.lexsort(keys).reshape(-1, n_channels)
    if not (columns["channel"][order] == np.arange(n_channels)).all():
        raise StoreError(
            f"{store.root}: calibration events of telescope {tel_id} lack a gain "
            "channel; make the dataset again"
        )
    return {
        **{name: columns[name][order[:, 0]] for name in _IDS},
        **{name: columns[name][order] for name in _IMAGES},
    }


def of_run(columns: Columns, obs_id: int) -> Columns:
    """Pick the events of one run."""
    members = columns["obs_id"] == obs_id
    return {name: each[members] for name, each in columns.items()}
