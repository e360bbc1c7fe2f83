"""What an executor that hands out tasks knows of a run: what comes next, what came."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Generic, TypeVar

from cta_columnar.executors.base import (
    Amounts,
    Err,
    MayBegin,
    OnProgress,
    OnRetry,
    Result,
    Task,
)

T = TypeVar("T")


class RunState(Generic[T]):
    """The state of one `map`: tasks still to come, results so far.

    Parameters
    ----------
    tasks, on_result, on_progress, on_retry, may_begin
        As `cta_columnar.executors.base.Executor.map` has them.
    """

    def __init__(
        self,
        tasks: Iterable[Task[T]],
        on_result: Callable[[Result[T]], None] | None,
        on_progress: OnProgress | None,
        on_retry: OnRetry | None = None,
        may_begin: MayBegin | None = None,
    ) -> None:
        self._tasks = iter(tasks)
        self._on_result = on_result
        self._on_progress = on_progress
        self._on_retry = on_retry
        self._may_begin = may_begin
        self._names: list[str] = []
        self._results: dict[int, Result[T]] = {}

    def may_begin(self) -> bool:
        """Say whether a task may be begun."""
        return self._may_begin is None or self._may_begin()

    def following(self) -> tuple[int, Task[T]] | None:
        """Return the next task and its number, if there is one and it may be begun."""
        task = next(self._tasks, None) if self.may_begin() else None
        if task is None:
            return None
        self._names.append(task.name)
        return len(self._names) - 1, task

    def progress(self, number: int, amounts: Amounts) -> None:
        """Tell what a task did since it was last asked."""
        if self._on_progress is not None:
            self._on_progress(self._names[number], amounts)

    def retry(self, number: int, cause: str) -> None:
        """Tell that a task is tried again, and why."""
        if self._on_retry is not None:
            self._on_retry(number, cause)

    def finish(self, number: int, result: Result[T]) -> None:
        """Take the result of a task."""
        # A worker that could not unpickle its task does not know the name.
        result = replace(result, name=self._names[number], number=number)
        self._results[number] = result
        if self._on_result is not None:
            self._on_result(result)

    def lose(self, number: int, cause: str) -> None:
        """Give up a task whose process died."""
        self.finish(number, Err(self._names[number], cause))

    def results(self) -> list[Result[T]]:
        """Return all results that there are, in the order of the tasks."""
        return [self._results[number] for number in sorted(self._results)]
