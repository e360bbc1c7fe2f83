"""Technical tables of an observation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import I8, AnyArray
from cta_columnar.arrays import to_batch
from cta_columnar.gadf import Hdu
from cta_columnar.pipelines.dl3.lists import EventList
from cta_columnar.schemas import technical
from cta_columnar.stages.dl3.off_region import Region
from cta_columnar.stages.dl3.technical import (
    Monitored,
    interval_columns,
    sub_intervals,
    telescope_columns,
    weather_columns,
)


@dataclass(frozen=True, eq=False)
class Known:
    """What is known of an observation beside its events, and how it is told.

    Attributes
    ----------
    regions : sequence of Region
        Around sources.
    weather : mapping of str to array, optional
        See `conditions.Conditions`.
    telescopes : mapping of int to Monitored
        Pedestals and muons, by telescope.
    interval_s : float
        Length of intervals, s.
    """

    regions: Sequence[Region]
    weather: Mapping[str, AnyArray] | None
    telescopes: Mapping[int, Monitored]
    interval_s: float


def technical_batches(
    each: EventList, events: Hdu, known: Known
) -> dict[str, list[pa.RecordBatch]]:
    """Make the rows of an observation in ``technical/intervals`` and ``telescopes``.

    Parameters
    ----------
    each : EventList
        The observation.
    events : Hdu
        Its event list.
    known : Known
        What else is known.
    """
    observation = each.observation
    pieces = sub_intervals(observation, known.interval_s)
    keys = _keys(observation.obs_id, pieces)
    columns = {
        **keys,
        **interval_columns(observation, events, each.triggers, known.regions, pieces),
        **weather_columns(known.weather, pieces),
    }
    telescopes = []
    for tel_id, monitored in known.telescopes.items():
        tel_ids = np.full(len(pieces), tel_id, np.int16)
        of_telescope = telescope_columns(monitored, pieces)
        rows = {**keys, "tel_id": tel_ids, **of_telescope}
        telescopes.append(to_batch(rows, technical.TELESCOPES))
    return {
        "technical/intervals": [to_batch(columns, technical.INTERVALS)],
        "technical/telescopes": telescopes,
    }


def _keys(obs_id: int, pieces: I8) -> dict[str, AnyArray]:
    start, stop = pieces.T
    return {
        "obs_id": np.full(len(pieces), obs_id, np.int64),
        "time_start": start.astype("datetime64[ns]"),
        "time_stop": stop.astype("datetime64[ns]"),
    }
