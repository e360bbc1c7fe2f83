"""From the raw outputs of a model to what it predicts."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from cta_columnar.array_types import F8

Link = Callable[[F8], F8]


def _identity(raw: F8) -> F8:
    return raw


def _exp(raw: F8) -> F8:
    # Overflow is an infinite prediction, as the estimator has it.
    with np.errstate(over="ignore"):
        return np.exp(raw)


def _logistic(raw: F8) -> F8:
    """Probabilities of both classes; the raw output speaks for the second one."""
    with np.errstate(over="ignore"):
        second = 1 / (1 + np.exp(-raw[:, 0]))
    return np.stack([1 - second, second], axis=1)


def _softmax(raw: F8) -> F8:
    odds = np.exp(raw - raw.max(axis=1, keepdims=True))
    probabilities: F8 = odds / odds.sum(axis=1, keepdims=True)
    return probabilities


LINKS: Mapping[str, Link] = MappingProxyType(
    {
        "identity": _identity,
        "exp": _exp,
        "logistic": _logistic,
        "softmax": _softmax,
    }
)
"""By name: float64[r, o] raw outputs to float64[r, k] predictions."""
