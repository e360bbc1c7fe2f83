"""Telescope events against the lists of telescopes in the trigger block."""

from cta_columnar.kernels._jit import njit
from cta_columnar.kernels._types import I2, I8, Mask
from cta_columnar.kernels.simtel import codes


@njit
def match_triggers(
    starts: I8,
    tel_id: I8,
    triggered: I8,
    triggered_id: I2,
    out: I8,
) -> None:
    """Find the trigger of each telescope event.

    Parameters
    ----------
    starts : int64[n + 1]
        Where the telescope events of each array event start.
    tel_id : int64[k]
        Their telescopes.
    triggered : int64[n + 1]
        Where the triggered telescopes of each array event start.
    triggered_id : int16[t]
        Triggered telescopes.
    out : int64[k]
        Entry of ``triggered_id``; -1 where the telescope did not trigger.
    """
    for n in range(starts.size - 1):
        for k in range(starts[n], starts[n + 1]):
            out[k] = -1
            for t in range(triggered[n], triggered[n + 1]):
                if triggered_id[t] == tel_id[k]:
                    out[k] = t
                    break


@njit
def check_complete(
    starts: I8,
    tel_id: I8,
    with_data: I8,
    data_id: I2,
    is_wanted: Mask,
) -> tuple[int, int]:
    """Check that every telescope that should have data has a telescope event.

    Parameters
    ----------
    starts, tel_id
        As in `match_triggers`.
    with_data : int64[n + 1]
        Where the telescopes with data of each array event start.
    data_id : int16[d]
        Telescopes with data.
    is_wanted : bool[i]
        Whether telescope ``i`` is read.

    Returns
    -------
    done, code : int
        Array events without error, and what is wrong with the next one.
    """
    for n in range(starts.size - 1):
        for d in range(with_data[n], with_data[n + 1]):
            wanted = data_id[d]
            if wanted < 0 or wanted >= is_wanted.size or not is_wanted[wanted]:
                continue
            is_there = False
            for k in range(starts[n], starts[n + 1]):
                is_there |= tel_id[k] == wanted
            if not is_there:
                return n, codes.MISSING_TELESCOPE
    return starts.size - 1, codes.OK
