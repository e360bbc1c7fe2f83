"""What the rows of one model are: features, weights, and a record of them."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import polars as pl

from cta_columnar.array_types import F8, I8, AnyArray, Mask
from cta_columnar.config import TrainConfig
from cta_columnar.models import ARRAY, Feature, TrainingRecord
from cta_columnar.stages.features import (
    FeatureMatrix,
    columns_read,
    feature_matrix,
)
from cta_columnar.stages.irf.simulated_spectra import read_simulated_spectra
from cta_columnar.stages.training.catalogue import BOOSTING, FOREST, kind_of
from cta_columnar.stages.training.plan import Lesson
from cta_columnar.stages.training.sample import Sample
from cta_columnar.stages.training.weights import (
    sample_weights,
    wanted_spectrum,
    with_signal_fraction,
)


def lesson_matrix(
    sample: Sample,
    lesson: Lesson,
    features: Sequence[Feature],
    estimator: str,
    trains: Mask,
) -> tuple[AnyArray, Mask, str]:
    """Compute the features of all rows.

    Parameters
    ----------
    sample : Sample
        All rows.
    lesson : Lesson
        The model.
    features : sequence of Feature
        What it reads.
    estimator : str
        Its name.
    trains : bool[n]
        Rows to train on if they have all features.

    Returns
    -------
    x : float32[n, f] or float64[n, f]
        Of the rows where all are finite; in single precision for estimators that
        compare in it anyway.
    usable : bool[r]
        Which rows these are.
    worst : str
        Which feature most rows to train on lack, and how many; empty if none does.
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
    lost = Counter[str]()
    first, n_usable = 0, 0
    for frame in frames:
        found = feature_matrix(frame, features)
        in_range = np.where(np.abs(found.x) > largest, np.inf, found.x)
        matrix = FeatureMatrix(found.names, in_range)
        rows = slice(first, first + frame.height)
        good = usable[rows] = matrix.valid
        end = n_usable + int(np.count_nonzero(good))
        x[n_usable:end] = matrix.x[good]
        lost.update(FeatureMatrix(matrix.names, matrix.x[trains[rows]]).n_invalid)
        first, n_usable = rows.stop, end
    return x[:n_usable], usable, _worst(lost, int(np.count_nonzero(trains)))


def _worst(lost: Counter[str], n_rows: int) -> str:
    ((name, n),) = lost.most_common(1) or [("", 0)]
    return f"{name} is not finite in {n:,} of {n_rows:,}" if n else ""


def lesson_weights(
    config: TrainConfig, sample: Sample, lesson: Lesson, trains: Mask
) -> F8:
    """float64[r]: weights of rows; 0 of those that do not train."""
    own = config.sections[lesson.section]
    events, where = sample.events, sample.event_of(lesson.tel_type)
    names, label = list(config.classes), events.label[where][trains]
    weighted = np.unique(label).tolist() if own.weights == "spectrum" else []
    runs = {number: sample.rows.runs[names[number]] for number in weighted}
    weights: F8 = np.zeros(trains.shape)
    weights[trains] = sample_weights(
        label,
        events.truth["true_energy"][where][trains],
        events.pointing[where][trains],
        scheme=own.weights,
        balance_pointings=own.balance_pointings,
        spectra={k: wanted_spectrum(config.spectra[names[k]]) for k in weighted},
        runs={number: read_simulated_spectra(runs[number]) for number in weighted},
    )
    if lesson.task == "particle" and config.particle is not None:
        signal, fraction = names.index(config.signal), config.particle.signal_fraction
        weights[trains] = with_signal_fraction(weights[trains], label, signal, fraction)
    return weights


def shortage(
    y: AnyArray, trains: Mask, fold: I8, classes: Sequence[str], fewest: int
) -> str:
    """Say of what there is too little to train on; empty if there is enough.

    Parameters
    ----------
    y : array[r]
        Number of the class, for a classifier.
    trains : bool[r]
        Rows to train on.
    fold : int64[r]
        Fold of each row: there must be rows to train on without any of them.
    classes : sequence of str
        Names of the classes; none for a regressor.
    fewest : int
        Rows of each class that are wanted.
    """
    label = y[trains].astype(np.int64) if classes else np.zeros(trains.sum(), np.int64)
    groups = {f"rows of {name}": label == k for k, name in enumerate(classes)}
    groups = groups or {"rows": label == 0}
    counts = {what: int(np.count_nonzero(rows)) for what, rows in groups.items()}
    if few := [f"{n} {what}" for what, n in counts.items() if n < fewest]:
        return f"{', '.join(few)} have finite features, fewer than {fewest}"
    own_fold = fold[trains]
    lone = [what for what, rows in groups.items() if np.ptp(own_fold[rows]) == 0]
    return f"all {', '.join(lone)} are of showers of one fold" if lone else ""


def scarce_classes(y: AnyArray, classes: Sequence[str], fewest: int) -> list[str]:
    """Return the classes of which fewer rows y[r] are there; none for a regressor."""
    counts = {name: np.count_nonzero(y == k) for k, name in enumerate(classes)}
    return [name for name, n in counts.items() if n < fewest]


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
