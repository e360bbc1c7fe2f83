"""Two ways downhill to the best parameters of the light of a muon ring.

The likelihood is smooth but for kinks where a point of the ring leaves the chord's rim.
Damped Fisher scoring comes near the optimum in few steps; the simplex of J. A. Nelder
and R. Mead, Comput. J. 7, 308 (1965), which needs no slopes, goes on from there.

Parameters are those of `kernels.muon_light`, values are minus log-likelihoods.
"""

import math

import numpy as np

from cta_columnar.kernels._jit import inline, njit
from cta_columnar.kernels._types import F8
from cta_columnar.kernels.muon_light import N_FREE, Ring, ring_likelihood
from cta_columnar.kernels.small_matrices import cholesky, inverse, solve

TOLERANCE = 1e-6
"""Differences of log-likelihood that mean nothing any more."""
_LONGEST_STEP = 0.5
_DAMPING = 1e-3
_LEAST_DAMPING = 1e-9
_MOST_DAMPING = 1e9
_MOVES_AT_MOST = 600
_FIRST_SIZE = 0.5
"""Size of the simplex in errors of the parameters."""


@inline
def _copy(values: F8, out: F8) -> None:
    # A slice would compile for seconds.
    for i in range(N_FREE):
        out[i] = values[i]


@inline
def _step(gradient: F8, lower: F8, out: F8) -> float:
    """Write the step uphill, of limited length; return the gain expected downhill."""
    solve(lower, gradient, out)
    longest = gain = 0.0
    for i in range(N_FREE):
        longest = max(longest, abs(out[i]))
    shrink = min(1.0, _LONGEST_STEP / longest) if longest > 0.0 else 1.0
    for i in range(N_FREE):
        out[i] *= shrink
        gain += 0.5 * gradient[i] * out[i]
    return gain


@njit
def score(ring: Ring, free: F8, n_steps: int, work: F8) -> float:
    """Improve parameters by Fisher scoring, damped as in K. Levenberg's method.

    Parameters
    ----------
    ring : Ring
        The ring.
    free : float64[4]
        Start, and result.
    n_steps : int
        Steps at most.
    work : float64[2, 3, j]
        To work on.

    Returns
    -------
    value : float
        At the result.
    """
    gradient, step, trial = np.empty(N_FREE), np.empty(N_FREE), np.empty(N_FREE)
    information, damped = np.empty((N_FREE, N_FREE)), np.empty((N_FREE, N_FREE))
    lower = np.empty((N_FREE, N_FREE))
    best = ring_likelihood(ring, free, work, True, gradient, information)
    trial_gradient, trial_information = gradient.copy(), information.copy()
    damping = _DAMPING
    for _ in range(n_steps):
        for i in range(N_FREE):
            _copy(information[i], damped[i])
            damped[i, i] *= 1.0 + damping
        if not cholesky(damped, lower):
            break
        if _step(gradient, lower, step) < TOLERANCE:
            break
        for i in range(N_FREE):
            trial[i] = free[i] - step[i]
        value = ring_likelihood(
            ring, trial, work, True, trial_gradient, trial_information
        )
        if value < best:
            best = value
            _copy(trial, free)
            _copy(trial_gradient, gradient)
            for i in range(N_FREE):
                _copy(trial_information[i], information[i])
            damping = max(0.2 * damping, _LEAST_DAMPING)
        else:
            damping *= 5.0
            if damping > _MOST_DAMPING:
                break
    return best


@inline
def _try_at(
    ring: Ring,
    trial: F8,
    place: int,
    corner: F8,
    value: F8,
    work: F8,
    gradient: F8,
    information: F8,
) -> bool:
    """Put a corner where it is tried, if it is lower there."""
    reached = ring_likelihood(ring, trial, work, False, gradient, information)
    if not reached < value[place]:
        return False
    _copy(trial, corner[place])
    value[place] = reached
    return True


@inline
def _extremes(value: F8) -> tuple[int, int, int]:
    """Places of the best corner, the worst but one, and the worst."""
    best = worst = 0
    for i in range(1, value.size):
        best = i if value[i] < value[best] else best
        worst = i if value[i] > value[worst] else worst
    second = best
    for i in range(value.size):
        if i != worst and value[i] > value[second]:
            second = i
    return best, second, worst


@inline
def _middle(corner: F8, without: int, out: F8) -> None:
    """Write the mean of all corners but one."""
    for k in range(N_FREE):
        total = -corner[without, k]
        for i in range(N_FREE + 1):
            total += corner[i, k]
        out[k] = total / N_FREE


@inline
def _shrink(corner: F8, best: int) -> None:
    """Bring all corners half way to the best one."""
    for i in range(N_FREE + 1):
        for k in range(N_FREE):
            corner[i, k] += 0.5 * (corner[best, k] - corner[i, k])


@njit
def polish(ring: Ring, free: F8, error: F8, work: F8) -> tuple[float, bool]:
    """Improve parameters by the simplex method.

    Parameters
    ----------
    ring : Ring
        The ring.
    free : float64[4]
        Start, and result.
    error : float64[4]
        Errors of the parameters, as a scale.
    work : float64[2, 3, j]
        To work on.

    Returns
    -------
    value : float
        At the result.
    is_at_rest : bool
        Whether the corners came to differ by less than `TOLERANCE`.
    """
    gradient, information = np.empty(N_FREE), np.empty((N_FREE, N_FREE))
    corner, value = np.empty((N_FREE + 1, N_FREE)), np.empty(N_FREE + 1)
    for i in range(N_FREE + 1):
        _copy(free, corner[i])
        if i > 0:
            corner[i, i - 1] += _FIRST_SIZE * error[i - 1]
        value[i] = ring_likelihood(ring, corner[i], work, False, gradient, information)
    middle, trial = np.empty(N_FREE), np.empty(N_FREE)
    best, second, worst = _extremes(value)
    for _ in range(_MOVES_AT_MOST):
        best, second, worst = _extremes(value)
        if value[worst] - value[best] < TOLERANCE:
            break
        lowest, limit = value[best], value[second]
        _middle(corner, worst, middle)
        for k in range(N_FREE):
            trial[k] = 2.0 * middle[k] - corner[worst, k]
        factor = 0.5
        if _try_at(ring, trial, worst, corner, value, work, gradient, information):
            if value[worst] < lowest:
                factor = 2.0
            elif value[worst] < limit:
                continue
        for k in range(N_FREE):
            trial[k] = middle[k] + factor * (corner[worst, k] - middle[k])
        if _try_at(ring, trial, worst, corner, value, work, gradient, information):
            continue
        if factor < 1.0:
            _shrink(corner, best)
            for i in range(N_FREE + 1):
                value[i] = ring_likelihood(
                    ring, corner[i], work, False, gradient, information
                )
    best, second, worst = _extremes(value)
    _copy(corner[best], free)
    return value[best], value[worst] - value[best] < TOLERANCE


@njit
def covariance_at(ring: Ring, free: F8, work: F8, out: F8) -> bool:
    """Write the covariance of the parameters; tell whether there is one.

    Parameters
    ----------
    ring : Ring
        The ring.
    free : float64[4]
        Parameters.
    work : float64[2, 3, j]
        To work on.
    out : float64[4, 4]
        Result: the inverse of Fisher's information.
    """
    gradient, information = np.empty(N_FREE), np.empty((N_FREE, N_FREE))
    lower = np.empty((N_FREE, N_FREE))
    value = ring_likelihood(ring, free, work, True, gradient, information)
    if math.isnan(value) or not cholesky(information, lower):
        return False
    inverse(lower, out)
    return True
