"""``ctacol config``: shown files load again, and are the ones shipped."""

import inspect
import re
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

import cta_columnar.configs
from cta_columnar.config import STAGES, AlgorithmChoice, digest
from cta_columnar.pipelines.running.settings import configure

SHIPPED = Path(cta_columnar.configs.__file__).parent


@pytest.mark.parametrize("stage", STAGES)
def test_shipped_files_are_what_is_shown(ctacol, stage):
    shown = ctacol("config", "show", stage).out
    shipped = (SHIPPED / f"{stage}.yaml").read_text(encoding="utf-8")
    assert shipped == shown, f"ctacol config show {stage} > configs/{stage}.yaml"


@pytest.mark.parametrize("stage", STAGES)
def test_what_is_shown_is_the_default(ctacol, stage, tmp_path):
    file = tmp_path / "my.yaml"
    file.write_text(ctacol("config", "show", stage).out)
    assert configure(stage, [file]) == configure(stage)
    checked = ctacol("config", "check", file)
    assert checked.status == 0
    assert checked.out == f"{file}: right for {stage}, digest {digest_of(stage)}\n"


def digest_of(stage):
    return digest(configure(stage))[:16]


def test_every_key_of_stage1_has_a_comment(ctacol):
    lines = ctacol("config", "show", "stage1").out.splitlines()
    bare = [
        line
        for before, line in pairwise(lines)
        if ":" in line and "#" not in line + before and not line.startswith("stage:")
    ]
    assert bare == []


def test_the_example_in_the_header_loads(ctacol, tmp_path):
    shown = ctacol("config", "show", "stage1").out
    header, _, _ = shown.partition("\nstage: stage1\n")
    _, _, example = header.partition("the last match wins:\n#\n")
    file = tmp_path / "my.yaml"
    file.write_text(example.replace("#   ", ""))
    config = configure("stage1", [file])
    assert config.gain_selector.resolve("MST_MST_FlashCam", 5).options == {
        "threshold": 3500
    }
    assert config.gain_selector.resolve("LST_LST_LSTCam", 4).name == (
        "ManualGainSelector"
    )
    (setting,) = re.findall(r"e\.g\. --set\s+(?:# )?(\S+)\.", header)
    assert ctacol("config", "show", "stage1", "--set", setting).status == 0


def test_examples_of_choices_name_what_is_there(tmp_path):
    lines = inspect.getdoc(AlgorithmChoice).partition("::\n")[2].partition("Attr")[0]
    text = inspect.cleandoc(lines)
    examples = re.split(r"\n(?=gain_selector)", text)
    assert len(examples) == 3
    for example in examples:
        file = tmp_path / "my.yaml"
        file.write_text(example)
        assert yaml.safe_load(example).keys() == {"gain_selector"}
        configure("stage1", [file])


def test_show_with_settings(ctacol, tmp_path):
    file = tmp_path / "my.yaml"
    file.write_text("source: {max_events: 5}")
    words = ["config", "show", "stage1", "--config", file]
    shown = ctacol(*words, "--set", "extractor.tel_id=4.window_width=5").out
    assert "  max_events: 5\n" in shown
    assert "  tel_id=4: {window_width: 5}\n" in shown


def test_check_wants_to_know_the_stage(ctacol, tmp_path):
    file = tmp_path / "my.yaml"
    file.write_text("source: {max_events: 5}")
    assert "which stage is this for?" in ctacol("config", "check", file).err
    assert ctacol("config", "check", file, "--stage", "stage1").status == 0
    wrong = ctacol("config", "check", file, "--stage", "stage2")
    assert f"error: {file}:1: source: no such key" in wrong.err


def test_algorithms_are_listed(ctacol):
    everything = ctacol("config", "algorithms").out
    assert "\nextractor:\n" in everything
    assert "window_width" not in everything
    extractors = ctacol("config", "algorithms", "extractor").out
    assert extractors.startswith("extractor:\n")
    assert "      window_width = 7 [sample]  length of the window; >= 1" in extractors
    # As in a configuration file, not as in Python.
    assert "      core_threshold = null [p.e.]" in extractors
    assert "      legacy_edges = false" in extractors
