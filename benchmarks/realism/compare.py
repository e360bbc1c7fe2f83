"""Medians, multiplicities and separation of real and simulated images."""

from collections.abc import Iterator
from importlib import import_module

import numpy as np

from benchmarks.realism.images import Table, accepted

ENERGIES = ((0.03, 0.1), (0.1, 0.3), (0.3, 1.0), (1.0, 3.0), (3.0, 10.0))
QUANTITIES = (
    "true_intensity", "true_length", "true_width", "intensity", "length", "width",
)  # fmt: skip
FEWEST = 15


def medians(simulated: Table, real: Table) -> Iterator[str]:
    """Ratios of medians, simulated over real, per type and energy."""
    yield f"{'':18s}{'n sim':>7s}{'n real':>7s}" + "".join(
        f"{q:>16s}" for q in QUANTITIES
    )
    for is_lst in (True, False):
        for low, high in ENERGIES:
            parts = [
                table[
                    (table["is_lst"] == is_lst) & (table["energy"] >= low)
                    & (table["energy"] < high) & (table["impact"] < 500)
                    & accepted(table)
                ]
                for table in (simulated, real)
            ]  # fmt: skip
            if min(map(len, parts)) < FEWEST:
                continue
            ratios = [
                np.nanmedian(parts[0][q]) / np.nanmedian(parts[1][q])
                for q in QUANTITIES
            ]
            yield (
                f"{'LST' if is_lst else 'MST'} {low:4g}-{high:<4g} TeV "
                f"{len(parts[0]):7d}{len(parts[1]):7d}"
                + "".join(f"{ratio:16.2f}" for ratio in ratios)
            )


def events(simulated: Table, real: Table) -> Iterator[str]:
    """Mean multiplicity and median depth of maximum per energy."""
    for low, high in ENERGIES:
        words = []
        for name, table in (("simulated", simulated), ("real", real)):
            part = table[(table["energy"] >= low) & (table["energy"] < high)]
            _, first = np.unique(part["event"], return_index=True)
            part = part[first]
            words.append(
                f"{name} multiplicity {part['multiplicity'].mean():.1f}, "
                f"x_max {np.median(part['x_max']):.0f}"
            )
        yield f"{low:4g}-{high:<4g} TeV: " + "; ".join(words)


def features(table: Table) -> np.ndarray:
    """Geometry of events of 0.03 to 5 TeV with two good images or more.

    Weighted by the logarithm of the intensity: means of width, length and width over
    log intensity; log intensity, mean and largest; multiplicity; largest width, length.
    """
    kept = table[accepted(table) & (table["energy"] > 0.03) & (table["energy"] < 5)]
    kept = kept[np.argsort(kept["event"], kind="stable")]
    starts = np.unique(kept["event"], return_index=True)[1]
    rows = []
    for part in np.split(kept, starts[1:]):
        if len(part) < 2:
            continue
        size = np.log10(part["intensity"])
        means = [
            np.average(x, weights=size)
            for x in (part["width"], part["length"], part["width"] / size)
        ]
        largest = [part["width"].max(), part["length"].max()]
        rows.append(
            [*means, size.mean(), size.max(), part["multiplicity"][0], *largest]
        )
    return np.array(rows)


def separation(gammas: Table, protons: Table) -> str:
    """Area under the curve of a random forest, as in section D.1 of the yardstick."""
    ensemble, metrics, selection = (
        import_module(f"sklearn.{name}")
        for name in ("ensemble", "metrics", "model_selection")
    )

    parts = features(gammas), features(protons)
    x = np.concatenate(parts)
    y = np.repeat([1, 0], [len(part) for part in parts])
    forest = ensemble.RandomForestClassifier(200, min_samples_leaf=5, random_state=1)
    folds = selection.StratifiedKFold(5, shuffle=True, random_state=1)
    score = selection.cross_val_predict(forest, x, y, cv=folds, method="predict_proba")[
        :, 1
    ]
    area = metrics.roc_auc_score
    return (
        f"AUC {area(y, score):.3f} ({len(parts[0])} gammas, {len(parts[1])} protons); "
        f"mean width alone {area(y, -x[:, 0]):.3f}, length {area(y, -x[:, 1]):.3f}"
    )
