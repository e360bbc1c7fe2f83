"""What messages cost the process that schedules, from what was measured."""

from dataclasses import dataclass


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
