"""Every reader of files of others, with files that are damaged in any way.

Each case is read in a process that has a limit of time and of memory. What is read has
all its rows; all else is an error of ours that names the file or the key. A reader that
meets a damage it does not know of must not be silent, slow, large or dead.
"""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from fuzz.every_reader import READERS

TESTS = Path(__file__).parents[1]
HAMMER = TESTS / "fuzz" / "hammer.py"
# In `make test`; and the rest, a thousand in all.
SAMPLE, ALL = 4, 1000
# For a few small files of a good dataset, none of which is larger than 100 kB.
MOST_GROWN = 256 << 20
# Those that share nearly all of what they run: one of them is in the sample.
ALIKE = {"simtel.gz", "weather.parquet", "train.yaml", "irf.yaml", "batch.yaml"}
ALIKE |= {"cluster.yaml", "fits index", "record", "simtel frames"}


def hammer(names, folder, first, last, timeout):
    """Read damaged files in another process; return what came of each."""
    words = [HAMMER, folder, first, last, *names]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path])}
    process = subprocess.Popen(
        [sys.executable, *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    watch = threading.Timer(timeout, process.kill)
    watch.start()
    out, err = process.communicate()
    watch.cancel()
    lines = [json.loads(line) for line in out.splitlines()]
    if process.returncode:
        last = lines[-1] if lines else "before the first case"
        pytest.fail(f"died ({process.returncode}): {last}\n{err[-3000:]}")
    return [line for line in lines if "verdict" in line]


def check(found, tally):
    for each in found:
        tally[each["name"], each["verdict"]] += 1
    bad = [each for each in found if each["verdict"] == "fault"]
    assert bad == []
    large = [each for each in found if each["grown"] > MOST_GROWN]
    assert large == []


def test_some_damage(tmp_path, tally):
    """In one process for all of them, which takes long to begin."""
    names = sorted(set(READERS) - ALIKE)
    found = hammer(names, tmp_path, 0, SAMPLE, 300)
    assert len(found) == SAMPLE * len(names)
    check(found, tally)


@pytest.mark.full
@pytest.mark.parametrize("name", sorted(READERS))
def test_much_damage(name, tmp_path, tally):
    found = hammer([name], tmp_path, 0, ALL, 1800)
    assert len(found) == ALL
    check(found, tally)
