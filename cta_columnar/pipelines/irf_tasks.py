"""Tasks of a run of responses, in this process or in workers."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from cta_columnar.errors import UserError
from cta_columnar.executors import Err, Ok, Result, Task, make_executor
from cta_columnar.pipelines.common import Progress, RunOptions

T = TypeVar("T")


class Steps:
    """Runs tasks and tells how many are done, over all steps of a run.

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
        self._options = options

    def run(self, tasks: Sequence[Task[T]]) -> list[T]:
        """Run tasks; return what they gave, in their order.

        Raises
        ------
        UserError
            With all that users can mend.
        """
        workers = 1 if len(tasks) <= 1 else self._options.workers
        with make_executor(workers) as executor:
            results = executor.map(tasks, self._tell)
        failed = [each for each in results if isinstance(each, Err)]
        for each in failed:
            if not isinstance(each.exception, UserError | OSError):
                raise RuntimeError(f"{each.name}: {each.message}\n{each.traceback}")
        if failed:
            told = dict.fromkeys(str(each.exception) for each in failed)
            raise UserError("\n".join(told))
        return [each.value for each in results if isinstance(each, Ok)]

    def _tell(self, result: Result[T]) -> None:
        self._done += isinstance(result, Ok)
        tell: Callable[[Progress], None] | None = self._options.on_progress
        if tell is not None:
            tell(Progress(self._done, self._total, label=result.name))
