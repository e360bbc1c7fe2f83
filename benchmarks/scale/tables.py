"""The tables of docs/scale.md."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.report import table
from benchmarks.scale import cases, rates
from benchmarks.scale.arrays import Batch
from benchmarks.scale.farm import Farm, drawn
from benchmarks.scale.scheduler import Scheduler
from benchmarks.scale.simulation import simulate
from benchmarks.scale.size import CTAO, Observatory, Shards, Way, ways

Measured = Mapping[str, Any]


def inputs() -> str:
    """Show what was assumed, and who says so."""
    given = json.loads(CTAO.read_text()).items()
    rows = [
        [name.replace("_", " "), f"{each['value']:g}", each["source"]]
        for name, each in given
    ]
    return table(["what", "value", "source"], rows)


def all_ways(root: Path) -> list[Way]:
    """Return all that was measured from the pages below ``root``."""
    found = rates.rates(root / "README.md")
    volumes = rates.volumes(root / "docs" / "dl0.md")
    return [way for several in ways(found, volumes) for way in several]


def size(root: Path) -> str:
    """Show cores, bytes and euros, for us and for ctapipe."""
    of = Observatory.read()
    rows = [
        [
            way.name,
            f"{way.us:.0f}",
            f"{way.live_cores(of):.0f}",
            f"{way.core_s(of) / 3600:,.0f}",
            f"{way.cores(of):.0f}",
            f"{way.euro(of):,.0f}",
            f"{way.petabytes(of):.1f}",
            f"{way.gb_s(of):.1f}",
            f"{way.mb_per_core_s:.0f}",
        ]
        for way in all_ways(root)
    ]
    head = [
        "to DL2, from",
        "us",
        "cores, live",
        "core hours a year",
        "cores, in 30 days",
    ]
    head += ["EUR", "PB read", "GB/s", "MB/s a core"]
    return table(head, rows)


def shards(root: Path, measured: Measured) -> str:
    """Show shards, files and calls by the size of a shard.

    Each shard is one of DL1 and one of DL2: a record and its parts in both. Calls are
    those of stage 2 on DL2 alone, as they were counted.
    """
    of = Observatory.read()
    way = all_ways(root)[1]
    real, dl2 = measured["shards"], measured["dl2"]
    both = real, dl2
    calls = sum(real["calls_per_shard"].values())
    finish = len(both) * real["records"][-1]["finish_ms"] * 1e-3
    rows = []
    for seconds in (1.0, 60.0, 180.0, 600.0):
        made = Shards(
            seconds,
            way.us * 1e-6 * of.telescope_events,
            way.cores(of) * of.busy,
            sum(each["parts_per_shard"] + 1 for each in both),
            sum(each["record_kb"] for each in both),
            calls,
        )
        each_gb = seconds / (way.us * 1e-6) * way.kb * 1e-6
        rows.append(
            [
                f"{seconds:g}",
                f"{each_gb:.2f}",
                f"{made.number / 1e6:,.2f}",
                f"{made.all_files / 1e6:,.1f}",
                f"{made.calls_hz:,.1f}",
                f"{made.calls_hz * 10_000 / made.cores:,.0f}",
                f"{made.number * finish / 3600:,.1f}",
                f"{made.number * made.record_kb / 1e6:,.1f}",
            ]
        )
    head = ["s of work", "GB raw each", "million shards", "million files"]
    head += ["calls/s of stage 2", "of stage 2, 10,000 cores"]
    head += ["hours to finish all", "GB of records"]
    return table(head, rows)


def costs(measured: Measured) -> str:
    """Show what was measured."""
    scheduler, real = measured["scheduler"], measured["shards"]
    rows = [
        ["shard of 256 MiB, stage 1: seconds of work", f"{real['cpu_s']:.2f}"],
        ["the same, wall time, scatter over mean", _scatter(real["seconds"])],
        ["read, decompressed; written, MB", _pair(real, "read_mb", "written_mb", 1)],
        [
            "parts of a shard of DL1; kB of its record",
            _pair(real, "parts_per_shard", "record_kb", 1),
        ],
        [
            "the same of DL2",
            _pair(measured["dl2"], "parts_per_shard", "record_kb", 1),
        ],
        ["calls of stage 2 on its output, a shard", _calls(real["calls_per_shard"])],
    ]
    for each in real["records"]:
        name = f"dataset of {each['records']}: to finish, to open, ms a record"
        rows.append([name, _pair(each, "finish_ms", "open_ms", 2)])
    rows += [
        ["memory of an open record, kB", f"{real['records'][-1]['open_kb']:.0f}"],
        ["a report of a task that runs, ms", f"{scheduler['report_ms']:.2f}"],
        [
            "a task of a local cluster of one worker, ms",
            f"{measured['local']['task_s'] * 1e3:.1f}",
        ],
        [
            "from a decision to the task, ms",
            f"{measured['local']['latency_s'] * 1e3:.1f}",
        ],
    ]
    for each in (*scheduler["tasks"], scheduler["flooded"]):
        name = (
            f"a task, {each['workers']} workers, {each['tasks_per_s']:.0f} a second, ms"
        )
        rows.append([name, f"{each['task_ms']:.2f}"])
    for each in scheduler["tasks"]:
        name = f"idle, {each['workers']} workers: part of a processor; MB"
        rows.append([name, f"{each['idle_share']:.1%}; {each['memory_mb']:.0f}"])
    return table(["what", "measured"], rows)


def machines(measured: Measured) -> str:
    """Show where and when each part was measured."""
    rows = [
        [name, *(each[key] for key in ("date", "processor", "load", "note"))]
        for name, each in measured["machine"].items()
    ]
    return table(["part", "date", "processor", "load", "besides"], rows)


def _scatter(seconds: list[float]) -> str:
    values = np.array(seconds)
    return f"{values.mean():.2f}, {values.std() / values.mean():.0%}"


def _pair(of: Mapping[str, float], one: str, other: str, digits: int) -> str:
    return f"{of[one]:.{digits}f}; {of[other]:.{digits}f}"


def _calls(calls: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {number:.0f}" for name, number in calls.items())


def feeding(measured: Measured) -> str:
    """Show how one scheduler feeds many workers."""
    shape = tuple(measured["shards"]["seconds"])
    rows = []
    for minutes in cases.MINUTES:
        for workers in cases.WORKERS:
            scheduler = cases.scheduler_of(measured, workers)
            fed = cases.feed(shape, scheduler, workers, minutes)
            rows.append(
                [
                    f"{minutes:g}",
                    f"{workers:,}",
                    f"{cases.busy(scheduler, workers, minutes):.0%}",
                    f"{fed.out.utilisation:.0%}",
                    f"{fed.out.mean_wait_s:.2f}",
                    f"{fed.lost:.1%}",
                    _every_second(scheduler, workers),
                ]
            )
    head = ["minutes a shard", "workers", "scheduler busy", "of the whole run"]
    head += ["s waited", "time lost"]
    return table([*head, "reports every second: background"], rows)


def _every_second(scheduler: Scheduler, workers: int) -> str:
    share = cases.every_second(scheduler).background(workers)
    return f"{share:.0%}" if share < 1 else "does not work"


def limits(measured: Measured) -> str:
    """Show how many workers one scheduler can have."""
    rows = [
        [f"{minutes:g}", f"{cases.most_workers(measured, minutes):,}"]
        for minutes in (1 / 60, 1 / 6, *cases.MINUTES)
    ]
    return table(["minutes a shard", "workers of one scheduler"], rows)


def troubles(measured: Measured, workers: int = 1000, minutes: float = 3.0) -> str:
    """Show what losses and stragglers cost."""
    shape = measured["shards"]["seconds"]
    scheduler = cases.scheduler_of(measured, workers)
    rows = []
    for name, trouble in {
        "none": {},
        "a worker lost every 100 hours": {"lost_per_hour": 0.01},
        "a worker lost every hour": {"lost_per_hour": 1.0},
        "1 % of the shards take 5 times as long": {"stragglers": 0.01, "slower": 5.0},
        "both of the last": {"lost_per_hour": 1.0, "stragglers": 0.01, "slower": 5.0},
    }.items():
        out = cases.troubled(shape, scheduler, workers, minutes, trouble)
        rows.append(
            [
                name,
                f"{out.makespan_s / 60:.1f}",
                f"{out.ideal_s / 60:.1f}",
                f"{out.efficiency:.0%}",
                f"{out.losses}",
                f"{out.wasted_s / out.work_s:.1%}",
            ]
        )
    head = [
        "trouble",
        "minutes",
        "ideal",
        "workers busy",
        "losses",
        "work done in vain",
    ]
    return table(head, rows)


def job_arrays(measured: Measured) -> str:
    """Show arrays of 1000 elements."""
    shape = measured["shards"]["seconds"]
    rows = []
    for of_worker, minutes in ((20, 1.0), (7, 3.0), (2, 10.0)):
        for every in (0.1, 6.0):
            batch = Batch(1000, 4, 1000, every, 10.0)
            number = of_worker * batch.workers * batch.elements
            out = cases.array(shape, number, minutes, batch)
            rows.append(
                [
                    f"{minutes:g}",
                    f"{number:,}",
                    f"{60 / every:,.0f}",
                    f"{out.makespan_s / 3600:.2f}",
                    f"{out.work_s / out.workers / 3600:.2f}",
                    f"{out.longest_s / 3600:.2f}",
                ]
            )
    head = ["minutes a shard", "shards", "elements begun a minute", "hours", "ideal"]
    return table([*head, "longest element, hours"], rows)


def validation(measured: Measured) -> str:
    """Compare simulated runs with real ones of the same tasks."""
    shape = measured["shards"]["seconds"]
    rows = []
    for real in measured["real"]:
        workers = real["workers"]
        seconds = drawn(shape, real["mean_s"], real["tasks"], seed=workers)
        local = measured["local"]
        scheduler = Scheduler(
            local["task_s"], idle=real["idle"], latency_s=local["latency_s"]
        )
        out = simulate(seconds, Farm(workers), scheduler)
        rows.append(
            [
                f"{workers}",
                f"{real['mean_s']:g}",
                f"{real['makespan_s']:.2f}",
                f"{out.makespan_s:.2f}",
                f"{out.makespan_s / real['makespan_s'] - 1:+.1%}",
                f"{real['busy_s']:.2f}",
                f"{out.busy_s:.2f}",
            ]
        )
    head = ["workers", "s a task", "s, real", "s, simulated", "difference"]
    return table([*head, "scheduler busy, s, real", "simulated"], rows)
