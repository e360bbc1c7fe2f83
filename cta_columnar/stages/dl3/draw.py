"""Simulated events to observations: by weight, and each of them once at most.

The weight of an event in an observation is the number of such events expected there. An
event with a random number u goes to the first observation for which the sum of its
weights, up to and including that one, is above u. Simulated events are a Poisson
process of their own, and a process that is thinned is one again: so the number of
events drawn varies from one simulation to the next as that of a real observation would,
and events of different observations are independent. From one seed to the next, with
the same simulation, it varies less: by the sum of ``weight * (1 - weight)``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_UP, Context, Decimal
from itertools import count

import numpy as np

from cta_columnar.array_types import F8, I8
from cta_columnar.errors import UserError


@dataclass(frozen=True, eq=False)
class Drawn:
    """Who was drawn for which observation.

    Attributes
    ----------
    observation : int64[n]
        For each event the observation, -1 for none.
    expected : float64[k]
        Events expected in each observation.
    lost : float64[k]
        Of those, the ones that cannot be there, since an event would have to be seen
        twice for them.
    """

    observation: I8
    expected: F8
    lost: F8


def draw(
    weights: F8,
    numbers: F8,
    sample: str,
    tolerated_loss: float = 0.0,
    obs_ids: Sequence[int] = (),
) -> Drawn:
    """Draw events for observations.

    Parameters
    ----------
    weights : float64[k, n]
        Events that each event stands for, in each of k observations.
    numbers : float64[n]
        Random, in [0, 1); the same for any observations, so that no event is in two.
    sample : str
        Name of the sample, for messages.
    tolerated_loss : float
        Share of the expected events of an observation that may be lost because events
        weigh more than 1.
    obs_ids : sequence of int
        Numbers of the observations, for messages; by default from 1 on.

    Returns
    -------
    drawn : Drawn

    Raises
    ------
    UserError
        If weights are no weights, or more events are lost than is tolerated.
    """
    if not (np.isfinite(weights) & (weights >= 0)).all():
        bad = np.count_nonzero(~(np.isfinite(weights) & (weights >= 0)))
        raise UserError(f"{sample}: {bad} weights are negative or no finite numbers")
    total = weights.sum(axis=0)
    scaled = weights / np.maximum(total, 1.0)
    expected, possible = weights.sum(axis=1), scaled.sum(axis=1)
    lost = expected - possible
    if (lost > tolerated_loss * expected).any():
        raise _too_heavy(sample, total, expected, lost, obs_ids)
    upper = np.cumsum(scaled, axis=0)
    first = (upper <= numbers).sum(axis=0)
    observation = np.where(first < len(weights), first, -1).astype(np.int64)
    return Drawn(observation, expected, np.maximum(lost, 0.0))


def _too_heavy(
    sample: str, total: F8, expected: F8, lost: F8, obs_ids: Sequence[int]
) -> UserError:
    heavy, largest = int(np.count_nonzero(total > 1)), float(total.max())
    row = int(np.argmax(lost / np.maximum(expected, np.finfo(float).tiny)))
    number = obs_ids[row] if obs_ids else row + 1
    return UserError(
        f"{sample}: {heavy} of {total.size} simulated events would have to be seen "
        f"more than once, the heaviest {largest:.3g} times, and {lost[row]:.4g} of "
        f"{expected[row]:.4g} events expected in observation {number} would be "
        f"missing. Observe for 1/{np.ceil(largest):.0f} of the time in all, simulate "
        "more, or cut harder; to take each once and miss the others, tolerate a loss "
        f"of {_tolerable(float(lost[row] / expected[row]))}"
    )


def _tolerable(share: float) -> Decimal:
    """Round a share up to 2 digits, or to as many as it takes to stay below 1."""
    # As much more as rounding may take from the product with what is expected.
    enough = min(share * (1 + 1e-12), float(np.nextafter(1.0, 0.0)))
    rounded = (
        Context(prec=digits, rounding=ROUND_UP).create_decimal(enough)
        for digits in count(2)
    )
    return next(each for each in rounded if each < 1)
