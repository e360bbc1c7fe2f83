"""Size and age of an electromagnetic shower, after Greisen."""

import math


def particles(first, maximum, y, number, depth):
    x = (depth - first) / 36.62
    if x <= 0:
        return 0.0, 0.0
    average = y - (maximum - first) / 36.62
    t = x + average * (1 - math.exp(-x))
    if t <= 0:
        return 0.0, 0.0
    s = 3 * t / (t + 2 * y)
    return number * 0.31 / math.sqrt(y) * math.exp(t) * s ** (-1.5 * t), s
