"""Lists of kept pixels by NumPy: what `kernels.kept_pixels` must equal."""

import numpy as np


def kept_pixels(mask):
    lists = [np.flatnonzero(row) for row in mask]
    return [0, *np.cumsum([len(each) for each in lists])], [
        p for each in lists for p in each
    ]


def gather(values, mask):
    return [float(v) for row, kept in zip(values, mask, strict=True) for v in row[kept]]


def charge_sums(values, mask):
    return [
        row[kept].astype(float).sum() for row, kept in zip(values, mask, strict=True)
    ]
