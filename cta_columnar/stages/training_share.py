"""Which showers a training may use, as a function of their numbers alone.

Nobody has to keep a list of events: who knows the seed and the share knows for each
event whether it was trained on, in a dataset that was made anew as well. All uses of a
shower go together, since their images are alike: programs that read CORSIKA's showers
(sim_telarray, and `ctacol simulate`) number array events by 100 times the shower plus
the use.
"""

from typing import Any

import numpy as np

from cta_columnar.array_types import F8, I8, AnyArray

USES_PER_SHOWER = 100

# Streams of random numbers: what they decide must not depend on each other.
SHARE, FOLD, SAMPLE = 1, 2, 3

_STEP = np.uint64(0x9E3779B97F4A7C15)


def shower_number(event_id: I8) -> I8:
    """int64[n]: showers of array events, counted within their run."""
    return np.asarray(event_id, np.int64) // USES_PER_SHOWER


def in_share(seed: int, fraction: float, obs_id: I8, event_id: I8) -> AnyArray:
    """Whether array events belong to the share that is trained on.

    Parameters
    ----------
    seed : int
        Of the training.
    fraction : float
        Share of the showers, 1 for all.
    obs_id, event_id : int64[n]
        Keys of the events.

    Returns
    -------
    bool[n]
        The same for all uses of a shower.
    """
    share: AnyArray = uniform(seed, SHARE, obs_id, event_id) < fraction
    return share


def uniform(seed: int, stream: int, obs_id: I8, event_id: I8) -> F8:
    """Draw a number in [0, 1) for the shower of each event.

    Parameters
    ----------
    seed : int
        Of all numbers.
    stream : int
        What they are for, one of `SHARE`, `FOLD`, `SAMPLE`.
    obs_id, event_id : int64[n]
        Keys of the events.

    Returns
    -------
    float64[n]
        Multiples of 2^-53. By the mixing function of SplitMix64: G. L. Steele, D. Lea,
        C. H. Flood, "Fast splittable pseudorandom number generators", OOPSLA (2014),
        doi:10.1145/2660193.2660195, over one number after the other.
    """
    state: Any = np.uint64(0)
    with np.errstate(over="ignore"):
        for word in (seed, stream, obs_id, shower_number(event_id)):
            state = _mixed(state + np.asarray(word).astype(np.uint64) + _STEP)
    draws: F8 = (state >> np.uint64(11)) * 2.0**-53
    return draws


def _mixed(z: Any) -> Any:  # noqa: ANN401 - uint64[n], or one of them
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
