"""A discrete simulation of a job array: elements begin one by one, and do shards."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from cta_columnar.pipelines.planning.plan import share_out
from cta_columnar.pipelines.running.shards import Piece


@dataclass(frozen=True)
class Batch:
    """What a batch system and its machines allow.

    Attributes
    ----------
    elements : int
        Of the array, at most.
    workers : int
        Processes of an element.
    at_once : int
        Elements that run at the same time, at most.
    start_every_s : float
        The batch system starts one element after the other, not faster.
    start_s : float
        What an element needs before its first shard.
    """

    elements: int
    workers: int
    at_once: int
    start_every_s: float
    start_s: float


@dataclass(frozen=True)
class ArrayOutcome:
    """What happened.

    Attributes
    ----------
    makespan_s : float
        Until the last element ends.
    work_s : float
        All shards one after the other.
    shards_done : int
        By all elements.
    longest_s : float
        Of an element, which its wall time has to allow.
    """

    makespan_s: float
    work_s: float
    shards_done: int
    longest_s: float
    workers: int

    @property
    def efficiency(self) -> float:
        """Part of the time of all workers that was work."""
        return self.work_s / self.workers / self.makespan_s


def simulate_array(
    seconds: Sequence[float], sizes: Sequence[int], batch: Batch
) -> ArrayOutcome:
    """Share out shards as `ctacol plan` does, and let the elements do them.

    Parameters
    ----------
    seconds : sequence of float
        How long each shard takes a worker.
    sizes : sequence of int
        Bytes of each, which is all that a plan knows.
    batch : Batch
        Who does them.
    """
    pieces = [
        Piece((f"{n}",), size, None)  # type: ignore[arg-type]  # nobody runs it
        for n, size in enumerate(sizes)
    ]
    shared = share_out(pieces, batch.elements)
    took = [_element_s([seconds[n] for n in each], batch) for each in shared]
    running: list[float] = []
    ends, next_start = [], 0.0
    for length in took:
        begin = next_start
        if len(running) == batch.at_once:
            begin = max(begin, heapq.heappop(running))
        heapq.heappush(running, begin + length)
        ends.append(begin + length)
        next_start = begin + batch.start_every_s
    workers = min(batch.at_once, len(shared)) * batch.workers
    done = sum(map(len, shared))
    return ArrayOutcome(max(ends), sum(seconds), done, max(took), workers)


def _element_s(seconds: Sequence[float], batch: Batch) -> float:
    """Return how long an element takes: each worker the next shard when it has none."""
    rest = iter(seconds)
    busy = list(islice(rest, batch.workers))
    heapq.heapify(busy)
    for each in rest:
        heapq.heapreplace(busy, busy[0] + each)
    return batch.start_s + max(busy)
