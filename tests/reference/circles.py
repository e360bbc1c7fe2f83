"""Slow, obvious circle fits: what `kernels.circles` must equal.

The formulas are in the coordinates as given, where the kernels go to the centre of the
points first; the smallest ratio of Taubin comes from NumPy's general eigenvalues.
"""

import numpy as np


def kundu_chaudhuri(x, y, w):
    total = w.sum()
    mx, my = (w * x).sum() / total, (w * y).sum() / total
    a1, a2 = (w * (x - mx) * x).sum(), (w * (y - my) * x).sum()
    b1, b2 = (w * (x - mx) * y).sum(), (w * (y - my) * y).sum()
    c1, c2 = (0.5 * (w * d * (x**2 + y**2)).sum() for d in (x - mx, y - my))
    xc = (b2 * c1 - b1 * c2) / (a1 * b2 - a2 * b1)
    yc = (a2 * c1 - a1 * c2) / (a2 * b1 - a1 * b2)
    d2 = (x - xc) ** 2 + (y - yc) ** 2
    radius = np.sqrt((w * d2).sum() / total)
    deltas, roots = d2 - radius**2, np.sqrt(d2 + radius**2 / 4)
    variances = [
        np.average((v - np.average(v, weights=w)) ** 2, weights=w)
        for v in (deltas, roots)
    ]
    with np.errstate(invalid="ignore"):  # negative for negative weights
        error = np.sqrt(variances[0]) / np.sqrt(variances[1]) / total / np.sqrt(8)
    return np.array([xc, yc, radius, error, error, error / 2])


def taubin_ratio(x, y, w, xc, yc, radius):
    """What Taubin's circle minimises."""
    d2 = (x - xc) ** 2 + (y - yc) ** 2
    return ((w * (d2 - radius**2)) ** 2).sum() / (w * d2).sum()


def taubin(x, y, w):
    # Circle a z + b x + c y + e = 0; z, x, y about a point that is not their centre.
    shape = np.stack([x**2 + y**2, x, y, np.ones_like(x)])
    upper = (shape * w**2) @ shape.T
    lower = np.zeros((4, 4))
    lower[0, :3] = lower[:3, 0] = 0.5 * (shape[:3] @ w)
    lower[0, 0] *= 2
    lower[1, 1] = lower[2, 2] = w.sum() / 4
    # The ratio is smallest where lower / upper is largest.
    values, vectors = np.linalg.eig(np.linalg.solve(upper, lower))
    a, b, c, e = np.real(vectors[:, np.argmax(np.real(values))])
    xc, yc = -b / a / 2, -c / a / 2
    circle = np.array([xc, yc, np.sqrt(xc**2 + yc**2 - e / a)])
    return np.concatenate([circle, taubin_errors(x, y, w, circle)])


def taubin_errors(x, y, w, circle):
    """Errors from second differences of the ratio."""
    step = 1e-3 * circle[2]
    second = np.empty((3, 3))
    for a in range(3):
        for b in range(3):
            da, db = step * np.eye(3)[a], step * np.eye(3)[b]
            corners = [
                taubin_ratio(x, y, w, *(circle + s * da + t * db))
                for s, t in ((1, 1), (1, -1), (-1, 1), (-1, -1))
            ]
            second[a, b] = (corners[0] - corners[1] - corners[2] + corners[3]) / (
                4 * step**2
            )
    return np.sqrt(np.diag(np.linalg.inv(second / 2)))
