"""Slow, obvious changes of traces: what `kernels.traces` must equal."""

import warnings

import numpy as np


def without_baseline(trace, start, end):
    """One trace less its mean, which NumPy takes in float32."""
    return trace - np.mean(trace[start:end], dtype=np.float32)


def significant(trace, cut):
    return np.array([v if v > cut else 0 for v in trace], np.float32)


def variance(trace):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # all NaN
        return np.nanvar(trace.astype(float))
