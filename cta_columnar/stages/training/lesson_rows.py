"""What the rows of one model are: features, weights, and a record of them."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import numpy as np
import polars as pl

from cta_columnar.array_types import F8, AnyArray, Mask
from cta_columnar.config import TrainConfig
from cta_columnar.models import ARRAY, Feature, TrainingRecord
from cta_columnar.stages.features import columns_read, feature_matrix
from cta_columnar.stages.training.catalogue import BOOSTING, FOREST, kind_of
from cta_columnar.stages.training.plan import Lesson
from cta_columnar.stages.training.sample import Sample
from cta_columnar.stages.training.weights import (
    sample_weights,
    wanted_spectrum,
    with_signal_fraction,
)

T = TypeVar("T")


def lesson_matrix(
    sample: Sample, lesson: Lesson, features: Sequence[Feature], estimator: str
) -> tuple[AnyArray, Mask]:
    """Compute the features of all rows.

    Returns
    -------
    x : float32[n, f] or float64[n, f]
        Of the rows where all are finite; in single precision for estimators that
        compare in it anyway.
    usable : bool[r]
        Which rows these are.
    """
    names = columns_read(features)
    frames: Iterable[pl.DataFrame]
    if lesson.tel_type == ARRAY:
        n_rows, frames = sample.events.label.size, [sample.event_table(names)]
    else:
        n_rows = sample.images[lesson.tel_type].event.size
        frames = sample.slices(lesson.tel_type, names)
    is_single = kind_of(estimator).family in (FOREST, BOOSTING)
    dtype = np.float32 if is_single else np.float64
    largest = float(np.finfo(dtype).max)
    x = np.empty((n_rows, len(features)), dtype)
    usable = np.zeros(n_rows, bool)
    first, n_usable = 0, 0
    for frame in frames:
        values = feature_matrix(frame, features).x
        good = (np.abs(values) <= largest).all(axis=1)
        usable[first : first + good.size] = good
        end = n_usable + int(np.count_nonzero(good))
        x[n_usable:end] = values[good]
        first, n_usable = first + good.size, end
    return x[:n_usable], usable


def lesson_weights(
    config: TrainConfig, sample: Sample, lesson: Lesson, trains: Mask
) -> F8:
    """float64[r]: weights of rows; 0 of those that do not train."""
    own = config.sections[lesson.section]
    events, where = sample.events, sample.event_of(lesson.tel_type)
    numbers = {name: number for number, name in enumerate(config.classes)}
    label = events.label[where][trains]
    runs = sample.rows.runs
    spectra = {}
    if own.weights == "spectrum":
        spectra = {name: wanted_spectrum(each) for name, each in config.spectra.items()}
    weights: F8 = np.zeros(trains.shape)
    weights[trains] = sample_weights(
        label,
        events.truth["true_energy"][where][trains],
        events.pointing[where][trains],
        scheme=own.weights,
        balance_pointings=own.balance_pointings,
        spectra=_by_number(spectra, numbers),
        runs=_by_number(runs, numbers),
    )
    if lesson.task == "particle" and config.particle is not None:
        signal, fraction = numbers[config.signal], config.particle.signal_fraction
        weights[trains] = with_signal_fraction(weights[trains], label, signal, fraction)
    return weights


def _by_number(of: Mapping[str, T], numbers: Mapping[str, int]) -> dict[int, T]:
    return {numbers[name]: each for name, each in of.items() if name in numbers}


def shortage(y: AnyArray, trains: Mask, classes: Sequence[str], fewest: int) -> str:
    """Say of what there is too little to train on; empty if there is enough."""
    if not classes:
        n_rows = int(np.count_nonzero(trains))
        return f"{n_rows} rows" if n_rows < fewest else ""
    counts = np.bincount(y[trains].astype(np.int64), minlength=len(classes))
    few = zip(counts, classes, strict=True)
    return ", ".join(f"{n} rows of {name}" for n, name in few if n < fewest)


def record_of(
    sample: Sample,
    lesson: Lesson,
    trained: Mask,
    inputs: Mapping[str, str],
    config_digest: str,
) -> TrainingRecord:
    """Note which rows a model was trained on.

    Parameters
    ----------
    sample : Sample
        All rows.
    lesson : Lesson
        The model.
    trained : bool[r]
        Its rows.
    inputs : mapping of str to str
        Digest of each dataset by name.
    config_digest : str
        Of the configuration.
    """
    n_events = sample.events.label.size
    rows = np.arange(n_events)[sample.event_of(lesson.tel_type)][trained]
    took_part = np.zeros(n_events, bool)
    took_part[rows] = True
    keys = sample.events.keys.filter(pl.Series(took_part))
    digest = hashlib.sha256()
    for name in keys.columns:
        digest.update(keys[name].to_numpy().astype("<i8").tobytes())
    return TrainingRecord(
        dict(inputs), config_digest, keys.height, int(rows.size), digest.hexdigest()
    )
