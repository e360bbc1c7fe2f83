"""Run independent tasks: in this process, or in workers; know no physics.

::

    with make_executor(workers=4) as executor:
        results = executor.map(
            [Task(path, stage1_shard, (path, output)) for path in paths],
            on_result=lambda result: print(result.name, type(result).__name__),
            on_progress=lambda name, amounts: bar.advance(amounts.get("events", 0)),
        )

On a Dask cluster it is `make_executor(dask=DaskScheduler("tcp://host:8786"))`.

A task that fails, and a worker that is killed, make an `Err`; the others go on. Tasks
call ``report(events=12)`` to say how far they are.
"""

from cta_columnar.errors import UserError
from cta_columnar.executors.base import (
    Err,
    Executor,
    Ok,
    Result,
    Task,
    Terminated,
    report,
)
from cta_columnar.executors.places import (
    BatchJobs,
    DaskPlace,
    DaskScheduler,
    LocalDask,
    SchedulerLostError,
)
from cta_columnar.executors.processes import ProcessExecutor, default_workers
from cta_columnar.executors.serial import SerialExecutor
from cta_columnar.executors.worker import ONE_THREAD, Initializer

__all__ = [
    "ONE_THREAD",
    "BatchJobs",
    "DaskPlace",
    "DaskScheduler",
    "Err",
    "Executor",
    "Initializer",
    "LocalDask",
    "Ok",
    "ProcessExecutor",
    "Result",
    "SchedulerLostError",
    "SerialExecutor",
    "Task",
    "Terminated",
    "default_workers",
    "make_executor",
    "report",
]


def make_executor(
    workers: int | None = None,
    initializer: Initializer | None = None,
    dask: DaskPlace | None = None,
) -> Executor:
    """Return the executor for a number of workers, or for a Dask cluster.

    Parameters
    ----------
    workers : int, optional
        Processes on this machine; None: one per processor.
    initializer : callable, optional
        Called once in each process before its first task; must pickle.
    dask : LocalDask, DaskScheduler or BatchJobs, optional
        Where Dask has its workers; None: it is not used.

    Raises
    ------
    UserError
        If Dask is asked for and not installed.
    """
    if dask is not None:
        return _dask_executor(dask, initializer)
    if (workers or default_workers()) == 1:
        return SerialExecutor(initializer)
    return ProcessExecutor(workers, initializer)


def _dask_executor(place: DaskPlace, initializer: Initializer | None) -> Executor:
    try:
        # Only now: it takes half a second, and not everybody has it.
        from cta_columnar.executors.dask import DaskExecutor  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise UserError(
            f"Dask is not installed (no module {error.name}): pip install "
            "'cta-columnar[dask]'"
        ) from error
    return DaskExecutor(place, initializer)
