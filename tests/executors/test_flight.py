"""What becomes of tasks whose results are lost, by a client that is told it."""

import pickle
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from distributed.scheduler import KilledWorker
from executors import sample_tasks

from cta_columnar.executors import Err, Ok, SchedulerLostError, Task
from cta_columnar.executors.dask import flight
from cta_columnar.executors.dask.clusters import Connection
from cta_columnar.executors.dask.flight import Flight
from cta_columnar.executors.dask.on_worker import Answer, Setup
from cta_columnar.executors.state import RunState

LOST_AGAIN = KilledWorker("a", SimpleNamespace(address="tls://a"), 3)


@dataclass(eq=False)
class Told:
    """A future whose status is known beforehand; the last one stays."""

    key: str
    statuses: list[str]

    @property
    def status(self):
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]

    def done(self):
        return self.statuses[0] != "pending"

    def add_done_callback(self, heard):
        heard(self)

    def exception(self):
        return LOST_AGAIN


@dataclass
class Client:
    """Gives each attempt the statuses that come next."""

    statuses: list[list[str]]
    keys: list[str] = field(default_factory=list)
    begun: list[str] = field(default_factory=list)
    taken_back: list[str] = field(default_factory=list)
    status: str = "running"
    scheduler = SimpleNamespace(address="tls://here")

    def map(self, _function, messages, *, key, **_):
        assert len(messages) == len(key)
        self.keys += key
        return [Told(each, self.statuses.pop(0)) for each in key]

    def gather(self, futures, *, errors):
        assert errors == "skip"
        done = Answer(pickle.dumps(Ok("a", 7)))
        return {k: done if f.status == "finished" else None for k, f in futures.items()}

    def nthreads(self):
        return {"tls://a": 1}

    def ignore(self, *_, **__):
        pass

    def run(self, _function, _flight, *, on_error):
        assert on_error == "ignore"
        return {"tls://a": [*self.begun]}

    def cancel(self, futures, *, force):
        assert force
        self.taken_back += [each.key for each in futures]

    subscribe_topic = unsubscribe_topic = ignore


@pytest.fixture
def run_of(monkeypatch):
    """Run one task by a client; return its result and what was told meanwhile."""
    monkeypatch.setattr(flight, "Future", Told)

    def run(client, retries=2):
        told = []
        tasks = [Task("a", sample_tasks.double, (1,))]
        state = RunState(tasks, None, None, lambda *what: told.append(what))
        hand = Flight(Connection(client), Setup("", b"", ""), state, retries)
        while hand.refill():
            hand.listen()
        return *state.results(), told

    return run


@pytest.mark.parametrize("status", ["lost", "pending"])
def test_a_task_whose_result_was_lost_is_done_again(run_of, status):
    client = Client([[status], ["finished"]])
    result, told = run_of(client)
    assert result.value == 7
    assert [(n, "result was lost" in cause) for n, cause in told] == [(0, True)]
    assert len(set(client.keys)) == 2


def test_a_result_that_is_lost_while_it_is_fetched(run_of):
    result, told = run_of(Client([["finished", "lost"], ["finished"]]))
    assert (result.value, len(told)) == (7, 1)
    result, told = run_of(Client([["finished", "error"]]))
    assert isinstance(result, Err)
    assert "each of 4 Dask workers was lost" in result.message


def test_results_that_are_always_lost(run_of):
    result, told = run_of(Client([["lost"]] * 3))
    assert "was lost with the Dask worker that had it (tried 3 times)" in result.message
    assert len(told) == 2


def test_a_task_that_was_cancelled_means_a_lost_scheduler(run_of):
    with pytest.raises(SchedulerLostError, match="tls://here is gone"):
        run_of(Client([["cancelled"]]))


@pytest.fixture
def over():
    """Return a flight of three tasks, of which none may begin now; the second runs."""
    client = Client([["pending"]] * 3)
    tasks = [Task(name, sample_tasks.double, (1,)) for name in "abc"]
    told, may_begin = [], [True]
    tell = lambda *what: told.append(what)  # noqa: E731
    state = RunState(tasks, None, None, tell, lambda: may_begin[0])
    hand = Flight(Connection(client), Setup("", b"", ""), state, 2)
    assert hand.refill()
    client.begun.append(client.keys[1])
    may_begin[0] = False
    return SimpleNamespace(client=client, hand=hand, state=state, told=told)


def test_tasks_that_no_worker_has_begun_are_taken_back(over):
    assert over.hand.refill()
    first, second, third = over.client.keys
    assert over.client.taken_back == [first, third]
    (running,) = over.hand._attempts
    assert running.key == second
    over.hand._take(over.hand._landed(running), Answer(pickle.dumps(Ok("b", 7))))
    assert not over.hand.refill()
    assert [(each.name, each.number) for each in over.state.results()] == [("b", 1)]


@pytest.mark.parametrize("answer", [Answer(death="killed"), Answer(was_begun=False)])
def test_a_task_is_not_tried_again_if_none_is_to_be_begun(over, answer):
    over.hand.refill()
    (running,) = over.hand._attempts
    over.hand._take(over.hand._landed(running), answer)
    assert not over.hand.refill()
    assert (over.state.results(), over.told) == ([], [])


@pytest.mark.parametrize("expected", [True, False])
def test_the_task_of_a_lost_worker_is_taken_back_if_none_is_to_be_begun(over, expected):
    over.hand.refill()
    key = over.client.keys[1]
    report = {"action": "remove-worker", "processing-tasks": {key: 0}}
    over.hand._hear(report | {"expected": expected})
    assert over.client.taken_back[-1] == key
    assert not over.hand.refill()
    assert over.told == []
