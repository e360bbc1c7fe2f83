"""Sharing out shards, the batch script, and signals: nothing is run."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cta_columnar.config import BatchConfig
from cta_columnar.errors import UserError
from cta_columnar.pipelines.planning.batch_script import script_of
from cta_columnar.pipelines.planning.plan import batch_of, share_out
from cta_columnar.pipelines.planning.plan_data import Plan, PlannedPiece
from cta_columnar.pipelines.running.stopping import (
    Stopped,
    may_begin,
    stop_if_asked,
    stoppable,
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
        *(Path(output), "/home/me/it's", identity, (), {}, {}, False, "", True, {}),
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
        '"--output=/data/my dl1/_plan/logs/%a.log"',
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


def script_in(folder, program, **keys):
    """Write the script of a plan below a folder that shells take apart, if they can."""
    program = write_program(folder / "python", program)
    plan = plan_of(str(folder / 'it\'s "my" $(dl1) #1 100%' / "dl1"), 3)
    object.__setattr__(plan, "folder", str(folder))
    script = folder / "my run.sh"
    config = BatchConfig(python=str(program), **keys)
    script.write_text(script_of(plan, config, plan.output / "_plan", script.name))
    return plan, script


def write_program(path, text):
    path.write_text("#!/bin/bash\n" + text)
    path.chmod(0o755)
    return path


def test_any_path_may_stand_in_it(tmp_path):
    folder = tmp_path / "a b"
    folder.mkdir()
    plan, script = script_in(
        folder, 'printf "%s\\n" "$@" "$TMPDIR"', scratch="$MY_DISK", queue="a b"
    )
    object.__setattr__(plan, "plugins", {"/my algorithms/it's.py": "digest"})
    config = BatchConfig(python=str(folder / "python"), scratch="$MY_DISK", queue="a b")
    text = script_of(plan, config, plan.output / "_plan", script.name)
    script.write_text(text)
    lines = text.splitlines()
    assert '#SBATCH "--partition=a b"' in lines
    (told,) = (each for each in lines if "--output=" in each)
    # As sbatch takes it: a backslash keeps what follows, in quotes, too.
    logs = f"{plan.output}/_plan/logs".replace('"', '\\"').replace("%", "%%")
    assert told == f'#SBATCH "--output={logs}/%a.log"'
    environment = {"PATH": "/usr/bin:/bin", "MY_DISK": str(folder)}
    done = subprocess.run(["bash", script, "2"], env=environment, check=False)
    assert done.returncode == 0
    log = (plan.output / "_plan" / "logs" / "2.log").read_text().splitlines()
    assert str(plan.output) in log
    assert log[log.index("--plugin") + 1] == "/my algorithms/it's.py"
    assert log[-1].startswith(f"{folder}/ctacol-")
    object.__setattr__(plan, "folder", "/home\nrm -rf /")
    with pytest.raises(UserError, match="cannot stand in a batch script"):
        script_of(plan, config, plan.output / "_plan", script.name)


@pytest.mark.parametrize("element", ["../../x", "abc", "-1", "3", "02", "9" * 30])
def test_the_script_does_no_element_that_there_is_not(tmp_path, element):
    """Logs and exit statuses are named by it, and would lie anywhere."""
    plan, script = script_in(tmp_path, "exit 0")
    done = subprocess.run(
        ["bash", script, element],
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == f"{element} is no element of the plan: they are 0 to 2\n"
    assert not plan.output.exists()


def test_the_script_writes_through_no_link(tmp_path):
    plan, script = script_in(tmp_path, "echo begun; exit 7")
    (tmp_path / "profile").write_text("mine")
    paths = [plan.output / "_plan" / name for name in ("logs/2.log", "exit/2")]
    for path in paths:
        path.parent.mkdir(parents=True)
        path.symlink_to(tmp_path / "profile")
    done = subprocess.run(
        ["bash", script, "2"], env={"PATH": "/usr/bin:/bin"}, check=False
    )
    assert done.returncode == 7
    assert "begun\n" in paths[0].read_text()
    assert paths[1].read_text() == "7\n"
    assert (tmp_path / "profile").read_text() == "mine"


@pytest.mark.parametrize("name", ["", "logs", "exit"])
def test_the_script_writes_into_no_linked_folder(tmp_path, name):
    plan, script = script_in(tmp_path, "echo begun")
    home, link = tmp_path / "home", plan.output / "_plan" / name
    home.mkdir()
    link.parent.mkdir(parents=True)
    link.symlink_to(home)
    done = subprocess.run(
        ["bash", script, "2"],
        env={"PATH": "/usr/bin:/bin"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert f"{link} is a symbolic link".replace("_plan/ ", "_plan ") in done.stderr
    assert not list(home.iterdir())


# Tells that it has begun, takes its time to obey, and says so by its status.
OBEYS = """
trap 'sleep 0.2; exit 38' USR1
trap 'sleep 0.2; exit 43' TERM
echo begun
for n in $(seq 600); do sleep 0.05; done
"""


@pytest.mark.parametrize(("number", "status"), [(10, 38), (15, 43)])
def test_signals_reach_the_program_and_its_answer_is_waited_for(
    tmp_path, number, status
):
    plan, script = script_in(tmp_path, OBEYS, scratch=str(tmp_path))
    log = plan.output / "_plan" / "logs" / "0.log"
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    job = subprocess.Popen(["bash", script, "0"], env=environment)
    wait_until(lambda: log.exists() and "begun" in log.read_text())
    job.send_signal(number)
    # Batch systems say it more than once.
    job.send_signal(number)
    assert job.wait(20) == status
    assert (plan.output / "_plan" / "exit" / "0").read_text() == f"{status}\n"
    assert not list(tmp_path.glob("ctacol-*"))


def test_a_signal_before_the_program_has_begun(tmp_path):
    begun = tmp_path / "begun"
    slow = (f"touch '{begun}'; sleep 0.5",)
    plan, script = script_in(tmp_path, "echo program", prologue=slow)
    job = subprocess.Popen(["bash", script, "0"])
    wait_until(begun.exists)
    job.send_signal(signal.SIGUSR1)
    assert job.wait(20) == 128 + signal.SIGUSR1
    log = plan.output / "_plan" / "logs" / "0.log"
    assert "program" not in log.read_text()
    assert (plan.output / "_plan" / "exit" / "0").read_text() == "138\n"


def wait_until(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


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
        for number in range(5):
            if not may_begin():
                break
            done.append(number)
            if number == 1:
                signal.raise_signal(signal.SIGUSR1)
        stop_if_asked()

    with pytest.raises(Stopped) as stopped, stoppable():
        work()
    assert done == [0, 1]
    assert stopped.value.status == 128 + signal.SIGUSR1
    # The next run knows nothing of it.
    assert may_begin()


def test_sigterm_stops_at_once_and_only_there():
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(Stopped, match="SIGTERM"), stoppable():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before
