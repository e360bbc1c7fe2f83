"""Something that is looked at again and again while something else goes on."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def looking(look: Callable[[], None], every_s: float) -> Iterator[None]:
    """Call a function in a thread of its own, every so many seconds, meanwhile."""
    done = threading.Event()

    def again_and_again() -> None:
        while not done.wait(every_s):
            look()

    thread = threading.Thread(target=again_and_again)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
