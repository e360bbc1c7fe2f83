"""Read which images are trained on, and the events they belong to."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from cta_columnar.array_types import I8, AnyArray
from cta_columnar.config import TrainConfig
from cta_columnar.schemas.keys import EVENT_NAMES
from cta_columnar.stages.training.choice import PRIMARY, labels
from cta_columnar.stages.training.rows import TrainingRows
from cta_columnar.stages.training.sample import (
    EVENT_KEYS,
    TRUTH,
    Events,
    Images,
    Sample,
    columns_of_events,
)
from cta_columnar.stages.training_share import FOLD, uniform
from cta_columnar.stages.weights import IMAGE_WEIGHTS, image_weights

_POINTING = ("array_pointing_alt", "array_pointing_az")
_OF_EVENTS = (PRIMARY, *TRUTH, *_POINTING)


def read_sample(
    rows: TrainingRows, tel_types: Sequence[str], config: TrainConfig
) -> Sample:
    """Read the keys and the truth of all rows.

    Parameters
    ----------
    rows : TrainingRows
        Where to read.
    tel_types : sequence of str
        Types that take part.
    config : TrainConfig
        The training.
    """
    found = {each: _read_keys(rows, each, config.image_weights) for each in tel_types}
    keys = pl.concat(frame.select(EVENT_KEYS).unique() for frame in found.values())
    keys = keys.unique().sort(EVENT_KEYS)
    places = keys.with_row_index("event")
    images = {}
    for tel_type, frame in found.items():
        joined = frame.join(places, on=EVENT_KEYS, how="left", maintain_order="left")
        images[tel_type] = Images(
            tel_type,
            joined["event"].to_numpy().astype(np.int64),
            joined["tel_id"].to_numpy(),
            joined["weight"].to_numpy(),
        )
    columns = columns_of_events(rows, images, keys.height, _OF_EVENTS)
    return Sample(rows, _events(keys, columns, config), images)


def _read_keys(rows: TrainingRows, tel_type: str, scheme: str) -> pl.DataFrame:
    """Read the keys of the images of a type, and their weights."""
    needed = IMAGE_WEIGHTS[scheme]
    images = []
    for frame in rows.slices(tel_type, [*EVENT_KEYS, "tel_id", *needed]):
        columns = {name: frame[name].to_numpy() for name in needed}
        weight = pl.Series("weight", image_weights(scheme, columns, frame.height))
        images.append(frame.select(*EVENT_KEYS, "tel_id", weight))
    return pl.concat(images)


def _events(
    keys: pl.DataFrame, columns: Mapping[str, AnyArray], config: TrainConfig
) -> Events:
    draw = uniform(config.seed, FOLD, *(keys[name].to_numpy() for name in EVENT_NAMES))
    return Events(
        keys,
        labels(config, columns[PRIMARY]),
        np.floor(draw * config.folds).astype(np.int64),
        pointing_groups(*(columns[name] for name in _POINTING)),
        {name: columns[name].astype(np.float64) for name in TRUTH},
    )


def pointing_groups(alt: AnyArray, az: AnyArray) -> I8:
    """int64[n]: number of the pointing, given altitude and azimuth in deg.

    Directions are one if their unit vectors, in cells of 0.1 deg, are.
    """
    lat, lon = np.radians(alt), np.radians(az)
    vectors = [np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)]
    # Undefined ones are a pointing of their own, 0 of all cells.
    cells = np.nan_to_num(np.round(np.stack(vectors, axis=1) / np.radians(0.1)))
    _, number = np.unique(cells, axis=0, return_inverse=True)
    return number.astype(np.int64)
