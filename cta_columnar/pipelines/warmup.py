"""Compile what the default stages and the search for muons use, by running them."""

import time
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from cta_columnar.kernels._jit import CACHE_FOLDER
from cta_columnar.models import (
    NODE,
    Description,
    EstimatorRecord,
    Feature,
    Forest,
    Model,
    Target,
    TrainingRecord,
)
from cta_columnar.pipelines.run import run
from cta_columnar.store import open_store, save_model

# A few events, so that some of them pass all cuts and reach the last kernel.
N_EVENTS = 10
# Any image is good enough to compile for; the light of few is fitted, which takes time.
RINGS = {"name": "MuonProcessor", "pixels_above": 2, "charge_above": 0.0}


def warm_up(raw: Path) -> tuple[dict[str, float], Path]:
    """Process the first events of a raw file into nothing.

    Compiled kernels stay on the disk; all later processes load them from there.

    Parameters
    ----------
    raw : pathlib.Path
        Any raw file: its content does not matter, its telescopes hardly.

    Returns
    -------
    seconds : dict of str to float
        Time that each stage took.
    folder : pathlib.Path
        Where the compiled kernels lie.

    Raises
    ------
    UserError
        If the file cannot be read.
    """
    seconds = {}
    with TemporaryDirectory(prefix="ctacol-warmup-") as folder:
        dl1, dl2, dl3, models = (
            Path(folder) / name for name in ("dl1", "dl2", "dl3", "models")
        )
        begin = time.perf_counter()
        run(
            "stage1",
            input=raw,
            output=dl1,
            workers=1,
            max_events=N_EVENTS,
            # Known in every file, unlike the effective one.
            focal_length_choice="EQUIVALENT",
            skip_calibration_events=False,
            muons=RINGS,
        )
        middle = time.perf_counter()
        run("stage2", input=dl1, output=dl2, workers=1)
        late = time.perf_counter()
        for each in _models(open_store(dl2).tel_types("telescopes")):
            save_model(models, each)
        run(
            "stage3",
            input=dl2,
            output=dl3,
            workers=1,
            models=models,
            # They know nothing of any event.
            trained_on="keep",
        )
        seconds = {"stage1": middle - begin, "stage2": late - middle}
        seconds["stage3"] = time.perf_counter() - late
    return seconds, CACHE_FOLDER


def _models(tel_types: Iterable[str]) -> Iterator[Model]:
    """Make models of a single leaf each: what they say does not matter."""
    leaf = np.zeros(1, NODE)
    leaf["is_leaf"] = True
    record = EstimatorRecord("Leaf", {}, 0, "")
    feature = Feature("intensity", "hillas_intensity", "p.e.")
    tasks = (
        ("energy", Target("true_energy", "TeV"), ()),
        ("disp_norm", Target("true_disp", "deg"), ()),
        ("disp_sign", Target("true_disp"), ("negative", "positive")),
    )
    for tel_type, (task, target, classes) in product(tel_types, tasks):
        n_outputs = max(len(classes), 1)
        value = np.full((1, n_outputs), 1 / n_outputs)
        start, output = np.array([0, 1]), np.zeros(1, np.int32)
        forest = Forest(leaf, start, value, output, np.zeros(n_outputs), 1.0, 1, True)
        yield Model(
            Description(
                task,
                tel_type,
                target,
                classes,
                (feature,),
                {"hillas_intensity": "p.e."},
                "identity",
                accepts_nan=False,
                estimator=record,
                training=TrainingRecord({}, "", 0, 0, ""),
            ),
            forest,
        )
