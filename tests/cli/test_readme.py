"""What the README shows is what works."""

import re
import shlex
import struct
from pathlib import Path

import numpy as np
import pytest
from reference.blocks import read_whole
from reference.simtel_blocks import rewrite
from reference.simtel_files import find

from cta_columnar import open_store
from cta_columnar.kernels.simtel.block_types import (
    MC_RUN_STATISTICS,
    RUN_HEADER,
    RUN_STATISTICS,
)
from cta_columnar.pipelines.running.settings import configure

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def section(title):
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def commands(text):
    """Commands of a section, as lists of words; lines may be continued."""
    joined = text.replace("\\\n", " ")
    return [
        shlex.split(line) for line in re.findall(r"^    (ctacol .*)$", joined, re.M)
    ]


@pytest.fixture
def two_runs(shared, tmp_path):
    """A small real file, and a copy of it under another run number."""

    def renumber(path, version, block_id, payload):
        if path == [RUN_HEADER]:
            return version, 77, struct.pack("<i", 77) + payload[4:]
        if path in ([RUN_STATISTICS], [MC_RUN_STATISTICS]):
            return version, 77, payload
        return payload

    content = read_whole(find(shared, "aux_traces_2029"))
    folder = tmp_path / "raw"
    folder.mkdir()
    (folder / "a.simtel").write_bytes(content)
    (folder / "b.simtel").write_bytes(rewrite(content, renumber))
    return folder


def test_own_algorithm(ctacol, two_runs, tmp_path, monkeypatch):
    text = section("Your own algorithm")
    code = re.search(r"```python\n(# brightest\.py\n.*?)```", text, re.S)[1]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "brightest.py").write_text(code)
    (words,) = commands(text)
    words = [str(two_runs) if w == "run.simtel.zst" else w for w in words[1:]]
    done = ctacol(*words, "--workers", 2)
    assert done.status == 0, done.err
    store = open_store(tmp_path / "dl1")
    assert len(store.records) == 2
    rows = store.scan("parameters").collect()
    assert set(rows["obs_id"]) >= {77}
    fraction = rows["brightest_fraction"].to_numpy()
    has_any = rows["morphology_n_pixels"].to_numpy() > 0
    np.testing.assert_array_equal(np.isnan(fraction), ~has_any)
    assert has_any.any()
    assert (fraction[has_any] > 0).all()
    assert (fraction[has_any] <= 1).all()
    after = ctacol("run", "stage2", "-i", tmp_path / "dl1", "-o", tmp_path / "dl2")
    assert after.status == 0, after.err


def test_settings_are_accepted():
    (words,) = [w for w in commands(section("Configuration")) if "--set" in w]
    settings = [words[i + 1] for i, w in enumerate(words) if w == "--set"]
    assert configure("stage1", settings=settings) != configure("stage1")


def test_marks_for_the_figures_of_a_benchmark():
    text = section("Speed and memory")
    begin, end = (
        f"\n<!-- made by benchmarks.readme: {mark} -->\n" for mark in ("begin", "end")
    )
    assert 0 < text.index(begin) < text.index(end)
    assert README.count(begin) == README.count(end) == 1
