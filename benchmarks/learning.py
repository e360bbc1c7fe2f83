"""Our models beside ctapipe's: the same events, features and estimators.

    python -m benchmarks.learning [--folder .bench/learning] [--programs PEER/bin]
                                  [--gamma DL2 ...] [--proton DL2 ...] [...]

Simulates diffuse gammas, protons, gammas of a point source and electrons of CTAO-North
(unless datasets of stage 2 are given), trains on half of the first two by `ctacol run
train` and by ctapipe's `EnergyRegressor`, `ParticleClassifier` and `DispReconstructor`,
and applies both to all other events. Tables go into docs/performance.md, pictures
beside it.
"""

import argparse
import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import polars as pl

import cta_columnar
from benchmarks import ours, peer
from benchmarks.learning_rows import write_rows
from benchmarks.learning_tables import compare
from benchmarks.page import put_between
from cta_columnar.config import TrainConfig
from cta_columnar.pipelines.running.settings import configure

_GAMMA = {"n_showers": 5000, "reuse": 10, "energy": (0.03, 50.0), "index": -1.8}
PRODUCTION: Mapping[str, Mapping[str, Any]] = {
    "gamma": _GAMMA | {"viewcone": 5.0},
    "proton": {
        "n_showers": 6000,
        "reuse": 20,
        "energy": (0.1, 100.0),
        "index": -2.0,
        "viewcone": 6.0,
    },
    "point": _GAMMA | {"viewcone": 0.0},
    "electron": _GAMMA | {"viewcone": 5.0, "n_showers": 4000, "index": -2.0},
}
RUNS = {
    "gamma": range(1, 9),
    "proton": range(101, 105),
    "point": range(201, 202),
    "electron": range(301, 302),
}
Datasets = Mapping[str, Sequence[Path]]
TRAINED = ("gamma", "proton")
COMMON = {"scatter_radius": 900.0, "zenith": 20.0, "azimuth": 180.0}
# Rows count as they are: ctapipe's estimators get no weights.
SETTINGS = (
    "particle.signal_fraction=null",
    *(
        f"{section}=null"
        for section in (
            *("energy_uncert", "disp_uncert"),
            *("energy_error", "direction_error"),
        )
    ),
)


def produce(folder: Path, kind: str) -> list[Path]:
    """Simulate and reconstruct runs of one kind, as far as they are not there."""
    datasets = []
    for number in RUNS[kind]:
        name = f"{kind}{number}"
        raw, dl1, dl2 = (
            folder / f"{name}.{end}" for end in ("simtel.zst", "dl1", "dl2")
        )
        datasets.append(dl2)
        if (dl2 / "manifest.json").exists():
            continue
        settings: dict[str, Any] = {**PRODUCTION[kind], **COMMON}
        cta_columnar.run(
            "simulate",
            output=raw,
            particle="gamma" if kind == "point" else kind,
            runs=str(number),
            seed=number,
            overwrite=True,
            **settings,
        )
        cta_columnar.run(
            "stage1", input=raw, output=dl1, overwrite=True, set="write.images=none"
        )
        cta_columnar.run("stage2", input=dl1, output=dl2, overwrite=True)
        # Gigabytes each; the next stages do not read it.
        if datasets[0] != dl2:
            raw.unlink()
    return datasets


def train_and_apply(folder: Path, datasets: Datasets) -> pl.DataFrame:
    """Train our models, and return predictions for events they were not trained on."""
    models = folder / "models"
    inputs = [each for kind in TRAINED for each in datasets[kind]]
    cta_columnar.run("train", input=inputs, output=models, set=SETTINGS, overwrite=True)
    frames = []
    for kind, several in datasets.items():
        for dataset in several:
            output = folder / f"{dataset.stem}.dl2-full"
            cta_columnar.run(
                "stage3",
                input=dataset,
                output=output,
                models=str(models),
                trained_on="drop",
                overwrite=True,
            )
            events = pl.read_parquet(output / "events" / "*.parquet")
            frames.append(events.with_columns(kind=pl.lit(kind)))
    return pl.concat(frames, how="diagonal_relaxed")


def of_peer(folder: Path, programs: Path) -> pl.DataFrame:
    """Train and apply ctapipe's models to the rows in the folder."""
    script = Path(__file__).with_name("peer_learning.py")
    command = [f"{programs}/python", str(script), str(folder)]
    subprocess.run(command, check=True)
    with np.load(folder / "predicted.npz") as columns:
        return pl.DataFrame(dict(columns))


def main() -> None:
    """Compare, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(".bench/learning"))
    parser.add_argument("--programs", type=Path, help="default: made there")
    for kind in PRODUCTION:
        parser.add_argument(f"--{kind}", type=Path, nargs="*")
    parser.add_argument("--simtel", type=Path, help="any file of the same array")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    datasets = {k: getattr(given, k) or produce(given.folder, k) for k in PRODUCTION}
    simtel = given.simtel or next(given.folder.glob("*.simtel.zst"))
    config = cast("TrainConfig", configure("train", settings=SETTINGS))
    events = train_and_apply(given.folder, datasets)
    plan = write_rows(given.folder, datasets, TRAINED, config)
    text = json.dumps(plan | {"simtel": str(simtel)}, indent=1)
    (given.folder / "plan.json").write_text(text)
    programs = given.programs or peer.environment(given.folder / "peer")
    theirs = of_peer(given.folder, programs)
    table = compare(events, theirs, ours.ROOT / "docs")
    put_between(ours.ROOT / "docs" / "performance.md", "benchmarks.learning", table)
    print(table)


if __name__ == "__main__":
    main()
