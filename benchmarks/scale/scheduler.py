"""A discrete simulation of one scheduler that feeds many workers.

The scheduler is one server: it attends to one message after the other, in the order in
which they come. Each end of a task is a message; when it has been attended to, the
worker has its next task after a latency. Reports of running tasks and heartbeats are
not simulated one by one: they take a share of the server, by which every message takes
longer. A lost worker is a message too; its task is done again, and the worker comes
back.
"""

import heapq
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import NamedTuple

import numpy as np


@dataclass(frozen=True)
class Scheduler:
    """What messages cost the process that schedules.

    Attributes
    ----------
    task_s : float
        Processor time for a task, from its submission to its result.
    task_per_worker_s : float
        The same, which comes on top for each worker that there is.
    report_s, report_every_s : float
        Processor time for a report of a running task, and how often each worker sends
        one; 0: never.
    heartbeat_s : float
        Processor time for a heartbeat of a worker.
    idle : float
        Part of the time that it takes to do nothing.
    latency_s : float
        From the decision that a worker gets a task until the task begins, and from its
        end until the scheduler knows.
    """

    task_s: float
    task_per_worker_s: float = 0.0
    report_s: float = 0.0
    report_every_s: float = 0.0
    heartbeat_s: float = 0.0
    idle: float = 0.0
    latency_s: float = 0.0

    def message_s(self, workers: int) -> float:
        """Return how long the end of a task keeps it busy, background included.

        Infinite if the background alone is more than it can do.
        """
        left = 1.0 - self.background(workers)
        if left <= 0:
            return float("inf")
        return (self.task_s + self.task_per_worker_s * workers) / left

    def background(self, workers: int) -> float:
        """Return the share of time for all that is not the end of a task."""
        reports = workers / self.report_every_s if self.report_every_s else 0.0
        beats = workers / heartbeat_every_s(workers)
        return self.idle + reports * self.report_s + beats * self.heartbeat_s


def heartbeat_every_s(workers: int) -> float:
    """Return the interval that Dask chooses (`distributed.scheduler`)."""
    for more, seconds in ((11, 0.5), (50, 1.0), (200, 2.0)):
        if workers < more:
            return seconds
    return workers / 200 + 1


@dataclass(frozen=True)
class Farm:
    """The workers.

    Attributes
    ----------
    workers : int
        How many.
    ramp_s : float
        The time in which they come, evenly.
    lost_per_hour : float
        How often a worker is lost.
    back_after_s : float
        When it, or another one in its place, is there again.
    seed : int
        Of the moments of loss.
    """

    workers: int
    ramp_s: float = 0.0
    lost_per_hour: float = 0.0
    back_after_s: float = 60.0
    seed: int = 1


@dataclass
class Outcome:
    """What happened.

    Attributes
    ----------
    makespan_s : float
        From the beginning until the scheduler knows of the last task.
    busy_s : float
        How long it attended to messages, background included.
    work_s : float
        All tasks one after the other, each once.
    wasted_s : float
        Work of lost workers.
    waited_s : list of float
        How long each message waited until it was attended to.
    times_done : list of int
        How often each task was done to its end.
    """

    workers: int
    work_s: float
    longest_s: float
    makespan_s: float = 0.0
    busy_s: float = 0.0
    wasted_s: float = 0.0
    losses: int = 0
    waited_s: list[float] = field(default_factory=list)
    times_done: list[int] = field(default_factory=list)

    @property
    def ideal_s(self) -> float:
        """The shortest that so many workers can need: no overhead, no bad luck."""
        return max(self.work_s / self.workers, self.longest_s)

    @property
    def efficiency(self) -> float:
        """Part of the time of all workers that was work."""
        return self.work_s / self.workers / self.makespan_s

    @property
    def utilisation(self) -> float:
        """Part of the time in which the scheduler was busy."""
        return self.busy_s / self.makespan_s

    @property
    def mean_wait_s(self) -> float:
        """How long a worker that is done waits for attention, on average."""
        return float(np.mean(self.waited_s)) if self.waited_s else 0.0


# Instead of a task: the worker has come.
_COMES = -1


class _Message(NamedTuple):
    """What reaches the scheduler; earlier ones first, then in order of sending."""

    time: float
    order: int
    worker: int
    task: int
    is_lost: bool


def simulate(seconds: Sequence[float], farm: Farm, scheduler: Scheduler) -> Outcome:
    """Let workers do tasks, in the order given, each as soon as it has none.

    Parameters
    ----------
    seconds : sequence of float
        How long each task takes a worker.
    farm : Farm
        The workers.
    scheduler : Scheduler
        What hands out tasks.

    Raises
    ------
    ValueError
        If reports and heartbeats are more than the scheduler can do.
    """
    run = _Run(seconds, farm, scheduler.message_s(farm.workers), scheduler.latency_s)
    if run.each_s == float("inf"):
        raise ValueError(f"{farm.workers} workers report more than can be heard")
    while run.n_left:
        run.attend()
    # Messages were made longer by the background, which goes on between them as well.
    background = scheduler.background(farm.workers)
    run.out.busy_s *= 1 - background
    run.out.busy_s += run.out.makespan_s * background
    return run.out


class _Run:
    """The state of a simulation."""

    def __init__(
        self, seconds: Sequence[float], farm: Farm, each_s: float, latency_s: float
    ) -> None:
        self.seconds, self.each_s, self.latency_s = seconds, each_s, latency_s
        self.back_after_s = farm.back_after_s
        self.n_left = len(seconds)
        self.out = Outcome(farm.workers, float(np.sum(seconds)), float(np.max(seconds)))
        self.out.times_done = [0] * len(seconds)
        self._free_at = 0.0
        self._to_do = deque(range(len(seconds)))
        self._idle: list[int] = []
        self._lifetime = _lifetimes(farm)
        # Working time that is left to each worker until it is lost.
        self._lives_for = [next(self._lifetime) for _ in range(farm.workers)]
        self._messages = [
            _Message(farm.ramp_s * w / farm.workers, w, w, _COMES, is_lost=False)
            for w in range(farm.workers)
        ]
        heapq.heapify(self._messages)
        self._n_sent = farm.workers

    def attend(self) -> None:
        """Attend to the next message."""
        time, _, worker, task, is_lost = heapq.heappop(self._messages)
        if task == _COMES:
            # Costs nothing here: it happens once.
            self._give(worker, time)
            return
        begin = max(time, self._free_at)
        self._free_at = now = begin + self.each_s
        self.out.busy_s += self.each_s
        self.out.waited_s.append(begin - time)
        if not is_lost:
            self.out.times_done[task] += 1
            self.out.makespan_s = now
            self.n_left -= 1
            self._give(worker, now)
            return
        self.out.losses += 1
        self._to_do.appendleft(task)
        self._send(now + self.back_after_s, worker, _COMES)
        if self._idle:
            self._give(self._idle.pop(), now)

    def _give(self, worker: int, now: float) -> None:
        """Give a worker the next task, or let it wait for one."""
        if not self._to_do:
            self._idle.append(worker)
            return
        task = self._to_do.popleft()
        begin, takes = now + self.latency_s, self.seconds[task]
        lives_for = self._lives_for[worker]
        if takes <= lives_for:
            self._lives_for[worker] -= takes
            self._send(begin + takes + self.latency_s, worker, task)
            return
        self.out.wasted_s += lives_for
        self._lives_for[worker] = next(self._lifetime)
        self._send(begin + lives_for + self.latency_s, worker, task, is_lost=True)

    def _send(
        self, time: float, worker: int, task: int, *, is_lost: bool = False
    ) -> None:
        message = _Message(time, self._n_sent, worker, task, is_lost)
        heapq.heappush(self._messages, message)
        self._n_sent += 1


def _lifetimes(farm: Farm) -> Iterator[float]:
    """Yield how long one worker after the other works until it is lost."""
    if not farm.lost_per_hour:
        yield from repeat(float("inf"))
    random = np.random.default_rng(farm.seed)
    while True:
        yield float(random.exponential(3600 / farm.lost_per_hour))


def drawn(
    shape: Sequence[float],
    mean_s: float,
    count: int,
    *,
    straggler_share: float = 0.0,
    straggler_factor: float = 1.0,
    seed: int = 1,
) -> list[float]:
    """Draw times of tasks from measured ones, scaled to a mean.

    Parameters
    ----------
    shape : sequence of float
        Measured times, of which only the ratios count.
    mean_s : float
        What they are scaled to, stragglers not counted.
    count : int
        How many.
    straggler_share, straggler_factor : float
        Part of the tasks that take longer, and by how much.
    seed : int
        Of the draws.
    """
    random = np.random.default_rng(seed)
    values = np.asarray(shape, float)
    times = random.choice(values / values.mean(), count) * mean_s
    slow = random.random(count) < straggler_share
    found: list[float] = np.where(slow, times * straggler_factor, times).tolist()
    return found
