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
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from benchmarks.scale.farm import Farm, lifetimes
from benchmarks.scale.scheduler import Scheduler


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
        self._lifetime = lifetimes(farm)
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
