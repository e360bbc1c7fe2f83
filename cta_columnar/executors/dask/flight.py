"""Tasks that Dask has at the moment: a few, whatever their number in all."""

import pickle
import queue
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from distributed import Future
from distributed.scheduler import KilledWorker

from cta_columnar.executors.base import Amounts, Err, failure
from cta_columnar.executors.dask.asking import Asking
from cta_columnar.executors.dask.clusters import Connection
from cta_columnar.executors.dask.on_worker import (
    TOPIC,
    Answer,
    Setup,
    begin_no_more,
    key_of,
    run_message,
)
from cta_columnar.executors.places import SchedulerLostError
from cta_columnar.executors.state import RunState

T = TypeVar("T")

# So many that no worker waits while its result is fetched, and that a cluster which
# grows with its work begins to. The scheduler takes about 10 kB for each.
_PER_WORKER, _AT_LEAST = 4, 64
_BATCH_BYTES = 8_000_000
# Where a scheduler tells of workers that come and go.
_OF_SCHEDULER = "all"
_LOOK_EVERY_S = 0.1
# Each takes the scheduler and the client most of a millisecond: what a thousand workers
# report every second would be all that they do.
_REPORTS_PER_S = 50.0


@dataclass(eq=False)
class _Attempt:
    """A task, how often its process died, and what it has been heard to do."""

    number: int
    message: bytes
    deaths: int = 0
    told: Counter[str] = field(default_factory=Counter)


class Flight(Generic[T]):
    """Hands tasks of a run to Dask, a few at a time, and takes what comes of them.

    Parameters
    ----------
    connection : Connection
        To the cluster.
    setup : Setup
        Of the executor.
    run : RunState
        Where tasks come from and results go.
    retries : int
        How often a task is tried again whose process died.
    """

    def __init__(
        self, connection: Connection, setup: Setup, run: RunState[T], retries: int
    ) -> None:
        self._connection, self._client = connection, connection.client
        self._asking = Asking(connection)
        # Dask answers for a task by its name, also if it is done, or taken back.
        self._name = uuid.uuid4().hex
        self._setup, self._run = replace(setup, flight=self._name), run
        self._retries = retries
        self._attempts: dict[Future, _Attempt] = {}
        self._by_key: dict[str, _Attempt] = {}
        self._again: list[_Attempt] = []
        self._has_more, self._is_over = True, False
        self._heard: queue.SimpleQueue[Any] = queue.SimpleQueue()
        for topic in (TOPIC, _OF_SCHEDULER):
            self._client.subscribe_topic(topic, self._heard.put)

    def refill(self) -> bool:
        """Give Dask more tasks if it has few; return whether there is still work."""
        if not self._is_over and not self._run.may_begin():
            self._begin_no_more()
        most = max(_AT_LEAST, _PER_WORKER * self._asking.count_workers())
        # Several together: each time costs the scheduler as much as several tasks.
        if len(self._attempts) <= most * 3 // 4:
            while new := self._following(most - len(self._attempts)):
                self._submit(new)
        return bool(self._attempts or self._again)

    def _begin_no_more(self) -> None:
        """Take back all tasks that no worker has begun."""
        self._is_over = True
        self._again.clear()
        # Workers know what they do; the scheduler only what it gave them.
        told = self._asking.ask(
            self._client.run, begin_no_more, self._name, on_error="ignore"
        )
        begun = {key for keys in told.values() for key in keys}
        self._take_back(
            f for f in self._attempts if f.key not in begun and not f.done()
        )

    def _take_back(self, futures: Iterable[Future]) -> None:
        """Let Dask forget tasks, and forget them."""
        given = list(futures)
        for future in given:
            self._landed(future)
        if given:
            self._asking.ask(self._client.cancel, given, force=True)

    def _following(self, room: int) -> list[_Attempt]:
        """Return the next few tasks, those whose process died first."""
        new, self._again = self._again[:room], self._again[room:]
        size = sum(len(each.message) for each in new)
        while self._has_more and len(new) < room and size < _BATCH_BYTES:
            following = self._run.following()
            if following is None:
                self._has_more = False
                break
            number, task = following
            try:
                message = pickle.dumps(task)
            except Exception as error:
                self._run.finish(number, failure(task.name, error))
                continue
            new.append(_Attempt(number, message))
            size += len(message)
        return new

    def _submit(self, attempts: Sequence[_Attempt]) -> None:
        keys = [key_of(self._name, a.number, a.deaths) for a in attempts]
        tell_every_s = max(1.0, self._connection.n_workers / _REPORTS_PER_S)
        given = self._asking.ask(
            self._client.map,
            run_message,
            [each.message for each in attempts],
            key=keys,
            setup=replace(self._setup, tell_every_s=tell_every_s),
        )
        for future, attempt in zip(given, attempts, strict=True):
            self._attempts[future] = self._by_key[future.key] = attempt
            future.add_done_callback(self._heard.put)

    def listen(self) -> None:
        """Wait until something is heard of some tasks, and attend to it."""
        if not self._attempts:
            return
        try:
            heard = [self._heard.get(timeout=_LOOK_EVERY_S)]
        except queue.Empty:
            self._asking.check()
            return
        while not self._heard.empty():
            heard.append(self._heard.get())
        done = [e for e in heard if isinstance(e, Future) and e in self._attempts]
        for each in heard:
            if not isinstance(each, Future):
                self._hear(each[1])
        answered = {each.key: each for each in done if each.status == "finished"}
        answers = {}
        if answered:
            # An answer whose worker dies just now is None, if there will be no other.
            answers = self._asking.ask(self._client.gather, answered, errors="skip")
        for key, answer in answers.items():
            if answer is not None:
                self._take(self._landed(answered[key]), answer)
        for future in done:
            if future in self._attempts:
                self._fail(future)

    def _landed(self, future: Future) -> _Attempt:
        """Forget a task that Dask is done with."""
        self._by_key.pop(future.key, None)
        return self._attempts.pop(future)

    def _hear(self, report: Any) -> None:  # noqa: ANN401 - as Dask passes it on
        """Take a report of a task that runs, or of the scheduler."""
        if report.get("action") == "remove-worker":
            self._hear_of_loss(report)
        elif attempt := self._by_key.get(report.get("task")):
            self._tell(attempt, report["amounts"])

    def _hear_of_loss(self, report: Any) -> None:  # noqa: ANN401 - as Dask has it
        """Tell of tasks whose worker is gone; Dask gives them to others."""
        keys = report.get("processing-tasks", ())
        if self._is_over:
            self._take_back([each for each in self._attempts if each.key in keys])
            return
        if report.get("expected"):
            return
        cause = f"the Dask worker at {report.get('worker')} was lost"
        for key in keys:
            if attempt := self._by_key.get(key):
                self._run.retry(attempt.number, cause)

    def _tell(self, attempt: _Attempt, amounts: Amounts) -> None:
        more = {k: n - attempt.told[k] for k, n in amounts.items()}
        more = {name: n for name, n in more.items() if n > 0}
        if more:
            attempt.told.update(more)
            self._run.progress(attempt.number, more)

    def _take(self, attempt: _Attempt, answer: Answer) -> None:
        self._tell(attempt, answer.amounts)
        if not answer.was_begun:
            return
        if answer.result:
            self._run.finish(attempt.number, pickle.loads(answer.result))
            return
        self._try_again(attempt, answer.death, may_retry=answer.may_retry)

    def _try_again(self, attempt: _Attempt, cause: str, *, may_retry: bool) -> None:
        """Queue a task whose process died, or give it up."""
        attempt.deaths += 1
        if may_retry and attempt.deaths <= self._retries:
            if self._is_over:
                return
            self._again.append(attempt)
            self._run.retry(attempt.number, cause)
            return
        times = f" (tried {attempt.deaths} times)" if attempt.deaths > 1 else ""
        self._run.lose(attempt.number, cause + times)

    def _fail(self, future: Future) -> None:
        """Attend to a task of which Dask has no answer."""
        status = future.status
        if status == "cancelled":
            # Not by us: the client does it when it loses its scheduler.
            raise self._asking.loss()
        if status != "error":
            cause = "its result was lost with the Dask worker that had it"
            self._try_again(self._landed(future), cause, may_retry=True)
            return
        attempt, error = self._landed(future), self._asking.ask(future.exception)
        if isinstance(error, KilledWorker):
            self._run.lose(
                attempt.number,
                f"each of {error.allowed_failures + 1} Dask workers was lost that had "
                "it; out of memory, or of time?",
            )
        else:
            what = f"the Dask worker cannot run tasks: {type(error).__name__}: {error}"
            self._run.finish(attempt.number, Err("", what))

    def end(self) -> None:
        """Take back what is not done, and hear no more."""
        with suppress(SchedulerLostError):
            for topic in (TOPIC, _OF_SCHEDULER):
                self._asking.ask(self._client.unsubscribe_topic, topic)
            if self._attempts:
                self._asking.ask(self._client.cancel, list(self._attempts), force=True)
