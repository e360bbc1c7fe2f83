"""Slow, obvious cubic spline: all conditions on all coefficients, solved at once."""

import numpy as np


def spline(x, y, at):
    """Value at a point of the not-a-knot cubic spline through (x, y)."""
    n = len(x) - 1
    rows, right = [], []

    def condition(value, *terms):
        """Sum of piece ``i``'s ``order``-th derivative at ``x0``, with signs."""
        row = np.zeros(4 * n)
        for sign, i, order, x0 in terms:
            for power in range(4):
                coefficients = np.zeros(4)
                coefficients[power] = 1
                polynomial = np.polynomial.Polynomial(coefficients).deriv(order)
                row[4 * i + power] += sign * polynomial(x0 - x[i])
        rows.append(row)
        right.append(value)

    for i in range(n):
        condition(y[i], (1, i, 0, x[i]))
        condition(y[i + 1], (1, i, 0, x[i + 1]))
    for i in range(n - 1):
        for order in (1, 2):
            condition(0, (1, i, order, x[i + 1]), (-1, i + 1, order, x[i + 1]))
    for i in (0, n - 2):
        condition(0, (1, i, 3, x[i + 1]), (-1, i + 1, 3, x[i + 1]))
    solution = np.linalg.solve(rows, right)
    piece = min(max(np.searchsorted(x, at, "right") - 1, 0), n - 1)
    return np.polynomial.Polynomial(solution[4 * piece :][:4])(at - x[piece])
