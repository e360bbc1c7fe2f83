"""``ctacol config``: shown files load again, and are the ones shipped."""

from itertools import pairwise
from pathlib import Path

import pytest

import cta_columnar.configs
from cta_columnar.config import digest
from cta_columnar.pipelines.settings import configure

SHIPPED = Path(cta_columnar.configs.__file__).parent


@pytest.mark.parametrize("stage", ["stage1", "stage2"])
def test_shipped_files_are_what_is_shown(ctacol, stage):
    shown = ctacol("config", "show", stage).out
    shipped = (SHIPPED / f"{stage}.yaml").read_text(encoding="utf-8")
    assert shipped == shown, f"ctacol config show {stage} > configs/{stage}.yaml"


@pytest.mark.parametrize("stage", ["stage1", "stage2"])
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
