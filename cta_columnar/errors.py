"""Errors that a user can mend, and how they are worded."""

import errno
import os
from collections.abc import Iterable
from difflib import get_close_matches


class UserError(ValueError):
    """What went wrong, where, and what to do, in words for the person who runs it.

    The command line prints the text as it is, without a traceback.
    """


class ReadError(UserError):
    """The operating system refused to read: that tells nothing of what is there.

    It is no damage: what cannot be read is neither left out nor done again.

    Parameters
    ----------
    path : path
        The file.
    error : OSError
        What the system said.
    """

    def __init__(self, path: str | os.PathLike[str], error: OSError) -> None:
        # Two arguments, so that it travels between processes.
        super().__init__(path, error)
        self.path, self.error = path, error

    def __str__(self) -> str:
        reason = os.strerror(self.error.errno) if self.error.errno else self.error
        return (
            f"cannot read {self.error.filename or self.path}: {reason}; what is there "
            "stays. When the disk is well, do the same again"
        )


def is_disk_failure(error: BaseException) -> bool:
    """Whether a disk or its server failed, and not what is asked of it."""
    return isinstance(error, OSError) and error.errno in _OF_DISKS


_OF_DISKS = {errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.ENOTCONN, errno.EREMOTEIO}
_OF_DISKS |= {errno.ENXIO, errno.ENODEV, errno.EHOSTDOWN, errno.ECONNRESET}

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
