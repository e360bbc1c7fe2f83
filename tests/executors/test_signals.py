"""Signals that come while processes are begun: none is lost, none comes too early."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from cta_columnar.executors import LocalDask
from cta_columnar.executors.dask import clusters
from cta_columnar.executors.signals import not_warned, uninterrupted


@pytest.fixture
def heard():
    """Return the signals that this process gets."""
    got = []
    numbers = (signal.SIGUSR1, signal.SIGTERM)
    before = [signal.signal(n, lambda number, _: got.append(number)) for n in numbers]
    yield got
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def test_what_is_begun_meanwhile_does_not_get_sigusr1(heard):
    program = "import os, signal; os.kill(os.getpid(), signal.SIGUSR1); print('lives')"
    with not_warned():
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, check=False
        )
        os.kill(os.getpid(), signal.SIGUSR1)
    assert done.stdout == b"lives\n"
    assert heard == [signal.SIGUSR1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_waits(number, heard):
    ended = []

    def work():
        with uninterrupted():
            signal.raise_signal(number)
            ended.append(len(heard))

    if number == signal.SIGINT:
        with pytest.raises(KeyboardInterrupt):
            work()
    else:
        work()
        assert heard == [number]
    assert ended == [0]


def test_ctrl_c_is_what_it_was_where_batch_systems_are_known():
    """Importing dask_jobqueue makes it end the program with status 0."""
    program = (
        "import signal\n"
        "from cta_columnar.executors.dask import clusters\n"
        "clusters._cluster_class('slurm')\n"
        "assert signal.getsignal(signal.SIGINT) is signal.default_int_handler\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_other_threads_are_never_interrupted():
    done = []

    def work():
        with uninterrupted():
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done


def test_a_local_cluster_that_is_interrupted_while_it_begins_is_closed(monkeypatch):
    """By who began it: when the interpreter ends, Dask would do it by tracebacks."""
    made = []
    begin = clusters._local

    def interrupted(workers):
        signal.raise_signal(signal.SIGINT)
        made.append(begin(workers))
        return made[0]

    monkeypatch.setattr(clusters, "_local", interrupted)
    with pytest.raises(KeyboardInterrupt), clusters.connect(LocalDask(1)):
        pytest.fail("a cluster that nobody wants any more")
    assert made[0].status.name == "closed"
