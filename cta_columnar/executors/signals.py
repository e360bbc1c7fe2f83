"""Signals that this process gets while it begins others."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def not_warned() -> Iterator[None]:
    """Keep SIGUSR1 from processes and threads that begin meanwhile, and from theirs.

    By it batch systems warn all processes of a job that time is nearly up; what does
    not know it would end. Blocked, not ignored: this process still gets it, later.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
