"""Stage 3 beside ctapipe-apply-models: the same trees, on the same simulated events.

python -m benchmarks.stage3 FOLDER --train GAMMAS PROTONS --dl2 DL2 --peer-dl2 DL2.h5
    --peer BIN [--trees 100] [--depth 15] [--repeats 3]

GAMMAS and PROTONS are DL2 datasets to train on; DL2 and DL2.h5 the same raw files, by
stage 2 and by ``ctapipe-process``; BIN the programs of ctapipe, in an environment of
the same scikit-learn. Trains models of energy, particle and direction, puts the
estimators into pickles of ctapipe, applies both, each on one core, and compares what
they say.
"""

import argparse
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import polars as pl

from benchmarks.measure import alternate, median, pin_to_one_core, run
from cta_columnar.array_types import AnyArray
from cta_columnar.config import Cut
from cta_columnar.models import (
    Condition,
    Description,
    Forest,
    Model,
    Origin,
    Target,
    TrainingRecord,
    Use,
)
from cta_columnar.schemas import predictions
from cta_columnar.schemas.columns import merge
from cta_columnar.stages.features import feature_matrix, input_units, read_features
from cta_columnar.stages.model_rows import telescope_rows, telescope_schema
from cta_columnar.stages.selection import Selection
from cta_columnar.stages.training import fit
from cta_columnar.stages.training.targets import DISP_COLUMNS, true_disp
from cta_columnar.store import Store, open_store, save_model

QUALITY = {
    "enough charge": "hillas_intensity > 50",
    "positive width": "hillas_width > 0",
    "enough pixels": "morphology_n_pixels > 3",
    "geometry": "HillasReconstructor_is_valid",
}
MADE = {"area": "hillas_width * hillas_length"}
IMAGE = (
    *(
        f"hillas_{n}"
        for n in ["intensity", "r", "length", "width", "skewness", "kurtosis"]
    ),
    *("timing_slope", "timing_deviation", "concentration_cog", "concentration_core"),
    *(f"leakage_{n}_width_{i}" for n in ("intensity", "pixels") for i in (1, 2)),
    *("morphology_n_islands", "morphology_n_pixels"),
    *(f"peak_time_{n}" for n in ("std", "skewness", "kurtosis")),
    *(f"intensity_{n}" for n in ("max", "mean", "std", "skewness", "kurtosis")),
    "HillasReconstructor_tel_impact_distance",
    "HillasReconstructor_average_intensity",
    "HillasReconstructor_h_max",
    "area",
)
ENERGY = "ExtraTreesRegressor_energy"
CLASSES = {
    "particle": ("gamma", "proton"),
    "disp_sign": ("negative", "positive"),
}


class Training:
    """Models of one telescope type, and the estimators they are made of."""

    def __init__(
        self, stores: list[Store], tel_type: str, arguments: dict[str, int]
    ) -> None:
        self.arguments, self.tel_type = arguments, tel_type
        self.rows = [_rows(store, tel_type) for store in stores]
        names = ("events", "parameters", "telescopes")
        tables = (
            stores[0].schema(n, tel_type if n != "events" else None) for n in names
        )
        predicted = predictions.of_events("energy", "ExtraTreesRegressor")
        self.schema = merge(telescope_schema(*tables), predicted)

    def learn(self, task: str, rows: pl.DataFrame, y: AnyArray) -> tuple[Any, Model]:
        """Fit the estimator of a task; a model may take another logarithm."""
        names = IMAGE if task != "particle" else (*IMAGE, ENERGY)
        expressions = {name: MADE.get(name, name) for name in names}
        features = read_features(expressions, self.schema)
        cuts = tuple(Cut(name, text) for name, text in QUALITY.items())
        columns = {name: np.asarray(rows[name]) for c in cuts for name in c.columns}
        x = feature_matrix(rows, features)
        good = Selection.of(cuts, columns, rows.height).mask & x.valid
        classes = CLASSES.get(task, ())
        name = "ExtraTreesClassifier" if classes else "ExtraTreesRegressor"
        fitted = fit(name, self.arguments, x.x[good], y[good], classes=classes, seed=1)
        body = fitted.body
        if task == "energy" and isinstance(body, Forest):
            body = replace(body, scale=body.scale / np.log(10))
        target = {
            "energy": Target("true_energy", "TeV", "log10"),
            "disp_norm": Target("true_disp", "deg"),
        }.get(task, Target(task))
        known = Description(
            task,
            self.tel_type,
            target,
            classes,
            features,
            input_units(features, self.schema, cuts),
            fitted.link,
            False,
            fitted.record,
            TrainingRecord({}, "", 0, int(good.sum()), ""),
            tuple(Condition(each.name, each.expression) for each in cuts),
            Use(weights="none", signal="gamma" if task == "particle" else ""),
            {ENERGY: Origin("energy", "{prefix}_energy")} if ENERGY in names else {},
        )
        return fitted.estimator, Model(known, body)

    def all(self) -> dict[str, tuple[Any, Model]]:
        """Fit the estimators of all tasks."""
        gammas, protons = self.rows
        found = {}
        energy = np.log(gammas["true_energy"].to_numpy())
        found["energy"] = self.learn("energy", gammas, energy)
        # In place of the predicted one: how good a model is does not matter here.
        both = pl.concat([gammas, protons]).with_columns(
            pl.col("true_energy").alias(ENERGY)
        )
        label = np.repeat([0, 1], [gammas.height, protons.height])
        found["particle"] = self.learn("particle", both, label)
        columns = {name: gammas[name].to_numpy() for name in DISP_COLUMNS}
        disp = np.nan_to_num(true_disp(columns))
        found["disp_norm"] = self.learn("disp_norm", gammas, np.abs(disp))
        found["disp_sign"] = self.learn("disp_sign", gammas, (disp > 0).astype(int))
        return found


def _rows(store: Store, tel_type: str) -> pl.DataFrame:
    def frame(table: str, tel_type: str | None = None) -> pl.DataFrame:
        found = pl.from_arrow(store.read(table, tel_type=tel_type))
        assert isinstance(found, pl.DataFrame)
        return found

    tables = (frame("parameters", tel_type), frame("telescopes", tel_type))
    return telescope_rows(frame("events"), *tables)


def train(folder: Path, train_on: list[Path], arguments: dict[str, int]) -> None:
    """Write our models, and the estimators for the peer."""
    stores = [open_store(path) for path in train_on]
    estimators: dict[str, dict[str, Any]] = {}
    for tel_type in stores[0].tel_types("telescopes"):
        for task, (each, model) in Training(stores, tel_type, arguments).all().items():
            estimators.setdefault(task, {})[tel_type] = each
            save_model(folder / "models", model, overwrite=True)
    content = {
        "estimators": estimators,
        "quality": QUALITY,
        "made": MADE,
        "features": {t: list(IMAGE) + [ENERGY] * (t == "particle") for t in estimators},
    }
    joblib.dump(content, folder / "estimators.joblib")


def compare(ours: Path, theirs: Path) -> dict[str, float]:
    """Return the largest and typical difference of each prediction."""
    with np.load(theirs) as arrays:
        peer = pl.DataFrame({name: arrays[name] for name in arrays.files})
    keys = ["obs_id", "event_id"]
    peer = peer.cast(dict.fromkeys(keys, pl.Int64))
    events = pl.from_arrow(open_store(ours).read("events"))
    assert isinstance(events, pl.DataFrame)
    both = events.join(peer, on=keys, how="inner", suffix="_peer")
    found: dict[str, float] = {"events": both.height}
    for name in peer.columns[2:]:
        first, second = both[name].to_numpy(), both[f"{name}_peer"].to_numpy()
        there = np.isfinite(first) & np.isfinite(second)
        found[f"{name}: in both"] = int(there.sum())
        found[f"{name}: in one"] = int(
            (np.isfinite(first) != np.isfinite(second)).sum()
        )
        away = np.abs(first - second)[there]
        if name.endswith("az"):
            away = np.minimum(away, 360 - away)
        found[f"{name}: median difference"] = float(np.median(away))
        found[f"{name}: equal to 1e-6"] = float(np.mean(away < 1e-6))
    return found


def main() -> None:
    """Train, apply in turn, compare, and print it as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--train", type=Path, nargs=2, required=True)
    parser.add_argument("--dl2", type=Path, required=True)
    parser.add_argument("--peer-dl2", type=Path, required=True)
    parser.add_argument("--peer", type=Path, required=True)
    parser.add_argument("--trees", type=int, default=100)
    parser.add_argument("--depth", type=int, default=15)
    parser.add_argument("--repeats", type=int, default=3)
    args = parser.parse_args()
    args.dl2, args.peer_dl2 = args.dl2.absolute(), args.peer_dl2.absolute()
    args.peer = args.peer.absolute()
    folder = args.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    arguments = {"n_estimators": args.trees, "max_depth": args.depth}
    train(folder, args.train, arguments)
    wrapper = [
        str(args.peer / "python"),
        str(Path(__file__).absolute().with_name("peer_models.py")),
    ]
    files = [folder / "estimators.joblib", args.peer_dl2, folder]
    # It writes a log of its own where it is started.
    subprocess.run([*wrapper, "wrap", *map(str, files)], check=True, cwd=folder)

    core = pin_to_one_core()
    code = "from cta_columnar.cli.main import main; main()"
    ours = [sys.executable, "-c", code, "run", "stage3", "--workers", "1"]
    ours += ["--input", str(args.dl2), "--models", str(folder / "models")]
    ours += ["--output", str(folder / "ours"), "--overwrite"]
    ours += ["--set", "trained_on=keep"]
    theirs = [str(args.peer / "ctapipe-apply-models"), "--input", str(args.peer_dl2)]
    theirs += ["--output", str(folder / "theirs.h5"), "--overwrite"]
    for name in ("energy", "particle", "disp"):
        theirs += ["--reconstructor", str(folder / f"{name}.pkl")]
    # Where the modules are that this process has, installed or not.
    place = {"PYTHONPATH": str(Path(__file__).parents[1])}
    taken = alternate(
        {
            "ours": lambda: run(ours, extra=place, log=folder / "ours.log"),
            "ctapipe": lambda: run(theirs, cwd=folder, log=folder / "theirs.log"),
        },
        args.repeats,
    )
    paths = [str(folder / "theirs.h5"), str(folder / "theirs.npz")]
    subprocess.run([*wrapper, "table", *paths], check=True, cwd=folder)
    usage = {name: median(each) for name, each in taken.items()}
    facts = {
        "core": core,
        "arguments": arguments,
        "cpu_s": {name: each.cpu_s for name, each in usage.items()},
        "ratio": usage["ctapipe"].cpu_s / usage["ours"].cpu_s,
        "agreement": compare(folder / "ours", folder / "theirs.npz"),
    }
    print(json.dumps(facts, indent=1))


if __name__ == "__main__":
    main()
