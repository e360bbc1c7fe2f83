"""Coincidences by the letter: what `kernels.simulation.coincidence` must find."""

import numpy as np


def on(trace, threshold, gate):
    above = np.flatnonzero(np.asarray(trace) >= threshold)
    steps = np.arange(len(trace))[:, None]
    return ((steps >= above) & (steps < above + gate)).any(axis=1)


def coincidence(traces, groups, threshold, gate):
    """First step and members; ``traces`` maps the members worth a look to traces."""
    steps, fired = [], set()
    for group in groups:
        if set(group) <= set(traces):
            together = np.all([on(traces[e], threshold, gate) for e in group], axis=0)
            if together.any():
                steps.append(int(together.argmax()))
                fired |= set(group)
    return min(steps, default=-1), fired


def crossing(trace, threshold):
    for s, value in enumerate(trace):
        if value >= threshold:
            if s == 0:
                return 0.0
            before = trace[s - 1]
            return s - 1 + (threshold - before) / (value - before)
    return np.nan


def array(time, hard, hard_window, window, multiplicity):
    def partner(i):
        return any(
            j != i and hard[j] == hard[i] and abs(t - time[i]) <= hard_window
            for j, t in enumerate(time)
        )

    good = [
        i for i, t in enumerate(time) if not np.isnan(t) and (hard[i] < 0 or partner(i))
    ]
    for i in sorted(good, key=lambda i: time[i]):
        event = {j for j in good if 0 <= time[j] - time[i] <= window}
        if len(event) >= multiplicity:
            return event
    return set()
