"""Errors that a user can mend, and how they are worded."""

from collections.abc import Iterable
from difflib import get_close_matches


class UserError(ValueError):
    """What went wrong, where, and what to do, in words for the person who runs it.

    The command line prints the text as it is, without a traceback.
    """


MAX_LISTED = 30
"""Of more known names a hint lists the nearest alone."""

_NEAREST = 3


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Hint for an unknown name: the nearest known one, then all of them.

    If these are more than `MAX_LISTED`, the nearest few, and how many there are.

    Examples
    --------
    >>> did_you_mean("window_widht", ["window_shift", "window_width"])
    "did you mean 'window_width'? (known: window_shift, window_width)"
    """
    names = sorted(known)
    if not names:
        return "none is known"
    folded = {each.casefold(): each for each in names}
    is_short = len(names) <= MAX_LISTED
    n = 1 if is_short else _NEAREST
    near = get_close_matches(name.casefold(), folded, n=n, cutoff=0.5)
    listed = f"known: {', '.join(names)}" if is_short else f"{len(names)} are known"
    if not near:
        return listed if is_short else f"{listed}, none like it"
    meant = " or ".join(repr(folded[each]) for each in near)
    return f"did you mean {meant}? ({listed})"
