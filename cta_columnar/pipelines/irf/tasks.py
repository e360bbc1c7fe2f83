"""Tasks of a run of responses, in this process or in workers."""

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

from cta_columnar.errors import UserError
from cta_columnar.executors import Err, Ok, Result, Task, make_executor
from cta_columnar.pipelines.running.common import Progress, RunOptions

T = TypeVar("T")


class Steps:
    """Runs the tasks of several steps by the same workers, and tells how far they are.

    Parameters
    ----------
    total : int
        Tasks of all steps.
    options : RunOptions
        Workers, and who is told.
    """

    def __init__(self, total: int, options: RunOptions) -> None:
        self._total = total
        self._done = 0
        self._events = 0
        self._tell = options.on_progress
        self._executor = make_executor(1 if total <= 1 else options.workers)

    def __enter__(self) -> Self:
        self._executor.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the workers."""
        self._executor.__exit__(kind, error, traceback)

    def run(self, tasks: Sequence[Task[T]]) -> list[T]:
        """Run tasks; return what they gave, in their order.

        Raises
        ------
        UserError
            With all that users can mend.
        """
        results = self._executor.map(tasks, self._finished, self._progress)
        failed = [each for each in results if isinstance(each, Err)]
        for each in failed:
            # A worker that was killed has left a message and no traceback.
            is_ours = not isinstance(each.exception, UserError | OSError)
            if each.traceback and is_ours:
                raise RuntimeError(f"{each.name}: {each.message}\n{each.traceback}")
        if failed:
            told = dict.fromkeys(str(e.exception or e.message) for e in failed)
            raise UserError("\n".join(told))
        return [each.value for each in results if isinstance(each, Ok)]

    def _finished(self, result: Result[T]) -> None:
        self._done += isinstance(result, Ok)
        self._send(result.name)

    def _progress(self, name: str, amounts: Any) -> None:  # noqa: ANN401
        self._events += amounts.get("events", 0)
        self._send(name)

    def _send(self, label: str) -> None:
        if self._tell is not None:
            self._tell(
                Progress(self._done, self._total, events=self._events, label=label)
            )
