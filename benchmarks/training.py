"""Training beside scikit-learn's own, and the memory of a training of long datasets.

python -m benchmarks.training DATASET... [--rows 50000] [--repeats 3]
    [--long 10000000 --folder SCRATCH [--trees 100] [--folds 5] [--max-features 0.5]]

DATASETS are simulated, of stage 2, gammas and others. Fits estimators to images of
them, by `stages.training.fit`, which exports the model and compares it with the
estimator, and by scikit-learn alone: CPU seconds on one core, in turn. With ``--long``
it repeats the datasets in a scratch folder instead until they have as many telescope
events (half a kilobyte each), runs ``ctacol run train`` on them as another process,
with the default configuration but for what is given here, and removes them. A forest of
few trees takes less memory; one that looks at few features is as large, and soon there.
"""

import argparse
import json
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from benchmarks.measure import pin_to_one_core, run
from benchmarks.ours import ROOT
from benchmarks.repeated_runs import repeated
from cta_columnar.array_types import F8, I8
from cta_columnar.config import TrainConfig
from cta_columnar.stages.features import feature_matrix, read_features
from cta_columnar.stages.model_rows import telescope_rows, telescope_schema
from cta_columnar.stages.training import fit, is_classifier
from cta_columnar.stages.training.catalogue import make
from cta_columnar.store import Store, open_store

_TREES = {"n_estimators": 20, "max_depth": 15, "min_samples_leaf": 5}
CASES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("RandomForestRegressor", {**_TREES, "max_features": 0.5}),
    ("ExtraTreesRegressor", {**_TREES, "max_features": 0.5}),
    ("ExtraTreesClassifier", {**_TREES, "max_features": 0.5}),
    ("HistGradientBoostingRegressor", {"max_iter": 100}),
    ("HistGradientBoostingClassifier", {"max_iter": 100}),
    ("LinearRegression", {}),
    ("LogisticRegression", {"max_iter": 200}),
)
CLASSES = ("gamma", "other")
# Of the tree that this script is of, wherever the installed one is.
CTACOL = "from cta_columnar.cli.main import main; main()"


@dataclass(frozen=True, eq=False)
class Rows:
    """Features x[r, f] of images, log10 of the energy, and which are no gammas."""

    x: F8
    energy: F8
    is_other: I8


def read_rows(datasets: Sequence[Path], n_rows: int) -> Rows:
    """Read images of one telescope type, as many of each dataset."""
    stores = [open_store(path) for path in datasets]
    tel_type = stores[0].tel_types("parameters")[-1]
    each = [_rows(store, tel_type, n_rows // len(stores)) for store in stores]
    rows = pl.concat(each, how="diagonal")
    config = TrainConfig()
    assert config.energy is not None
    tables = (
        stores[0].schema(name, None if name == "events" else tel_type)
        for name in ("events", "parameters", "telescopes")
    )
    wanted = {name: config.features.get(name, name) for name in config.energy.features}
    matrix = feature_matrix(rows, read_features(wanted, telescope_schema(*tables)))
    good = matrix.valid & (rows["hillas_intensity"] > 50).to_numpy()
    # Linear models converge on features of like size only.
    x = matrix.x[good]
    spread = x.std(axis=0)
    x = (x - x.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    primary = rows["true_shower_primary_id"].to_numpy()[good]
    energy = np.log10(rows["true_energy"].to_numpy()[good])
    return Rows(x.astype(np.float32), energy, (primary != 0).astype(np.int64))


def _rows(store: Store, tel_type: str, n_rows: int) -> pl.DataFrame:
    def frame(table: str, tel_type: str | None = None) -> pl.DataFrame:
        found = pl.from_arrow(store.read(table, tel_type=tel_type))
        assert isinstance(found, pl.DataFrame)
        return found

    tables = (frame("parameters", tel_type), frame("telescopes", tel_type))
    return telescope_rows(frame("events"), *tables).head(n_rows)


def in_turn(works: Sequence[Callable[[], object]], repeats: int) -> list[list[float]]:
    """CPU seconds of each work, one after the other; a first turn does not count."""
    taken: list[list[float]] = [[] for _ in works]
    for number in range(1 + repeats):
        # Who goes first changes, lest one side always find the caches warm.
        order = range(len(works)) if number % 2 else reversed(range(len(works)))
        for which in order:
            begin = time.process_time()
            works[which]()
            if number:
                taken[which].append(time.process_time() - begin)
    return taken


def compare(name: str, arguments: dict[str, Any], rows: Rows, repeats: int) -> str:
    """Return a row of the table: fit, export and check beside the fit alone."""
    classes = CLASSES if is_classifier(name) else ()
    y = rows.is_other if classes else rows.energy
    weight = np.ones(len(y))

    cls = type(make(name, arguments, seed=1, n_jobs=1))
    inside: list[float] = []

    def ours() -> object:
        with patch.object(cls, "fit", timed(cls.fit, inside)):
            return fit(
                name, arguments, rows.x, y, weight=weight, classes=classes, seed=1
            )

    def theirs() -> object:
        estimator = make(name, arguments, seed=1, n_jobs=1)
        return estimator.fit(rows.x, y, sample_weight=weight)

    with threadpool_limits(1):
        alone, whole = in_turn([theirs, ours], repeats)
    beside = [100 * (b / a - 1) for a, b in zip(inside[1:], whole, strict=True)]
    ratios = [b / a for a, b in zip(alone, whole, strict=True)]
    return (
        f"| {name} | {statistics.median(alone):.3f} | {statistics.median(whole):.3f} "
        f"| {statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f}) "
        f"| {statistics.median(beside):.1f} |"
    )


def timed(work: Callable[..., object], seconds: list[float]) -> Callable[..., object]:
    """Return the same, which notes the CPU seconds that it takes."""

    def wrapped(*args: object, **kwargs: object) -> object:
        begin = time.process_time()
        found = work(*args, **kwargs)
        seconds.append(time.process_time() - begin)
        return found

    return wrapped


def long_training(
    datasets: Sequence[Path], folder: Path, options: argparse.Namespace
) -> str:
    """Train on many telescope events, and say what it took."""
    folder.mkdir(parents=True)
    try:
        n_images = repeated(datasets, folder / "inputs", options.long)
        inputs = sorted(map(str, (folder / "inputs").iterdir()))
        config = folder / "train.yaml"
        changed = changes(options.trees, options.folds, options.max_features)
        config.write_text(json.dumps(changed))
        log, models = folder / "log", folder / "models"
        command = [sys.executable, "-c", CTACOL, "run", "train", "--input", *inputs]
        command += ["--output", str(models), "--config", str(config)]
        usage = run([*command, "--workers", "1"], cwd=ROOT, log=log)
        print(log.read_text(), file=sys.stderr)
        size = sum(p.stat().st_size for p in (folder / "inputs").rglob("*.parquet"))
    finally:
        shutil.rmtree(folder)
    return (
        f"{n_images:,} telescope events, {size / 1e9:.1f} GB: {usage.cpu_s:.0f} s CPU, "
        f"{usage.wall_s:.0f} s, {usage.peak_mb:.0f} MB at the peak"
    )


def changes(n_trees: int, folds: int, max_features: float) -> dict[str, Any]:
    """Return what differs from the default configuration."""
    config = TrainConfig().model_dump(mode="json")
    changed: dict[str, Any] = {"stage": "train", "folds": folds}
    for name, section in config.items():
        if isinstance(section, dict) and "estimator" in section:
            changed[name] = {
                key: section[key]
                | {"n_estimators": n_trees, "max_features": max_features}
                for key in ("estimator", "sign_estimator")
                if key in section
            }
    return changed


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("datasets", type=Path, nargs="+")
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--long", type=int, default=0)
    parser.add_argument("--folder", type=Path)
    default = TrainConfig()
    assert default.energy is not None
    trees = default.energy.estimator.options
    parser.add_argument("--trees", type=int, default=trees["n_estimators"])
    parser.add_argument("--folds", type=int, default=default.folds)
    parser.add_argument("--max-features", type=float, default=trees["max_features"])
    options = parser.parse_args()
    pin_to_one_core()
    if options.long:
        if options.folder is None or options.folder.exists():
            parser.error("--long wants a --folder that is not there yet")
        print(long_training(options.datasets, options.folder, options), flush=True)
        return
    rows = read_rows(options.datasets, options.rows)
    print(f"{len(rows.x):,} images, {rows.x.shape[1]} features\n")
    print(
        "| estimator | scikit-learn, s | ours, s | ours / scikit-learn "
        "| beside its own fit, % |"
    )
    print("|---|---|---|---|---|", flush=True)
    for name, arguments in CASES:
        print(compare(name, arguments, rows, options.repeats), flush=True)


if __name__ == "__main__":
    main()
