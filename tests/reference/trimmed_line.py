"""Slow, obvious least trimmed squares: what `kernels.trimmed_line` must equal."""

import numpy as np

SINGULAR = 4.4e-16


def fit(x, y):
    if len(x) * ((x - x.mean()) ** 2).sum() < SINGULAR:
        return None
    design = np.stack([x, np.ones_like(x)], axis=1)
    return np.linalg.lstsq(design, y, rcond=None)[0]


def squares(x, y, line):
    return (y - line[0] * x - line[1]) ** 2


def trimmed_sum(x, y, n_kept, line):
    return np.sort(squares(x, y, line))[:n_kept].sum()


def refine(x, y, n_kept, line):
    for _ in range(20):
        closest = np.argsort(squares(x, y, line), kind="stable")[:n_kept]
        line = fit(x[closest], y[closest])
        if line is None:
            return None
    return line


def trimmed_line(x, y, n_kept, pairs):
    starts = [np.arange(len(x)), *map(list, pairs)]
    lines = [fit(x[s], y[s]) for s in starts]
    lines = [refine(x, y, n_kept, line) for line in lines if line is not None]
    lines = [line for line in lines if line is not None]
    if not lines:
        return np.array([np.nan, np.nan])

    def smallest(lines, score):
        return [a for a in lines if score(a) <= min(map(score, lines)) + 1e-12]

    lines = smallest(lines, lambda line: trimmed_sum(x, y, n_kept, line))
    lines = smallest(lines, lambda line: squares(x, y, line).sum())
    return min(lines, key=lambda line: abs(line[0]))
