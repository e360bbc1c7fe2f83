"""Tasks in worker processes that live for the whole run."""

import os
import pickle
import signal
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from multiprocessing import connection as mp_connection
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any, Generic, Self, TypeVar

from cta_columnar.executors.base import (
    Amounts,
    Err,
    OnProgress,
    Result,
    Task,
    failure,
)
from cta_columnar.executors.worker import Initializer, one_thread_each, work

T = TypeVar("T")

_GRACE_S = 5.0
# Spawned processes import the script that began; without this it would begin again.
_GUARD_HINT = (
    "; if it could not begin: a script that runs several workers must do so below "
    'if __name__ == "__main__":'
)


def default_workers() -> int:
    """Return the number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(eq=False)
class _Worker:
    """A process, the pipe to it, the number of its task, and whether it ever spoke."""

    process: SpawnProcess
    pipe: Connection
    task: int | None = None
    has_spoken: bool = False

    def stop(self) -> None:
        if self.process.is_alive():
            self.process.terminate()
            self.process.join(_GRACE_S)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.pipe.close()

    def cause_of_death(self) -> str:
        self.process.join()
        code = self.process.exitcode or 0
        if code >= 0:
            hint = _GUARD_HINT if code and not self.has_spoken else ""
            return f"the worker process ended with status {code}{hint}"
        name = signal.Signals(-code).name
        hint = "; out of memory?" if -code == signal.SIGKILL else ""
        return f"the worker process was killed by {name}{hint}"


class ProcessExecutor:
    """Runs tasks in spawned processes, one thread per library in each.

    A worker that dies makes an `Err` of its task; another one takes its place.

    Parameters
    ----------
    workers : int, optional
        How many; by default the processors that this process may use.
    initializer : callable, optional
        Called once in each worker before its first task; must pickle.
    """

    def __init__(
        self, workers: int | None = None, initializer: Initializer | None = None
    ) -> None:
        self.workers = workers or default_workers()
        self._initializer = pickle.dumps(initializer)
        self._pool: list[_Worker] = []

    def map(
        self,
        tasks: Iterable[Task[T]],
        on_result: Callable[[Result[T]], None] | None = None,
        on_progress: OnProgress | None = None,
    ) -> list[Result[T]]:
        """Run all tasks; see `cta_columnar.executors.base.Executor`.

        Ctrl-C, or an error in a callback, stops the workers; what they have committed
        stays.
        """
        run = _Run(tasks, on_result, on_progress)
        try:
            while self._hand_out(run) or self._busy():
                self._listen(run)
        except BaseException:
            self.close()
            raise
        return run.results()

    def _busy(self) -> list[_Worker]:
        return [worker for worker in self._pool if worker.task is not None]

    def _hand_out(self, run: "_Run[T]") -> bool:
        """Give tasks to free workers; return whether one was given."""
        given = False
        while len(self._busy()) < self.workers:
            following = run.following()
            if following is None:
                break
            number, task = following
            try:
                message = pickle.dumps(task)
            except Exception as error:
                run.finish(number, failure(task.name, error))
                continue
            self._give(number, message)
            given = True
        return given

    def _give(self, number: int, message: bytes) -> None:
        free = [worker for worker in self._pool if worker.task is None]
        worker = free[0] if free else self._start()
        worker.task = number
        try:
            worker.pipe.send_bytes(message)
        except OSError:
            # It died while idle: that is not the fault of this task.
            self._pool.remove(worker)
            worker.stop()
            self._give(number, message)

    def _start(self) -> _Worker:
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=work, args=(theirs, self._initializer), daemon=True
        )
        with one_thread_each():
            process.start()
        theirs.close()
        worker = _Worker(process, ours)
        self._pool.append(worker)
        return worker

    def _listen(self, run: "_Run[T]") -> None:
        """Wait until some workers have something to say, or die, and attend to them."""
        by_handle: dict[Any, _Worker] = {}
        for worker in self._busy():
            by_handle[worker.pipe] = by_handle[worker.process.sentinel] = worker
        ready = mp_connection.wait(list(by_handle)) if by_handle else []
        for worker in {by_handle[handle] for handle in ready}:
            if worker.task is not None:
                self._attend(worker, worker.task, run)

    def _attend(self, worker: _Worker, number: int, run: "_Run[T]") -> None:
        # Asked first: what a worker said before it died still counts.
        is_alive = worker.process.is_alive()
        try:
            while worker.task is not None and worker.pipe.poll():
                kind, content = pickle.loads(worker.pipe.recv_bytes())
                worker.has_spoken = True
                if kind == "progress":
                    run.progress(number, content)
                else:
                    worker.task = None
                    run.finish(number, content)
        except (EOFError, OSError):
            self._bury(worker, number, run)
        else:
            if worker.task is not None and not is_alive:
                self._bury(worker, number, run)

    def _bury(self, worker: _Worker, number: int, run: "_Run[T]") -> None:
        cause = worker.cause_of_death()
        self._pool.remove(worker)
        worker.stop()
        run.lose(number, cause)

    def close(self) -> None:
        """End all workers, in the midst of a task if need be."""
        for worker in self._pool:
            if worker.process.is_alive():
                worker.process.terminate()
        for worker in self._pool:
            worker.stop()
        self._pool.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Run(Generic[T]):
    """The state of one `map`: tasks still to come, results so far."""

    def __init__(
        self,
        tasks: Iterable[Task[T]],
        on_result: Callable[[Result[T]], None] | None,
        on_progress: OnProgress | None,
    ) -> None:
        self._tasks = iter(tasks)
        self._on_result = on_result
        self._on_progress = on_progress
        self._names: list[str] = []
        self._results: dict[int, Result[T]] = {}

    def following(self) -> tuple[int, Task[T]] | None:
        """Return the next task and its number."""
        task = next(self._tasks, None)
        if task is None:
            return None
        self._names.append(task.name)
        return len(self._names) - 1, task

    def progress(self, number: int, amounts: Amounts) -> None:
        if self._on_progress is not None:
            self._on_progress(self._names[number], amounts)

    def finish(self, number: int, result: Result[T]) -> None:
        # A worker that could not unpickle its task does not know the name.
        result = replace(result, name=self._names[number])
        self._results[number] = result
        if self._on_result is not None:
            self._on_result(result)

    def lose(self, number: int, cause: str) -> None:
        self.finish(number, Err(self._names[number], cause))

    def results(self) -> list[Result[T]]:
        """Return all results, in the order of the tasks."""
        return [self._results[number] for number in range(len(self._names))]
