"""What is simulated: schedulers as they were measured, and the runs they are given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from benchmarks.scale.arrays import ArrayOutcome, Batch, simulate_array
from benchmarks.scale.farm import Farm, drawn
from benchmarks.scale.scheduler import Scheduler, heartbeat_every_s
from benchmarks.scale.simulation import Outcome, simulate

WORKERS = (100, 300, 1000, 3000, 10_000, 20_000)
MINUTES = (1.0, 3.0, 10.0)
TASKS_PER_WORKER = 3
# Busier than that, a scheduler answers late, and one bad moment is felt by all.
MOST_UTILISATION = 0.5
# As `cta_columnar.executors.dask.flight` has it, whatever the number of workers.
REPORTS_PER_S = 50.0
RAMP_S = 60.0


def scheduler_of(measured: Mapping[str, Any], workers: int) -> Scheduler:
    """Return the scheduler as it was measured; it bounds the reports it gets."""
    few, many = measured["scheduler"]["tasks"]
    beats = [
        each["workers"] / heartbeat_every_s(each["workers"]) for each in (few, many)
    ]
    slope = (many["idle_share"] - few["idle_share"]) / (beats[1] - beats[0])
    return Scheduler(
        task_s=max(few["task_ms"], many["task_ms"]) * 1e-3,
        report_s=measured["scheduler"]["report_ms"] * 1e-3,
        report_every_s=max(1.0, workers / REPORTS_PER_S),
        heartbeat_s=max(slope, 0.0),
        idle=max(few["idle_share"] - max(slope, 0.0) * beats[0], 0.0),
        latency_s=max(measured["local"]["latency_s"], 0.0),
    )


def every_second(scheduler: Scheduler) -> Scheduler:
    """Return one that gets a report from each worker every second."""
    return replace(scheduler, report_every_s=1.0)


@dataclass(frozen=True)
class Fed:
    """A run, and the same with a scheduler that takes no time."""

    minutes: float
    out: Outcome
    free: Outcome

    @property
    def lost(self) -> float:
        """Part of the time that the scheduler costs."""
        return 1 - self.free.makespan_s / self.out.makespan_s


@lru_cache(maxsize=64)  # for a table and a figure
def feed(
    shape: tuple[float, ...], scheduler: Scheduler, workers: int, minutes: float
) -> Fed:
    """Let workers do some shards each.

    Raises
    ------
    ValueError
        If the scheduler cannot even hear their reports.
    """
    seconds = drawn(shape, 60 * minutes, TASKS_PER_WORKER * workers)
    farm = Farm(workers, ramp_s=RAMP_S)
    free = simulate(seconds, farm, Scheduler(0.0))
    return Fed(minutes, simulate(seconds, farm, scheduler), free)


def busy(scheduler: Scheduler, workers: int, minutes: float) -> float:
    """Return the share of time that the scheduler needs while all workers work.

    A worker that is fed sends a message for each shard. Runs are less busy on average:
    workers come one after the other, and in the end most of them have nothing to do.
    More than 1 is more than it can do.
    """
    tasks = workers / (60 * minutes) * scheduler.task_s
    return tasks + scheduler.background(workers)


def most_workers(measured: Mapping[str, Any], minutes: float) -> int:
    """Return how many workers keep the scheduler below `MOST_UTILISATION`."""

    def is_fed(workers: int) -> bool:
        scheduler = scheduler_of(measured, workers)
        return busy(scheduler, workers, minutes) < MOST_UTILISATION

    low, high = 1, 1_000_000
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if is_fed(middle) else (low, middle)
    return low


def makespan(
    shape: tuple[float, ...],
    scheduler: Scheduler,
    workers: int,
    seconds: float,
    work: float,
) -> Outcome:
    """Do an amount of work, in seconds of one worker, in shards of so many seconds."""
    tasks = drawn(shape, seconds, max(1, round(work / seconds)))
    return simulate(tasks, Farm(workers, ramp_s=RAMP_S), scheduler)


def troubled(
    shape: Sequence[float],
    scheduler: Scheduler,
    workers: int,
    minutes: float,
    trouble: Mapping[str, float],
) -> Outcome:
    """Let workers be lost, and shards take longer than they should."""
    share, factor = trouble.get("stragglers", 0.0), trouble.get("slower", 1.0)
    count = TASKS_PER_WORKER * workers
    seconds = drawn(
        shape, 60 * minutes, count, straggler_share=share, straggler_factor=factor
    )
    lost = trouble.get("lost_per_hour", 0.0)
    farm = Farm(workers, ramp_s=RAMP_S, lost_per_hour=lost, back_after_s=120.0)
    return simulate(seconds, farm, scheduler)


def array(
    shape: Sequence[float], shards: int, minutes: float, batch: Batch
) -> ArrayOutcome:
    """Let a job array do shards of one size whose times differ."""
    seconds = drawn(shape, 60 * minutes, shards)
    return simulate_array(seconds, [1] * shards, batch)
