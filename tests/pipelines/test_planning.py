"""Sharing out shards, the batch script, and signals: nothing is run."""

import signal
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cta_columnar.config import BatchConfig
from cta_columnar.errors import UserError
from cta_columnar.pipelines.planning.batch_script import script_of
from cta_columnar.pipelines.planning.plan import batch_of, share_out
from cta_columnar.pipelines.planning.plan_file import Plan, PlannedPiece
from cta_columnar.pipelines.running.stopping import (
    Stopped,
    stop_if_asked,
    stoppable,
    until_asked,
)
from cta_columnar.store import Identity


def pieces_of(*files):
    """Return shards of files: each a list of sizes."""
    return [
        PlannedPiece((f"/raw/{n}",), seq, size)
        for n, sizes in enumerate(files)
        for seq, size in enumerate(sizes)
    ]


SIZES = st.lists(st.integers(0, 10**12), min_size=1, max_size=4)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(SIZES, min_size=1, max_size=30), st.integers(1, 40))
def test_every_shard_is_in_one_element_of_about_equal_bytes(files, count):
    pieces = pieces_of(*files)
    elements = share_out(pieces, count)
    assert sorted(n for each in elements for n in each) == list(range(len(pieces)))
    assert all(elements)
    assert len(elements) <= count
    sizes = [max(piece.size, 1) for piece in pieces]
    loads = [sum(sizes[n] for n in each) for each in elements]
    # A group goes to who has least; it is a share or less, or a single shard.
    share = sum(sizes) / count
    assert max(loads) <= share + max(share, *sizes) + 1e-6 * share


def test_shards_of_a_file_stay_together_if_they_may():
    assert share_out(pieces_of([4, 4], [10], [4, 4]), 3) == ((2,), (0, 1), (3, 4))
    # Not if that were more than a share.
    assert len(share_out(pieces_of([8, 8], [1], [1]), 2)) == 2
    assert {len(e) for e in share_out(pieces_of([8, 8]), 2)} == {1}


def plan_of(output="/data/my dl1", count=1500):
    pieces = tuple(pieces_of(*[[1]] * count))
    identity = Identity("stage1", "config", "code")
    elements = tuple((n,) for n in range(count))
    return Plan(
        *(Path(output), "/home/me/it's", identity, (), {}, (), False, "", True, {}),
        *(pieces, elements),
    )


def test_the_script_asks_for_what_the_configuration_says(tmp_path):
    config = BatchConfig(
        queue="long",
        account="cta",
        wall_time=90,
        memory=1.5,
        workers=4,
        at_once=50,
        warn_before=60,
        scratch="$TMPDIR",
        prologue=("module load python",),
        directives=("--nice=100",),
    )
    plan = plan_of()
    text = script_of(plan, config, plan.output / "_plan", "stage1.sh")
    lines = text.splitlines()
    for option in (
        "--array=0-1499%50",
        "--partition=long",
        "--account=cta",
        "--time=90",
        "--mem=6000M",
        "--cpus-per-task=4",
        "--signal=B:USR1@60",
        "--nice=100",
        "--output=/data/my dl1/_plan/logs/%a.log",
    ):
        assert f"#SBATCH {option}" in lines
    assert lines.index("module load python") < lines.index(
        "cache=${NUMBA_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/cta_columnar}"
    )
    assert f"--plan {plan.digest} --workers 4 &" in text
    (tmp_path / "run.sh").write_text(text)
    subprocess.run(["bash", "-n", tmp_path / "run.sh"], check=True)


def test_the_script_runs_the_program_and_keeps_its_exit_status(tmp_path):
    program = tmp_path / "python"
    program.write_text('#!/bin/bash\necho "$@" "$NUMBA_CACHE_DIR"; exit 7\n')
    program.chmod(0o755)
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "kernel.nbc").touch()
    plan = plan_of(str(tmp_path / "my dl1"), 3)
    object.__setattr__(plan, "folder", str(tmp_path))
    config = BatchConfig(python=str(program), scratch=str(tmp_path))
    script = tmp_path / "run.sh"
    folder = plan.output / "_plan"
    script.write_text(script_of(plan, config, folder, script.name))
    environment = {"NUMBA_CACHE_DIR": str(tmp_path / "cache"), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(["bash", script, "2"], env=environment, check=False)
    assert done.returncode == 7
    assert (folder / "exit" / "2").read_text() == "7\n"
    log = (folder / "logs" / "2.log").read_text()
    assert f"run planned {plan.output} 2 --plan {plan.digest}" in log
    # A copy on the disk of the node, gone by now.
    assert "/compiled" in log
    assert not list(tmp_path.glob("ctacol-*"))


def test_an_array_has_no_more_elements_than_the_site_allows(tmp_path):
    file = tmp_path / "batch.yaml"
    file.write_text("stage: batch\nmax_elements: 20\nwall_time: 30\n")
    config = batch_of(file, {"wall_time": 60, "memory": None})
    assert (config.max_elements, config.wall_time, config.memory) == (20, 60, 2.5)
    with pytest.raises(UserError, match="max_element"):
        batch_of(None, {"max_element": 3})


def test_after_sigusr1_nothing_new_is_begun():
    done = []

    def work():
        for number in until_asked(range(5)):
            done.append(number)
            if number == 1:
                signal.raise_signal(signal.SIGUSR1)
        stop_if_asked()

    with pytest.raises(Stopped) as stopped, stoppable():
        work()
    assert done == [0, 1]
    assert stopped.value.status == 128 + signal.SIGUSR1
    # The next run knows nothing of it.
    assert list(until_asked(range(2))) == [0, 1]


def test_sigterm_stops_at_once_and_only_there():
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(Stopped, match="SIGTERM"), stoppable():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before
