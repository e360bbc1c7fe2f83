"""What a dry run prints is what there is to know before a run: warnings as well."""

import re
from pathlib import Path

import pytest
import yaml
from toy_dl2 import save_toy_models, toy_dl2
from toy_predictions import LST, MST
from toy_training import GAMMA, ONLY_ENERGY, PROTON, SMALL, merged, toy_dataset

from cta_columnar.cli.summary import to_text
from cta_columnar.pipelines.running.common import RunSummary


@pytest.fixture
def gammas(tmp_path):
    return toy_dataset(tmp_path / "gamma", primary=GAMMA)


@pytest.mark.parametrize("dry_run", [True, False])
def test_warnings_are_printed_once(dry_run):
    summary = RunSummary("stage2", Path("dl2"), warnings=["a lot is missing"])
    lines = to_text(summary, dry_run=dry_run).splitlines()
    assert lines.count("warning: a lot is missing") == 1


def test_a_training_says_what_it_reads_draws_and_holds(ctacol, gammas, tmp_path):
    path = tmp_path / "my.yaml"
    path.write_text(yaml.safe_dump(merged(SMALL, ONLY_ENERGY)))
    words = ("run", "train", "-i", gammas, "-o", tmp_path / "m", "--config", path)
    done = ctacol(*words, "--set", "max_rows=100", "--dry-run")
    assert done.status == 0
    assert "LST_Toy_Cam: " in done.err
    assert " gamma images" in done.err
    assert re.search(r"2 models, 8 fits, at most 3\d\d MB of memory", done.err)
    lines = done.out.splitlines()
    assert lines[0] == "train would do 2 of 2 models"
    (drawn,) = [each for each in lines if each.startswith("warning: max_rows 100: ")]
    assert "images of gamma are drawn" in drawn
    done = ctacol(*words, "--set", "min_rows=135", "--dry-run")
    assert "train would do 1 of 1 models" in done.out
    assert "warning: no model of energy: SST_Toy/Cam 2: 131 of gamma" in done.out
    assert not (tmp_path / "m").exists()


def test_a_training_of_classes_with_few_folds_is_told(ctacol, gammas, tmp_path):
    protons = toy_dataset(tmp_path / "proton", primary=PROTON)
    path = tmp_path / "my.yaml"
    path.write_text(yaml.safe_dump(SMALL))
    words = ["run", "train", "-i", gammas, protons, "-o", tmp_path / "m"]
    words += ["--config", path, "--dry-run"]
    printed = ctacol(*words).out
    (line,) = [each for each in printed.splitlines() if "folds 3" in each]
    assert line.startswith("warning: folds 3: where classes of events end")
    assert "of energy_error and direction_error will not be equal shares" in line
    assert "folds to 4 or more" in line
    assert "warning" not in ctacol(*words, "--set", "folds=4").out
    nothing = ("--set", "energy_error=null", "--set", "direction_error=null")
    assert "warning" not in ctacol(*words, *nothing).out


def test_stage_3_says_what_models_lack_and_read_otherwise(ctacol, tmp_path):
    dl2 = toy_dl2(tmp_path / "dl2")
    models = save_toy_models(
        tmp_path / "m", tel_types=[LST], tasks=("energy", "particle")
    )
    words = ["run", "stage3", "-i", dl2, "-m", models, "-o", tmp_path / "full"]
    words += ["--set", "trained_on=keep", "--set", "energy.weights=none", "--dry-run"]
    lines = ctacol(*words).out.splitlines()
    told = [each for each in lines if each.startswith("warning: ")]
    assert len(told) == 2
    assert told[0].startswith("warning: images are weighed by none in the energy of")
    assert told[1].startswith(f"warning: {MST} has no model for energy, particle")
    assert not (tmp_path / "full").exists()
