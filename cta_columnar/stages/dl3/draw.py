"""Simulated events to observations: by weight, and each of them once at most.

The weight of an event in an observation is the number of such events expected there. An
event with a random number u goes to the first observation for which the sum of its
weights, up to and including that one, is above u. Simulated events are a Poisson
process of their own, and a process that is thinned is one again: so the number of
events drawn varies from one simulation to the next as that of a real observation would,
and events of different observations are independent. From one seed to the next, with
the same simulation, it varies less: by the sum of ``weight * (1 - weight)``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_UP, Context, Decimal
from itertools import count

import numpy as np

from cta_columnar.array_types import F8, I8
from cta_columnar.errors import UserError
from cta_columnar.stages.dl3.observation import Observation


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
    n_heavy : int
        Events that weigh more than 1 in all observations together.
    heaviest : float
        The largest such weight.
    """

    observation: I8
    expected: F8
    lost: F8
    n_heavy: int = 0
    heaviest: float = 0.0


def draw(weights: Iterable[F8], numbers: F8, sample: str) -> Drawn:
    """Draw events for observations.

    Parameters
    ----------
    weights : iterable of float64[n]
        Events that each event stands for, in each of k observations. Gone through
        twice, so that those of one observation at a time need to be there.
    numbers : float64[n]
        Random, in [0, 1); the same for any observations, so that no event is in two.
    sample : str
        Name of the sample, for messages.

    Returns
    -------
    drawn : Drawn
        Whether too many are lost is asked by `check_losses`.

    Raises
    ------
    UserError
        If weights are no weights.
    """
    total = np.zeros(numbers.shape)
    expected = []
    for row in weights:
        _check(row, sample)
        total += row
        expected.append(row.sum())
    possible = []
    upper = np.zeros(numbers.shape)
    observation = np.full(numbers.shape, -1, np.int64)
    for k, row in enumerate(weights):
        scaled = row / np.maximum(total, 1.0)
        possible.append(scaled.sum())
        upper += scaled
        observation[(observation < 0) & (numbers < upper)] = k
    lost = np.array(expected) - np.array(possible)
    return Drawn(
        observation,
        np.array(expected),
        np.maximum(lost, 0.0),
        int(np.count_nonzero(total > 1)),
        float(total.max(initial=0.0)),
    )


def _check(weights: F8, sample: str) -> None:
    bad = np.count_nonzero(~(np.isfinite(weights) & (weights >= 0)))
    if bad:
        raise UserError(f"{sample}: {bad} weights are negative or no finite numbers")


def check_losses(
    drawn: Mapping[str, Drawn],
    observations: Sequence[Observation],
    tolerated_loss: float = 0.0,
) -> None:
    """Refuse observations for which too many events are missing.

    Parameters
    ----------
    drawn : mapping of str to Drawn
        By name of the sample.
    observations : sequence of Observation
        That they were drawn for.
    tolerated_loss : float
        Share of the expected events of an observation that may be lost because events
        weigh more than 1.

    Raises
    ------
    UserError
        If more are lost. It says how long these events last.
    """
    shares = {name: _largest_share(each) for name, each in drawn.items()}
    bad = [name for name, (_, share) in shares.items() if share > tolerated_loss]
    if not bad:
        return
    asked = sum(each.ontime for each in observations)
    told = []
    for name in bad:
        each, row = drawn[name], shares[name][0]
        told.append(
            f"{name}: {each.n_heavy} of {each.observation.size} simulated events would "
            f"have to be seen more than once, the heaviest {each.heaviest:.3g} times, "
            f"and {each.lost[row]:.4g} of {each.expected[row]:.4g} events expected in "
            f"observation {observations[row].obs_id} would be missing; they last for "
            f"{_said(asked / each.heaviest)}"
        )
    lasting = asked / max(drawn[name].heaviest for name in bad)
    raise UserError(
        f"{'. '.join(told)}. Of the {asked / 60:g} min asked for, all observations "
        f"together can have {_said(lasting)}: set a shorter duration, or spectra as "
        "many times fainter, simulate more, or cut harder; to take each event once and "
        "miss the others, tolerate a loss of "
        f"{_tolerable(max(shares[name][1] for name in bad))}"
    )


def _largest_share(drawn: Drawn) -> tuple[int, float]:
    """Observation that loses most of its events, and the share of them."""
    if not drawn.n_heavy:
        # Sums that were rounded differently are no loss.
        return 0, 0.0
    shares = drawn.lost / np.maximum(drawn.expected, np.finfo(float).tiny)
    row = int(np.argmax(shares))
    return row, float(shares[row])


def _said(seconds: float) -> str:
    """Minutes, or seconds, that are not longer than so many seconds, in 2 digits."""
    amount, unit = (seconds / 60, "min") if seconds >= 60 else (seconds, "s")
    rounded = Context(prec=2, rounding=ROUND_DOWN).create_decimal(amount)
    return f"{float(rounded):g} {unit}"


def _tolerable(share: float) -> Decimal:
    """Round a share up to 2 digits, or to as many as it takes to stay below 1."""
    # As much more as rounding may take from the product with what is expected.
    enough = min(share * (1 + 1e-12), float(np.nextafter(1.0, 0.0)))
    rounded = (
        Context(prec=digits, rounding=ROUND_UP).create_decimal(enough)
        for digits in count(2)
    )
    return next(each for each in rounded if each < 1)
