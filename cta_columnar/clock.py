"""Where the processor time of a shard goes."""

import time


class StepClock:
    """Adds processor time to sums by step.

    All time between two calls goes to the later step, so that the sums are the time of
    the whole.

    Attributes
    ----------
    seconds : dict of str to float
        Sums so far.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.process_time()

    def add(self, step: str) -> None:
        """Add the time since the last call."""
        now = time.process_time()
        self.seconds[step] = self.seconds.get(step, 0.0) + now - self._last
        self._last = now
