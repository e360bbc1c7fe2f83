"""Technical tables of all observations of a run."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import I8, AnyArray
from cta_columnar.arrays import to_batch
from cta_columnar.config.dl3 import DL3Config
from cta_columnar.gadf import Hdu
from cta_columnar.pipelines.dl3.conditions import Conditions
from cta_columnar.pipelines.dl3.lists import EventList
from cta_columnar.schemas import technical
from cta_columnar.stages.dl3.off_region import Region
from cta_columnar.stages.dl3.technical import (
    interval_columns,
    sub_intervals,
    telescope_columns,
    weather_columns,
)


def technical_tables(
    lists: Sequence[EventList],
    events: Sequence[Hdu],
    regions: Sequence[Region],
    conditions: Conditions,
    config: DL3Config,
) -> dict[str, pa.Table]:
    """Make ``technical/intervals`` and ``technical/telescopes``.

    Parameters
    ----------
    lists : sequence of EventList
        Observations.
    events : sequence of Hdu
        Their event lists.
    regions : sequence of Region
        Around sources.
    conditions : Conditions
        Weather, pedestals, muons.
    config : DL3Config
        Length of intervals.
    """
    arrays: list[pa.RecordBatch] = []
    telescopes: list[pa.RecordBatch] = []
    for each, hdu in zip(lists, events, strict=True):
        observation = each.observation
        pieces = sub_intervals(observation, config.technical.interval)
        keys = _keys(observation.obs_id, pieces)
        columns = {
            **keys,
            **interval_columns(observation, hdu, each.triggers, regions, pieces),
            **weather_columns(conditions.weather, pieces),
        }
        arrays.append(to_batch(columns, technical.INTERVALS))
        for tel_id, known in conditions.telescopes(observation.obs_id).items():
            tel_ids = np.full(len(pieces), tel_id, np.int16)
            of_telescope = telescope_columns(known, pieces)
            columns = {**keys, "tel_id": tel_ids, **of_telescope}
            telescopes.append(to_batch(columns, technical.TELESCOPES))
    return {
        "technical/intervals": pa.Table.from_batches(arrays, technical.INTERVALS),
        "technical/telescopes": pa.Table.from_batches(telescopes, technical.TELESCOPES),
    }


def _keys(obs_id: int, pieces: I8) -> dict[str, AnyArray]:
    start, stop = pieces.T
    return {
        "obs_id": np.full(len(pieces), obs_id, np.int64),
        "time_start": start.astype("datetime64[ns]"),
        "time_stop": stop.astype("datetime64[ns]"),
    }
