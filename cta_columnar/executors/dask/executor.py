"""The side of Dask from which tasks are handed out."""

import os
import pickle
import uuid
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from typing import Self, TypeVar

from cta_columnar.executors.base import MayBegin, OnProgress, OnRetry, Result, Task
from cta_columnar.executors.dask.clusters import Connection, connect
from cta_columnar.executors.dask.flight import Flight
from cta_columnar.executors.dask.on_worker import Setup, stop_children
from cta_columnar.executors.places import DaskPlace
from cta_columnar.executors.state import RunState
from cta_columnar.executors.worker import Initializer

T = TypeVar("T")


class DaskExecutor:
    """Runs tasks on the workers of a Dask cluster; used as a context manager.

    Few tasks are known to the scheduler at any time, however many there are. If a
    worker is lost, another one does its task again. Arguments and results are small:
    they pass through the scheduler.

    Parameters
    ----------
    place : LocalDask, DaskScheduler or BatchJobs
        Where its workers are.
    initializer : callable, optional
        Called once in each process before its first task; must pickle.
    retries : int
        How often a task is tried again whose process died.
    """

    def __init__(
        self,
        place: DaskPlace,
        initializer: Initializer | None = None,
        retries: int = 2,
    ) -> None:
        self._place = place
        self._retries = retries
        initial = pickle.dumps(initializer)
        self._setup = Setup(uuid.uuid4().hex, initial, os.getcwd())  # noqa: PTH109
        self._stack = ExitStack()
        self._connection: Connection | None = None

    @property
    def workers(self) -> int:
        """Number of tasks that can run, when it was last asked for; it may change."""
        return self._connected().n_workers

    def map(
        self,
        tasks: Iterable[Task[T]],
        on_result: Callable[[Result[T]], None] | None = None,
        on_progress: OnProgress | None = None,
        on_retry: OnRetry | None = None,
        may_begin: MayBegin | None = None,
    ) -> list[Result[T]]:
        """Run all tasks; see `cta_columnar.executors.base.Executor`.

        Raises
        ------
        SchedulerLostError
            If the scheduler is no longer there.
        """
        run = RunState(tasks, on_result, on_progress, on_retry, may_begin)
        flight = Flight(self._connected(), self._setup, run, self._retries)
        try:
            while flight.refill():
                flight.listen()
        finally:
            flight.end()
        return run.results()

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._stack.enter_context(connect(self._place))
            self._stack.callback(self._part, self._connection)
        return self._connection

    def _part(self, connection: Connection) -> None:
        """Let no process wait for tasks of ours; the cluster may go on without us."""
        self._connection = None
        if connection.client.status == "running":
            with suppress(Exception):  # a worker may be lost just now, which is no harm
                connection.client.run(stop_children, self._setup.run, on_error="ignore")

    def __enter__(self) -> Self:
        self._connected()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
