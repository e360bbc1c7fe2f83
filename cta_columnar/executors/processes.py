"""Tasks in worker processes that live for the whole run."""

import os
import pickle
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from multiprocessing import connection as mp_connection
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any, Self, TypeVar

from cta_columnar.executors.base import (
    MayBegin,
    OnProgress,
    OnRetry,
    Result,
    Task,
    failure,
)
from cta_columnar.executors.signals import not_warned
from cta_columnar.executors.state import RunState
from cta_columnar.executors.worker import (
    RESULT,
    Initializer,
    how_it_ended,
    one_thread_each,
    work,
)

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
        hint = _GUARD_HINT if code > 0 and not self.has_spoken else ""
        return how_it_ended(code) + hint


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
        on_retry: OnRetry | None = None,  # noqa: ARG002 - nothing is tried again
        may_begin: MayBegin | None = None,
    ) -> list[Result[T]]:
        """Run all tasks; see `cta_columnar.executors.base.Executor`.

        Ctrl-C, or an error in a callback, stops the workers; what they have committed
        stays.
        """
        run = RunState(tasks, on_result, on_progress, may_begin=may_begin)
        try:
            while self._hand_out(run) or self._busy():
                self._listen(run)
        except BaseException:
            self.close()
            raise
        return run.results()

    def _busy(self) -> list[_Worker]:
        return [worker for worker in self._pool if worker.task is not None]

    def _hand_out(self, run: RunState[T]) -> bool:
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
        with one_thread_each(), not_warned():
            process.start()
        theirs.close()
        worker = _Worker(process, ours)
        self._pool.append(worker)
        return worker

    def _listen(self, run: RunState[T]) -> None:
        """Wait until some workers have something to say, or die, and attend to them."""
        by_handle: dict[Any, _Worker] = {}
        for worker in self._busy():
            by_handle[worker.pipe] = by_handle[worker.process.sentinel] = worker
        ready = mp_connection.wait(list(by_handle)) if by_handle else []
        for worker in {by_handle[handle] for handle in ready}:
            if worker.task is not None:
                self._attend(worker, worker.task, run)

    def _attend(self, worker: _Worker, number: int, run: RunState[T]) -> None:
        # Asked first: what a worker said before it died still counts.
        is_alive = worker.process.is_alive()
        try:
            while worker.task is not None and worker.pipe.poll():
                message = worker.pipe.recv_bytes()
                worker.has_spoken = True
                content = pickle.loads(message[1:])
                if message[:1] == RESULT:
                    worker.task = None
                    run.finish(number, content)
                else:
                    run.progress(number, content)
        except (EOFError, OSError):
            self._bury(worker, number, run)
        else:
            if worker.task is not None and not is_alive:
                self._bury(worker, number, run)

    def _bury(self, worker: _Worker, number: int, run: RunState[T]) -> None:
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
