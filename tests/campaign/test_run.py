"""What the campaign says of itself: what it cannot do, and what it never struck."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from campaign import disks, run
from campaign.processes import open_files
from campaign.rounds import Round
from cluster.slurm import NODES, Slurm

ROOT = Path(__file__).parents[2]


def write_program(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_a_kind_that_is_always_too_late_is_given_up_and_told(monkeypatch, capsys):
    def play(bench, kind, seed):
        return Round(kind, seed, struck=kind == "early")

    monkeypatch.setattr(run, "play", play)
    amounts = {"early": 2, "late": 1, "not drawn": 0}
    rounds = [each.to_plain() for each in run.campaign(None, amounts, "1")]
    drawn = [each["kind"] for each in rounds]
    assert drawn.count("early") == 2
    assert drawn.count("late") == len(drawn) - 2 == run.DRAWS_PER_KIND
    assert run.shortfall(rounds, amounts) == ["late"]
    assert capsys.readouterr().out == "missing: late: struck 0 times of 1\n"
    assert run.shortfall(rounds, {"early": 3}) == []
    assert "early: struck 2 times of 3" in capsys.readouterr().out


WITHOUT_DASK = """\
import sys
sys.modules |= dict.fromkeys(("dask", "dask_jobqueue", "distributed"))
from campaign.run import KILLS, possible
print(possible(KILLS, [kind for kind in KILLS if not kind.startswith("SLURM")]))
"""


def test_kinds_that_need_dask_are_left_out_without_it():
    path = f"{ROOT / 'tests'}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_DASK],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    *told, found = done.stdout.splitlines()
    assert found == "['worker process', 'the command']"
    assert len(told) == 3
    assert all("Dask" in each and "cta-columnar[dask]" in each for each in told)


def called(monkeypatch, tmp_path, *words):
    """Call the campaign; return its exit status, and what is left of its folder."""
    monkeypatch.setattr(sys, "argv", ["campaign", *words])
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return run.main(), list(tmp_path.glob("faults-*"))


@pytest.mark.parametrize("problems", [[], ["a part differs"]])
def test_datasets_of_rounds_that_went_wrong_stay(
    monkeypatch, tmp_path, capsys, problems
):
    def play(bench, kind, seed):
        (bench.folder / "round0").mkdir()
        return Round(kind, seed, struck=True, problems=problems)

    monkeypatch.setattr(run, "play", play)
    monkeypatch.setattr(run, "SHARED", tmp_path)
    words = ("--kills", "1", "--others", "0", "--kind", "worker process")
    status, left = called(monkeypatch, tmp_path, *words)
    assert status == bool(problems)
    assert len(left) == bool(problems)
    said = f"1 rounds went wrong; their datasets are below {tmp_path}"
    assert (said in capsys.readouterr().out) == bool(problems)


def test_without_raw_files_it_says_so(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(run, "SHARED", tmp_path / "nothing")
    with pytest.raises(SystemExit) as ended:
        called(monkeypatch, tmp_path, "--kills", "1", "--kind", "worker process")
    assert ended.value.code == 1
    assert "set CTACOL_SHARED to their folder" in capsys.readouterr().err
    assert called(monkeypatch, tmp_path, "--kills", "0", "--others", "0") == (0, [])


def test_disks_that_cannot_be_made_are_told(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert disks.why_not("disk full") == "there is no mount"
    assert disks.why_not("read error") == "there is no mkfs.ext4"
    write_program(tmp_path / "mount", "echo mount: permission denied. >&2; exit 32")
    write_program(tmp_path / "mkfs.ext4", "exit 0")
    write_program(tmp_path / "losetup", "echo losetup: no device >&2; exit 1")
    assert disks.why_not("disk full") == "mount: permission denied."
    assert disks.why_not("read error") == "losetup: no device"


def test_jobs_of_another_slurm_are_left_alone(tmp_path):
    confs = [str(tmp_path / each / "slurm.conf") for each in "ab"]
    jobs = [
        subprocess.Popen(
            ["cat"],
            env=os.environ | {"SLURMD_NODENAME": NODES[0], "SLURM_CONF": conf},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for conf in confs
    ]
    try:
        for job, conf in zip(jobs, confs, strict=True):
            # Its environment can be read a moment after it has begun.
            job.stdin.write(b"\n")
            job.stdin.flush()
            job.stdout.readline()
            slurm = Slurm({"SLURM_CONF": conf}, Path(conf).parent, {})
            assert slurm.processes_of(NODES[0]) == [job.pid]
            assert slurm.processes_of(NODES[1]) == []
    finally:
        for job in jobs:
            job.kill()
            job.communicate()


def test_open_files_of_a_process(tmp_path):
    path = tmp_path / "raw"
    with path.open("wb"):
        assert path in open_files(os.getpid())
    assert path not in open_files(os.getpid())


@pytest.mark.parametrize("target", ["test-cluster", "test-remote"])
@pytest.mark.parametrize(
    ("begun", "tests", "wanted"), [(0, 0, 0), (0, 1, 2), (75, 1, 0), (1, 0, 2)]
)
def test_only_a_plain_no_skips_tests_with_a_server(
    target, begun, tests, wanted, tmp_path
):
    write_program(tmp_path / "python", f"exit {begun}")
    write_program(tmp_path / "pytest", f"exit {tests}")
    ready = tmp_path / "ready"
    ready.touch()
    words = ["make", f"BIN={tmp_path}", f"READY={ready}", f"--old-file={ready}", target]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == wanted, done.stderr
