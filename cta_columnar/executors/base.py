"""What an executor is: it runs tasks and knows nothing of what they do."""

import pickle
import traceback
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Task(Generic[T]):
    """A piece of work that can travel to another process.

    Attributes
    ----------
    name : str
        For messages: the input.
    function : callable
        Importable, so that it pickles by name.
    args : tuple
        What it is called with.
    """

    name: str
    function: Callable[..., T]
    args: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Ok(Generic[T]):
    """What a task gave.

    Attributes
    ----------
    name : str
        Of the task.
    value : object
        What its function returned.
    number : int
        Of the task, in the order of all: names may be alike.
    """

    name: str
    value: T
    number: int = 0


@dataclass(frozen=True, slots=True)
class Err:
    """Why a task gave nothing.

    Attributes
    ----------
    name : str
        Of the task.
    message : str
        What went wrong, in a line or two.
    traceback : str
        Where, for those who read code; empty if the process died.
    exception : Exception, optional
        The exception itself, if it could travel.
    number : int
        Of the task, in the order of all: names may be alike.
    """

    name: str
    message: str
    traceback: str = ""
    exception: BaseException | None = None
    number: int = 0


Result = Ok[T] | Err
Amounts = Mapping[str, int]
OnProgress = Callable[[str, Amounts], None]
OnRetry = Callable[[int, str], None]
MayBegin = Callable[[], bool]


class Executor(AbstractContextManager["Executor"], Protocol):
    """Runs tasks; used as a context manager, so that its processes end."""

    @property
    def workers(self) -> int:
        """How many tasks run at a time."""
        ...

    def map(
        self,
        tasks: Iterable[Task[T]],
        on_result: Callable[[Result[T]], None] | None = None,
        on_progress: OnProgress | None = None,
        on_retry: OnRetry | None = None,
        may_begin: MayBegin | None = None,
    ) -> list[Result[T]]:
        """Run all tasks.

        Parameters
        ----------
        tasks : iterable of Task
            Taken one at a time, as workers become free.
        on_result : callable, optional
            Called in this process with each result, as it comes. If it raises, tasks
            that are running are stopped and those that wait are never begun.
        on_progress : callable, optional
            Called in this process with the name of a task and what it did since the
            last call: see `report`.
        on_retry : callable, optional
            Called in this process with the number of a task that is tried again, and
            how the process or the worker died that had it.
        may_begin : callable, optional
            Called in this process now and then. Once it says False no task is begun any
            more, also none again whose process died; those that run are finished.

        Returns
        -------
        results : list of Ok or Err
            In the order of the tasks; nothing of those that were not begun.
        """
        ...


class Terminated(BaseException):
    """The process was asked to stop; not to be mistaken for a failing task."""


_sink: Callable[[Amounts], None] | None = None


def send_reports_to(sink: Callable[[Amounts], None] | None) -> None:
    """Choose what `report` calls in this process; for executors."""
    global _sink  # noqa: PLW0603 - one task at a time runs in a process
    _sink = sink


def report(**amounts: int) -> None:
    """Say what a task did since it last reported: ``report(events=12)``.

    May be called often and anywhere; does nothing outside of a task.
    """
    if _sink is not None:
        _sink(amounts)


def run_task(task: Task[T]) -> Result[T]:
    """Run a task in this process; what it raises becomes an `Err`."""
    try:
        return Ok(task.name, task.function(*task.args))
    except (Exception, SystemExit) as error:
        # Compiled code that a signal stops raises a SystemError on top of it.
        if isinstance(error, SystemError) and isinstance(
            error.__cause__, KeyboardInterrupt | Terminated
        ):
            raise error.__cause__ from None
        return failure(task.name, error)


def failure(name: str, error: BaseException) -> Err:
    """Turn an exception into a value that can travel."""
    kind = type(error).__name__
    message = f"{kind}: {error}" if str(error) else kind
    trace = "".join(traceback.format_exception(error))
    return Err(name, message, trace, error if _can_travel(error) else None)


def _can_travel(error: BaseException) -> bool:
    # Exceptions with constructors of their own often pickle, but do not unpickle.
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return False
    return True
