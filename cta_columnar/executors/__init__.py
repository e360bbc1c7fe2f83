"""Run independent tasks: in this process, or in workers; know no physics.

::

    with make_executor(workers=4) as executor:
        results = executor.map(
            [Task(path, stage1_shard, (path, output)) for path in paths],
            on_result=lambda result: print(result.name, type(result).__name__),
            on_progress=lambda name, amounts: bar.advance(amounts.get("events", 0)),
        )

A task that fails, and a worker that is killed, make an `Err`; the others go on. Tasks
call ``report(events=12)`` to say how far they are.
"""

from cta_columnar.executors.base import (
    Err,
    Executor,
    Ok,
    Result,
    Task,
    Terminated,
    report,
)
from cta_columnar.executors.processes import ProcessExecutor, default_workers
from cta_columnar.executors.serial import SerialExecutor
from cta_columnar.executors.worker import ONE_THREAD, Initializer

__all__ = [
    "ONE_THREAD",
    "Err",
    "Executor",
    "Initializer",
    "Ok",
    "ProcessExecutor",
    "Result",
    "SerialExecutor",
    "Task",
    "Terminated",
    "default_workers",
    "make_executor",
    "report",
]


def make_executor(
    workers: int | None = None, initializer: Initializer | None = None
) -> Executor:
    """Return the executor for a number of workers; None: one per processor."""
    if (workers or default_workers()) == 1:
        return SerialExecutor(initializer)
    return ProcessExecutor(workers, initializer)
