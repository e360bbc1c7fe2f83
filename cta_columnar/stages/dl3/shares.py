"""Which simulated events make responses, and which are seen in observations.

An observation of events that its own response was made of would agree with it better
than any real one. So a share of the showers makes responses and the others are
observed. Which ones follows from their numbers alone, as with those that models are
trained on (`stages.training_share`), and does not depend on those.
"""

from zlib import crc32

import numpy as np

from cta_columnar.array_types import F8, I8, Mask
from cta_columnar.errors import UserError
from cta_columnar.stages.training_share import USES_PER_SHOWER, uniform

# Streams of random numbers, beside those of `stages.training_share`.
RESPONSE, WHO, WHEN = 4, 5, 6


def makes_responses(seed: int, fraction: float, obs_id: I8, event_id: I8) -> Mask:
    """Whether simulated events belong to those that responses are made of.

    Parameters
    ----------
    seed : int
        Of the responses.
    fraction : float
        Share of the showers, from 0 to below 1. Responses are to count that share of
        the thrown showers.
    obs_id, event_id : int64[n]
        Keys of the events.

    Returns
    -------
    bool[n]
        The same for all uses of a shower.

    Raises
    ------
    UserError
        If no share is left for observations.
    """
    if not 0 <= fraction < 1:
        raise UserError(
            f"a share of {fraction:g} of the showers for responses leaves none to be "
            "observed: wanted is 0 to below 1"
        )
    mask: Mask = uniform(seed, RESPONSE, obs_id, event_id) < fraction
    return mask


def number_of_each(seed: int, stream: int, sample: str, obs_id: I8, event_id: I8) -> F8:
    """Draw a number in [0, 1) for each event of a sample.

    Parameters
    ----------
    seed : int
        Of the observations.
    stream : int
        What it is for, `WHO` or `WHEN`.
    sample : str
        Name of the sample: gamma rays and protons have the same keys.
    obs_id, event_id : int64[n]
        Keys of the events.
    """
    # `uniform` draws for showers; here, each use of a shower has a number of its own.
    as_shower = np.asarray(event_id, np.int64) * USES_PER_SHOWER
    return uniform(seed, stream + 16 * crc32(sample.encode()), obs_id, as_shower)
