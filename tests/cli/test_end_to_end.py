"""The commands of the first page of the help, on a real file."""

import os
import subprocess
import sys

import polars as pl
import pytest

RAW = "data/simtel/prod5_north_gamma_history75.simtel.zst"


@pytest.fixture
def raw(shared):
    return shared / RAW


def test_first_steps(ctacol, raw, tmp_path):
    dl1, dl2 = tmp_path / "dl1", tmp_path / "dl2"
    first = ctacol("run", "stage1", "--input", raw, "--output", dl1)
    assert first.status == 0, first.err
    assert "  telescope events" in first.out
    assert "survivors per cut:" in first.out
    assert "processor time per step:" in first.out
    second = ctacol("run", "stage2", "--input", dl1, "--output", dl2)
    assert second.status == 0, second.err
    events = pl.scan_parquet(dl2 / "events" / "*.parquet").select("^reco_.*$").collect()
    assert events.height == 1
    for path in (dl1, dl2):
        assert ctacol("validate", path).status == 0
    assert f"  {os.path.abspath(raw)}" in ctacol("info", dl1).out  # noqa: PTH100

    again = ctacol("run", "stage1", "--input", raw, "--output", dl1)
    assert again.status == 1
    assert "--resume" in again.err
    words = ("run", "stage1", "-i", raw, "-o", dl1, "--resume")
    planned = ctacol(*words, "--dry-run")
    assert "would do 0 of 1 shards" in planned.out
    resumed = ctacol(*words)
    assert "1 shard done before" in resumed.out
    other = ["--set", "cleaner.picture_threshold_pe=8"]
    mixed = ctacol(*words, *other)
    assert mixed.status == 1
    assert "config" in mixed.err


def test_info_of_a_raw_file(ctacol, raw):
    out = ctacol("info", raw).out
    assert "  LST_LST_LSTCam" in out
    assert "    of gamma  1\n" in out


def test_what_each_telescope_gets(ctacol, raw):
    words = ["config", "show", "stage1", "--for", raw]
    out = ctacol(*words, "--set", "extractor.tel_id=4.window_width=5").out
    assert "LST_LST_LSTCam: telescopes 1-3\n" in out
    assert "LST_LST_LSTCam: telescopes 4\n" in out
    assert "MST_MST_NectarCam: telescopes 5-19\n" in out
    assert out.count("window_width=5") == 1
    odd = ctacol(*words, "--set", "cleaner.*Flsh.picture_threshold_pe=5").out
    assert "warning: cleaner: *Flsh fits no telescope; types: LST_LST_LSTCam" in odd


def test_warmup(ctacol, raw):
    done = ctacol("warmup", raw)
    assert done.status == 0, done.err
    assert done.out.startswith("compiled: stage1 ")


# In a process of its own: others here may have compiled before.
COMPILED = """
import sys
from cta_columnar.pipelines.warmup import warm_up
from cta_columnar.kernels.muon_efficiency import muon_efficiency
from cta_columnar.kernels.muon_parameters import muon_parameters
from cta_columnar.kernels.muon_rings import muon_rings
warm_up(sys.argv[1])
for kernel in (muon_rings, muon_parameters, muon_efficiency):
    print(len(kernel.signatures))
"""


def test_warmup_compiles_the_search_for_muons(raw):
    """Though hardly any raw file holds one."""
    command = [sys.executable, "-c", COMPILED, str(raw)]
    environment = os.environ | {"NUMBA_DISABLE_JIT": "0"}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["1", "1", "1"]
