"""A run on a finished dataset: is there anything to do? Nothing is touched to know."""

from collections.abc import Callable
from dataclasses import replace

from cta_columnar.executors import Ok, Result
from cta_columnar.pipelines.running.common import RunOptions
from cta_columnar.pipelines.running.shards import ShardOutcome, Work
from cta_columnar.pipelines.running.stopping import may_begin, stop_if_asked
from cta_columnar.pipelines.running.tracking import Tracker
from cta_columnar.pipelines.running.workers import executor_for
from cta_columnar.store import Journal, only_looking


def unchanged(
    work: Work, options: RunOptions, journal: Journal
) -> dict[int, ShardOutcome]:
    """Return the shards whose inputs and parts are what they were, all bytes of them.

    They are found by their places among those of the run.

    Parameters
    ----------
    work : Work
        The shards of the run.
    options : RunOptions
        How to run.
    journal : Journal
        Where it is written down.

    Raises
    ------
    Stopped
        If a signal asked for that.
    """
    pieces = work.pieces
    tasks = [
        replace(each.task, function=_look, args=(each.task.function, *each.task.args))
        for each in pieces
    ]
    with executor_for(options, len(tasks)) as executor:
        tracker = Tracker(pieces, work.total_bytes, options, journal, executor)

        def found(result: Result[ShardOutcome]) -> None:
            # Why others are not done is told by who does them.
            if isinstance(result, Ok):
                tracker.finished(result)

        results = executor.map(tasks, found, tracker.progress, may_begin=may_begin)
    stop_if_asked()
    return {r.number: r.value for r in results if isinstance(r, Ok)}


def _look(function: Callable[..., ShardOutcome], *args: object) -> ShardOutcome:
    """Do the work on a shard if it was done: then there is none."""
    with only_looking():
        return function(*args)
