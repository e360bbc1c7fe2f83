"""Faults other than kills: disks, clocks, and files that somebody removes."""

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from campaign import disks
from campaign.bench import pick
from campaign.processes import children, open_files
from campaign.scene import Scene
from runs.commands import start

from cta_columnar.store import is_finished, open_store
from cta_columnar.store.commits import record_path

FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
STEPS_S = (-86_400, -3_600, 3_600, 86_400)
LOOK_TWICE = "import time as t; print(t.time(), flush=True); input(); print(t.time())"


@contextmanager
def full_disk(bench, rng):
    """Somebody fills the disk of the output; before going on there is room again."""
    output = bench.new_output(bench.small_disk)

    def strike():
        disks.fill(bench.small_disk)
        return True

    try:
        yield Scene.of(
            start("stage1", bench.raw, output, "--workers", 2),
            bench.raw,
            output,
            strike,
            mend=lambda: disks.empty(bench.small_disk),
        )
    finally:
        disks.empty(bench.small_disk)


@contextmanager
def read_error(bench, rng):
    """The disk of the raw files loses its end: EIO, until it is replaced."""
    disk, output = bench.failing_disk, bench.new_output()

    def strike():
        disk.cut()
        return True

    process = start("stage1", disk.files, output, "--workers", 2)
    try:
        yield Scene.of(process, disk.files, output, strike, mend=disk.mend)
    finally:
        disk.mend()


@contextmanager
def clock_step(bench, rng):
    """The clock jumps for all processes of the run, by an hour or a day, either way.

    The times of files are those of the system, as where the clock of a file server
    is another one.
    """
    output = bench.new_output()
    clock = output.parent / "clock"
    _set(clock, 0)
    process = start(
        "stage1",
        bench.raw,
        output,
        *("--workers", 2),
        **_under(clock),
    )

    def strike():
        _set(clock, rng.choice(STEPS_S))
        return True

    yield Scene.of(process, bench.raw, output, strike)


def _under(clock):
    """Return the environment of processes whose clock is set by a file."""
    return {
        "LD_PRELOAD": str(FAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
    }


def why_no_clock():
    """Say why the clock of a process cannot be made to jump; empty if it can."""
    if FAKETIME is None:
        return "there is no libfaketime (Debian: faketime)"
    with TemporaryDirectory() as folder:
        clock = Path(folder, "clock")
        _set(clock, 0)
        with subprocess.Popen(
            [sys.executable, "-c", LOOK_TWICE],
            env=os.environ | _under(clock),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as child:
            before = child.stdout.readline()
            _set(clock, max(STEPS_S))
            after, _ = child.communicate("\n")
    if child.returncode or float(after) - float(before) < max(STEPS_S) / 2:
        return f"{FAKETIME} has no effect on time.time()"
    return ""


def _set(clock, seconds):
    new = clock.with_suffix(".new")
    new.write_text(f"{seconds:+d}\n")
    new.replace(clock)


@contextmanager
def input_removed(bench, rng):
    """A raw file that nobody has read yet is taken away, and comes back."""
    output = bench.new_output()
    aside = {}

    def strike():
        done = {
            Path(each.real_path).name
            for record in open_store(output).records
            for each in record.shard.inputs
        }
        # Who has a file open reads it to its end, wherever it is.
        taken = {
            path.name
            for pid in (process.pid, *children(process.pid))
            for path in open_files(pid)
        }
        there = [each for each in bench.raw if each.name not in done | taken]
        path = pick(rng, there)
        if path is None:
            return False
        aside[path] = path.rename(output.parent / path.name)
        return True

    def mend():
        while aside:
            path, where = aside.popitem()
            where.rename(path)

    process = start("stage1", bench.raw, output, "--workers", 2)
    try:
        yield Scene.of(process, bench.raw, output, strike, mend=mend)
    finally:
        mend()


@contextmanager
def part_removed(bench, rng):
    """A part that is committed is removed."""
    with _where_a_file_goes(bench, rng, _a_part) as scene:
        yield scene


@contextmanager
def record_removed(bench, rng):
    """The record of a shard is removed."""
    with _where_a_file_goes(bench, rng, _a_record) as scene:
        yield scene


@contextmanager
def draft_removed(bench, rng):
    """A file that is being written is removed."""
    with _where_a_file_goes(bench, rng, _a_draft) as scene:
        yield scene


@contextmanager
def _where_a_file_goes(bench, rng, choose):
    output = bench.new_output()

    def strike():
        key, path = choose(output, rng)
        if path is None:
            return False
        if key:
            bench.reader.bear_loss_of(key)
        if is_finished(output):
            return False
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        return True

    process = start("stage1", bench.raw, output, "--workers", 2)
    yield Scene.of(process, bench.raw, output, strike)


def _a_part(output, rng):
    parts = [
        (part.path, record.key)
        for record in open_store(output).records
        for part in record.parts
    ]
    path, key = pick(rng, parts) or ("", "")
    return key, (output / path if path else None)


def _a_record(output, rng):
    key = pick(rng, [record.key for record in open_store(output).records])
    return key, (record_path(output, key) if key else None)


def _a_draft(output, rng):
    drafts = [
        Path(folder, name)
        for folder, _, names in os.walk(output / "_tmp")
        for name in names
        if name.endswith(".parquet")
    ]
    return "", pick(rng, drafts)


OTHERS = {
    "disk full": full_disk,
    "read error": read_error,
    "clock step": clock_step,
    "input removed": input_removed,
    "part removed": part_removed,
    "record removed": record_removed,
    "draft removed": draft_removed,
}
# No run can do without what these take: one that ends well had it already.
FATAL = {"read error", "input removed"}
# These need a record that is there.
AFTER_THE_FIRST = {"part removed", "record removed"}
