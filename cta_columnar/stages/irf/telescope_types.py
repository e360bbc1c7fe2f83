"""Which types of telescopes took part in an event, as a number."""

import numpy as np

from cta_columnar.array_types import I8, AnyArray
from cta_columnar.errors import UserError

NAME = "telescope_types"
_MOST = 16


def telescope_types(offsets: AnyArray, tel_ids: AnyArray, type_of: I8) -> I8:
    """Combine the types of the telescopes of each event.

    Parameters
    ----------
    offsets : int[n + 1]
        Where the telescopes of each event begin.
    tel_ids : int[k]
        Telescopes of all events.
    type_of : int64[t]
        Number of the type of the telescope with the id t.

    Returns
    -------
    combination : int64[n]
        Sum of 2^i over the types i; 0 without a telescope.

    Raises
    ------
    UserError
        If there are too many types.
    """
    if type_of.size and type_of.max() >= _MOST:
        raise UserError(f"{NAME}: more than {_MOST} types of telescopes have no number")
    ids = np.asarray(tel_ids, np.int64)
    event = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    combination = np.zeros(len(offsets) - 1, np.int64)
    np.bitwise_or.at(combination, event, 1 << type_of[ids])
    return combination
