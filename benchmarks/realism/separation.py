"""How well gammas and protons can be told apart, simulated and real."""

from importlib import import_module

import numpy as np

from benchmarks.realism.tables import Table, accepted

GEOMETRY_RANGE = (0.03, 5.0)
GEOMETRY, ALL = "geometry", "all"


def _events(table: Table) -> list[Table]:
    """Good images of events with two or more."""
    kept = table[accepted(table)]
    kept = kept[np.argsort(kept["event"], kind="stable")]
    starts = np.unique(kept["event"], return_index=True)[1]
    return [part for part in np.split(kept, starts[1:]) if len(part) >= 2]


def features(table: Table, which: str) -> np.ndarray:
    """Features of events, one per row.

    ``geometry``: showers of 0.03 to 5 TeV; means of width, length and width over log
    intensity, log intensity (mean and largest), multiplicity, largest width and length.
    ``all``: showers of all energies; also concentration, skewness, time gradient,
    islands, spread of peak times and the share of LSTs. Means are weighted by the log
    of the intensity.
    """
    if which == GEOMETRY:
        low, high = GEOMETRY_RANGE
        table = table[(table["energy"] > low) & (table["energy"] < high)]
    rows = []
    for part in _events(table):
        size = np.log10(part["intensity"])
        values = [part["width"], part["length"], part["width"] / size]
        rest = [size.mean(), size.max(), part["multiplicity"][0]]
        rest += [part["width"].max(), part["length"].max()]
        if which == ALL:
            values += [
                part[name]
                for name in ("concentration", "skewness", "gradient", "n_islands")
            ]
            rest += [part["peak_time_std"].mean(), part["is_lst"].mean()]
        means = [np.average(value, weights=size) for value in values]
        rows.append([*means, *rest])
    return np.array(rows)


def forest_area(gammas: Table, protons: Table, which: str) -> tuple[float, float]:
    """Area under the curve of a random forest, and its statistical error.

    200 trees with 5 events in a leaf or more; each fifth is scored by a forest that has
    seen the other four.
    """
    return _forest_area(features(gammas, which), features(protons, which))


def matched_forest_area(
    samples: tuple[Table, Table], sizes_of: tuple[Table, Table], which: str
) -> tuple[float, float]:
    """Repeat that with no more events than ``sizes_of``: mean of 6 draws.

    A forest that has seen more events tells more.
    """
    rng, areas = np.random.default_rng(1), []
    parts = [features(each, which) for each in samples]
    sizes = [len(features(each, which)) for each in sizes_of]
    for _ in range(6):
        drawn = [
            part[rng.permutation(len(part))[:size]]
            for part, size in zip(parts, sizes, strict=True)
        ]
        areas.append(_forest_area(*drawn))
    mean, error = np.mean(areas, axis=0).tolist()
    return mean, error


def _forest_area(*parts: np.ndarray) -> tuple[float, float]:
    ensemble, selection = (
        import_module(f"sklearn.{name}") for name in ("ensemble", "model_selection")
    )
    x = np.nan_to_num(np.concatenate(parts))
    y = np.repeat([1, 0], [len(part) for part in parts])
    forest = ensemble.RandomForestClassifier(200, min_samples_leaf=5, random_state=1)
    folds = selection.StratifiedKFold(5, shuffle=True, random_state=1)
    chance = selection.cross_val_predict(forest, x, y, cv=folds, method="predict_proba")
    return area(y, chance[:, 1])


def area(y: np.ndarray, score: np.ndarray) -> tuple[float, float]:
    """Area under the curve, and its error after Hanley and McNeil (1982)."""
    order = np.argsort(np.concatenate([score[y == 1], score[y == 0]]), kind="stable")
    ranks = np.empty(order.size)
    ranks[order] = np.arange(1, order.size + 1)
    n, m = int(y.sum()), int((1 - y).sum())
    a = float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))
    q1, q2 = a / (2 - a), 2 * a * a / (1 + a)
    variance = a * (1 - a) + (n - 1) * (q1 - a * a) + (m - 1) * (q2 - a * a)
    return a, float(np.sqrt(variance / (n * m)))


def geometry_area(gammas: Table, protons: Table) -> tuple[float, float]:
    """`forest_area` of the geometry features."""
    return forest_area(gammas, protons, GEOMETRY)


def full_area(gammas: Table, protons: Table) -> tuple[float, float]:
    """`forest_area` of all features."""
    return forest_area(gammas, protons, ALL)


def width_area(gammas: Table, protons: Table) -> tuple[float, float]:
    """Area under the curve of the mean width alone."""
    return _single(gammas, protons, 0)


def length_area(gammas: Table, protons: Table) -> tuple[float, float]:
    """Area under the curve of the mean length alone."""
    return _single(gammas, protons, 1)


def _single(gammas: Table, protons: Table, column: int) -> tuple[float, float]:
    parts = [features(t, GEOMETRY)[:, column] for t in (gammas, protons)]
    y = np.repeat([1, 0], [part.size for part in parts])
    return area(y, -np.concatenate(parts))


def scaled_width_area(gammas: Table, protons: Table) -> tuple[float, float]:
    """Area under the curve of the mean reduced scaled width alone.

    Widths are reduced with median and spread of the gammas in 6 bins of intensity per
    type of telescope.
    """
    parts = []
    scales = _scales(gammas)
    low, high = GEOMETRY_RANGE
    for table in (gammas, protons):
        kept = table[(table["energy"] > low) & (table["energy"] < high)]
        parts.append(
            np.array([_reduced(part, scales).mean() for part in _events(kept)])
        )
    y = np.repeat([1, 0], [part.size for part in parts])
    return area(y, -np.concatenate(parts))


_EDGES = np.log10([50, 100, 200, 400, 800, 1600])


def _scales(gammas: Table) -> np.ndarray:
    """Median and spread of the width per type and bin, float64[2, 6, 2]."""
    kept = gammas[accepted(gammas)]
    bins = np.digitize(np.log10(kept["intensity"]), _EDGES) - 1
    out = np.empty((2, _EDGES.size, 2))
    for is_lst in (0, 1):
        for b in range(_EDGES.size):
            widths = kept["width"][(bins == b) & (kept["is_lst"] == bool(is_lst))]
            low, middle, high = np.quantile(widths, [0.16, 0.5, 0.84])
            out[is_lst, b] = middle, (high - low) / 2
    return out


def _reduced(images: Table, scales: np.ndarray) -> np.ndarray:
    bins = np.digitize(np.log10(images["intensity"]), _EDGES) - 1
    middle, spread = scales[images["is_lst"].astype(int), bins].T
    return np.asarray((images["width"] - middle) / spread)
