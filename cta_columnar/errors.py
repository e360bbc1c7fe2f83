"""Errors that a user can mend, and how they are worded."""

from collections.abc import Iterable
from difflib import get_close_matches


class UserError(ValueError):
    """What went wrong, where, and what to do, in words for the person who runs it.

    The command line prints the text as it is, without a traceback.
    """


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Hint for an unknown name: the nearest known one, then all of them.

    Examples
    --------
    >>> did_you_mean("window_widht", ["window_shift", "window_width"])
    "did you mean 'window_width'? (known: window_shift, window_width)"
    """
    names = sorted(known)
    if not names:
        return "none is known"
    folded = {each.casefold(): each for each in names}
    near = get_close_matches(name.casefold(), folded, n=1, cutoff=0.5)
    listed = f"known: {', '.join(names)}"
    return f"did you mean {folded[near[0]]!r}? ({listed})" if near else listed
