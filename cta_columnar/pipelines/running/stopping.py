"""Signals by which batch systems say that time is nearly up.

SIGTERM stops a run at once, as Ctrl-C does: what is committed stays, drafts are
removed. After SIGUSR1 no shard is begun any more, and those that are being worked on
are finished.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Stopped(KeyboardInterrupt):
    """The run was stopped by a signal.

    Parameters
    ----------
    number : int
        Of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"stopped by {signal.Signals(number).name}")
        self.number = number

    @property
    def status(self) -> int:
        """Exit status that tells it, as shells have it."""
        return 128 + self.number


class _Asked:
    """Whether the process was asked to begin nothing new."""

    number = 0


@contextmanager
def stoppable() -> Iterator[None]:
    """Obey SIGTERM and SIGUSR1 meanwhile; for programs, not for libraries."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {
        signal.SIGTERM: signal.signal(signal.SIGTERM, _at_once),
        signal.SIGUSR1: signal.signal(signal.SIGUSR1, _soon),
    }
    try:
        yield
    finally:
        _Asked.number = 0
        for number, handler in before.items():
            signal.signal(number, handler)


def _at_once(number: int, _frame: FrameType | None) -> None:
    # Once is enough: a second one would disturb the cleaning up.
    signal.signal(number, signal.SIG_IGN)
    raise Stopped(number)


def _soon(number: int, _frame: FrameType | None) -> None:
    _Asked.number = number


def may_begin() -> bool:
    """Say whether a shard may be begun: not after a signal asked for no more."""
    return not _Asked.number


def stop_if_asked() -> None:
    """Stop here if that was asked.

    Raises
    ------
    Stopped
        If so.
    """
    if _Asked.number:
        raise Stopped(_Asked.number)
