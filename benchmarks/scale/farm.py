"""The workers of a simulation, and how long the tasks take that they do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np


@dataclass(frozen=True)
class Farm:
    """The workers.

    Attributes
    ----------
    workers : int
        How many.
    ramp_s : float
        The time in which they come, evenly.
    lost_per_hour : float
        How often a worker is lost.
    back_after_s : float
        When it, or another one in its place, is there again.
    seed : int
        Of the moments of loss.
    """

    workers: int
    ramp_s: float = 0.0
    lost_per_hour: float = 0.0
    back_after_s: float = 60.0
    seed: int = 1


def lifetimes(farm: Farm) -> Iterator[float]:
    """Yield how long one worker after the other works until it is lost."""
    if not farm.lost_per_hour:
        yield from repeat(float("inf"))
    random = np.random.default_rng(farm.seed)
    while True:
        yield float(random.exponential(3600 / farm.lost_per_hour))


def drawn(
    shape: Sequence[float],
    mean_s: float,
    count: int,
    *,
    straggler_share: float = 0.0,
    straggler_factor: float = 1.0,
    seed: int = 1,
) -> list[float]:
    """Draw times of tasks from measured ones, scaled to a mean.

    Parameters
    ----------
    shape : sequence of float
        Measured times, of which only the ratios count.
    mean_s : float
        What they are scaled to, stragglers not counted.
    count : int
        How many.
    straggler_share, straggler_factor : float
        Part of the tasks that take longer, and by how much.
    seed : int
        Of the draws.
    """
    random = np.random.default_rng(seed)
    values = np.asarray(shape, float)
    times = random.choice(values / values.mean(), count) * mean_s
    slow = random.random(count) < straggler_share
    found: list[float] = np.where(slow, times * straggler_factor, times).tolist()
    return found
