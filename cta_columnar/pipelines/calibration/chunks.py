"""Statistics of the calibration events of a telescope, chunk by chunk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cta_columnar.array_types import AnyArray, Mask
from cta_columnar.config import AlgorithmChoice, CalibrationConfig
from cta_columnar.pipelines.stage1.choices import resolve
from cta_columnar.schemas.monitoring import PIXEL_STATISTICS
from cta_columnar.stages.camera_calibration import Chunks
from cta_columnar.stages.chunks import chunks_of

# Names of quantities in the tables, and the columns they come from.
_QUANTITIES = {"charge": "image", "pulse_time": "peak_time"}


@dataclass(frozen=True, eq=False)
class ChunkStatistics:
    """What is written, and what coefficients are computed from.

    Attributes
    ----------
    columns : dict of str to array
        Columns of a table of statistics, without the keys.
    chunks : Chunks
        The same for the calculation.
    why : str
        Why chunks are not valid, if some are not.
    """

    columns: dict[str, AnyArray]
    chunks: Chunks
    why: str


def chunk_statistics(
    events: Mapping[str, AnyArray],
    detectors: Mapping[str, Sequence[AlgorithmChoice]],
    config: CalibrationConfig,
    tel_type: str,
    key: Mapping[str, int],
) -> ChunkStatistics:
    """Cut events into chunks, and take the statistics of each pixel in each chunk.

    Parameters
    ----------
    events : mapping of str to array
        ``time`` and ``event_id`` of n events in order of time, ``image`` and
        ``peak_time`` [n, c, p].
    detectors : mapping of str to sequence of AlgorithmChoice
        By quantity, ``"charge"`` or ``"pulse_time"``: what finds outliers. No
        statistics are taken of quantities that are not named.
    config : CalibrationConfig
        Chunks and aggregator.
    tel_type : str
        The telescope type; with the ``tel_id`` of the key it chooses options.
    key : mapping of str to int
        Of which telescope the events are.
    """
    given = config.chunks
    slices = chunks_of(events["time"], given.size, given.duration, given.last)
    first = np.array([each.start for each in slices], np.int64)
    last = np.array([each.stop - 1 for each in slices], np.int64)
    where = tel_type, key["tel_id"]
    aggregator, options = resolve("aggregator", config.aggregator, *where)
    found: dict[str, dict[str, AnyArray]] = {}
    shape = (len(slices), *events["image"].shape[1:])
    mask = np.zeros(shape, np.bool_)
    for quantity, choices in detectors.items():
        samples = events[_QUANTITIES[quantity]]
        runs = [aggregator.run({"samples": samples[s]}, {}, options) for s in slices]
        found[quantity] = {
            name: np.concatenate([run[name] for run in runs]).reshape(shape)
            for name in PIXEL_STATISTICS.names
        }
        for choice in choices:
            detector, how = resolve("outlier_detector", choice, *where)
            mask |= detector.run(found[quantity], {}, how)["outlier_mask"]
    is_valid, why = _validity(last - first + 1, mask, config)
    columns = {
        "time_start": events["time"][first],
        "time_end": events["time"][last],
        "event_id_start": events["event_id"][first],
        "event_id_end": events["event_id"][last],
        "is_valid": is_valid,
        "outlier_mask": mask,
    }
    for quantity, statistics in found.items():
        columns |= {f"{quantity}_{name}": each for name, each in statistics.items()}
    chunks = Chunks(
        events["time"][first],
        found["charge"],
        found.get("pulse_time", {}),
        mask,
        is_valid,
    )
    return ChunkStatistics(columns, chunks, why)


def _validity(
    n_events: AnyArray, mask: Mask, config: CalibrationConfig
) -> tuple[Mask, str]:
    """Which chunks are of use, and why not the others."""
    enough = n_events >= config.chunks.min_events
    # Where there are too few events, whatever pixels do is chance.
    share = np.where(enough, mask.any(axis=1).mean(axis=-1), 0.0)
    healthy = share < config.faulty_pixels_fraction
    reasons = []
    if not enough.all():
        reasons.append(
            f"too few events, {n_events.min()} where chunks.min_events is "
            f"{config.chunks.min_events}"
        )
    if not healthy.all():
        reasons.append(
            f"{share.max():.0%} of the pixels are outliers, faulty_pixels_fraction is "
            f"{config.faulty_pixels_fraction:g}"
        )
    return enough & healthy, "; ".join(reasons)
