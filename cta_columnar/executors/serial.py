"""Tasks one after the other, in this process."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Self, TypeVar

from cta_columnar.executors.base import (
    Amounts,
    MayBegin,
    OnProgress,
    OnRetry,
    Result,
    Task,
    failure,
    run_task,
    send_reports_to,
)

T = TypeVar("T")


class SerialExecutor:
    """Runs tasks in this process; for one worker, for debugging, for notebooks.

    Parameters
    ----------
    initializer : callable, optional
        Called once before the first task, as in each worker of other executors.
    """

    workers = 1

    def __init__(self, initializer: Callable[[], None] | None = None) -> None:
        self._initializer = initializer

    def map(
        self,
        tasks: Iterable[Task[T]],
        on_result: Callable[[Result[T]], None] | None = None,
        on_progress: OnProgress | None = None,
        on_retry: OnRetry | None = None,  # noqa: ARG002 - nothing is tried again
        may_begin: MayBegin | None = None,
    ) -> list[Result[T]]:
        """Run all tasks in order; see `cta_columnar.executors.base.Executor`."""
        results = []
        for number, task in enumerate(tasks):
            if may_begin is not None and not may_begin():
                break
            result = replace(self._run(task, on_progress), number=number)
            results.append(result)
            if on_result is not None:
                on_result(result)
        return results

    def _run(self, task: Task[T], on_progress: OnProgress | None) -> Result[T]:
        def sink(amounts: Amounts) -> None:
            if on_progress is not None:
                on_progress(task.name, amounts)

        send_reports_to(sink)
        try:
            if self._initializer is not None:
                self._initializer()
                self._initializer = None
            return run_task(task)
        except Exception as error:
            return failure(task.name, error)
        finally:
            send_reports_to(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is left running."""
