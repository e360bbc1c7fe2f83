"""Signals that this process gets while it begins others."""

import signal
import threading
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


@contextmanager
def keeping_ctrl_c() -> Iterator[None]:
    """Keep what Ctrl-C does from modules that change it where they are imported."""
    before = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        if before is not None and signal.getsignal(signal.SIGINT) is not before:
            signal.signal(signal.SIGINT, before)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM wait until the end of the context.

    In the main thread only: others are never interrupted.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard: list[int] = []
    waiting = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(n, lambda number, _: heard.append(number)) for n in waiting]
    try:
        yield
    finally:
        for number, handler in zip(waiting, before, strict=True):
            signal.signal(number, handler)
        if heard:
            signal.raise_signal(heard[0])
