"""``ctacol info`` and ``ctacol validate``."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from store.toy_run import LST, SST, random_batch, run, toy_subarray, write_input
from toy_dl2 import save_toy_models
from toy_predictions import toy_model
from toy_training import ONLY_ENERGY, SMALL, merged, toy_dataset

import cta_columnar
from cta_columnar.cli.raw_contents import describe_raw
from cta_columnar.schemas import dl1, simulation
from cta_columnar.schemas.event_types import EventType
from cta_columnar.sources.base import BadInputError, EventBatch
from cta_columnar.store import TrainingShare, save_model, save_training_share


@pytest.fixture
def dataset(tmp_path):
    inputs = [write_input(tmp_path / f"{obs}.raw", obs, 3) for obs in (1, 2)]
    run(tmp_path / "dl1", inputs)
    return tmp_path / "dl1"


def test_dataset_in_words(ctacol, dataset):
    lines = ctacol("info", dataset).out.splitlines()
    assert lines[0] == f"{dataset}: stage1 dataset"
    assert "  shards         2" in lines
    assert "  configuration  config-a" in lines
    assert "  showers             6 rows" in lines
    position = lines.index("  parameters         12 rows")
    assert lines[position + 1].split() == ["6", LST]
    assert lines[position + 2].split() == ["6", *SST.split()]
    assert "array 'toy': 2 telescopes" in lines
    telescope = next(line for line in lines if line.startswith(f"  {LST} "))
    assert "7 pixels  2 gains  40 samples  f = 28.00 m, effective 29.30 m" in telescope
    assert lines[-3] == "inputs:"
    assert lines[-1].startswith(f"  {dataset.parent / '2.raw'}")
    assert not any(line.startswith("  subarray/") for line in lines)


def test_unfinished_dataset_says_so(ctacol, dataset):
    (dataset / "_commits").mkdir()
    assert "NOT FINISHED: run again with --resume" in ctacol("info", dataset).out


def test_folder_of_raw_files_and_datasets(ctacol, dataset):
    folder = dataset.parent
    assert ctacol("info", folder).out.splitlines() == [
        f"{folder}: a folder with 1 dataset",
        "datasets:",
        "  dl1",
        f"what is in one: ctacol info {dataset}",
    ]
    (folder / "raw").mkdir()
    for number in range(22):
        (folder / "raw" / f"run{number:02}.simtel.zst").write_bytes(b"x" * 500)
    lines = ctacol("info", folder / "raw").out.splitlines()
    assert lines[:3] == [
        f"{folder / 'raw'}: a folder with 22 raw files",
        "raw files, 11.0 kB:",
        "  run00.simtel.zst  500 B",
    ]
    assert lines[-3:] == [
        "  and 2 more",
        f"what is in one: ctacol info {folder / 'raw' / 'run00.simtel.zst'}",
        f"to process all: ctacol run stage1 --input {folder / 'raw'} --output dl1",
    ]


def test_models_in_words(ctacol, tmp_path):
    models = save_toy_models(tmp_path / "models", tasks=("energy", "disp_sign"))
    told = ctacol("info", models, width=100).out.splitlines()
    assert told[0] == f"{models}: trained models"
    assert told[1].split()[:2] == ["disp_sign", "LST_LST_LSTCam"]
    assert "MST_MST_NectarCam  RandomForestRegressor  3 features  60 images" in told[4]
    assert len(told) == 5
    save_training_share(models, TrainingShare(3, 0.25, ((1, "a"), (1, "b"))))
    told = ctacol("info", models).out.splitlines()
    assert told[-1] == "trained on 25 % of the showers of 2 runs, seed 3"


def test_a_model_of_another_training_is_told(ctacol, tmp_path):
    models = save_toy_models(tmp_path / "models", tasks=("energy",))
    save_training_share(models, TrainingShare(3, 0.25, ()))
    save_model(models, toy_model("disp_sign"))
    for verb in ("info", "validate"):
        told = ctacol(verb, models)
        assert told.status == 1
        assert "disp_sign/tel_type=LST_LST_LSTCam/model.json is not a file" in told.err
    (models / "training.json").unlink()
    assert "training.json: [Errno 2]" in ctacol("validate", models).err


def test_folder_of_nothing_that_we_know(ctacol, tmp_path):
    told = ctacol("info", tmp_path)
    assert told.status == 1
    assert "holds neither a dataset nor a raw file (*.simtel, " in told.err


def test_validate(ctacol, dataset):
    assert ctacol("validate", dataset).out == f"{dataset}: all is well\n"
    next(dataset.glob("showers/*.parquet")).write_bytes(b"PAR1")
    broken = ctacol("validate", dataset)
    assert broken.status == 1
    assert broken.err.startswith("error: showers/part-")


class FakeSource:
    def __init__(self, path, error=None):
        path.write_bytes(bytes(1500))
        rng = np.random.default_rng(0)
        self.path, self._error = Path(path), error
        self.subarray = toy_subarray()
        self.warnings = ["3 telescopes are strange"]
        self.runs = random_batch(simulation.RUNS, 1, rng, obs_id=7)
        self._trigger = random_batch(dl1.TRIGGER, 3, rng)
        self._showers = random_batch(
            simulation.SHOWERS, 3, rng, true_shower_primary_id=101
        )

    def batches(self):
        telescopes = {LST: SimpleNamespace(num_rows=5)}
        yield EventBatch(
            EventType.SUBARRAY, self._trigger, self._showers, telescopes, {}
        )
        yield EventBatch(
            EventType.PEDESTAL, self._trigger, self._showers.slice(0, 0), {}, {}
        )
        if self._error:
            raise self._error


def test_raw_file_in_words(tmp_path):
    lines = list(describe_raw(FakeSource(tmp_path / "raw"), count=True))
    assert lines[0] == f"{tmp_path / 'raw'}: raw data, FakeSource, 1.5 kB"
    assert lines[1] == "array 'toy': 2 telescopes"
    assert "run 7:" in lines
    assert lines[-7:] == [
        "warning: 3 telescopes are strange",
        "array events:",
        "  pedestal (calibration)  3",
        "  showers                 3",
        "    of proton             3",
        "telescope events:",
        f"  {LST}  5",
    ]


def test_damage_is_told_after_what_could_be_read(tmp_path):
    error = BadInputError("raw", 99, "ends in a block", 3)
    lines = []
    with pytest.raises(BadInputError):
        lines.extend(describe_raw(FakeSource(tmp_path / "raw", error), count=True))
    assert lines[-1] == f"  {LST}  5"


def test_large_files_are_not_counted(tmp_path):
    lines = list(describe_raw(FakeSource(tmp_path / "raw"), count=False))
    assert lines[-1] == "events: not counted, see --count"


def test_telescopes_that_nothing_describes_are_told(ctacol, shared, tmp_path):
    raw = shared / "data" / "simtel" / "test_camorganv2.simtel.gz"
    warning = (
        f"warning: {raw}: 48 of the 125 telescopes of run 100 are not described, "
        "so they cannot be read: 78-125"
    )
    assert warning in ctacol("info", raw).out.splitlines()
    assert warning in ctacol("info", "--no-count", raw).out.splitlines()
    words = ["run", "stage1", "-i", raw, "-o", tmp_path / "dl1", "--workers", 1]
    done = ctacol(*words, "--focal-length-choice", "equivalent")
    assert done.status == 0
    assert warning in done.out.splitlines()


def test_models_of_a_training_in_words(ctacol, tmp_path):
    root = tmp_path / "models"
    toy = toy_dataset(tmp_path / "dl2")
    how = merged(SMALL, ONLY_ENERGY)
    cta_columnar.run("train", input=toy, output=root, workers=1, **how)
    told = ctacol("info", root, width=100).out
    assert "trained on 100 % of the showers of 1 run, seed 1" in told
    _, _, figures = told.partition("on events that they have not seen")
    assert "resolution" in figures
    assert "+-" in figures
    _, _, features = figures.partition("most important features")
    assert features.splitlines()[1].split()[2] == "size,"
    checked = ctacol("validate", root)
    assert (checked.status, checked.out) == (0, f"{root}: all is well\n")
    (root / "importance.parquet").unlink()
    checked = ctacol("validate", root)
    assert checked.status == 1
    assert "importance.parquet: it is missing" in checked.err
    assert "Train them again" in checked.err
