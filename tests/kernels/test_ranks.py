import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cta_columnar.kernels.ranks import NO_RANK, SAMPLES_LEFT, rank

SAMPLES = st.lists(st.floats(width=32), min_size=1, max_size=30)


@settings(deadline=None, max_examples=200)
@given(SAMPLES)
def test_the_largest_rank_marks_the_first_maximum_as_in_numpy(samples):
    trace = np.array(samples, np.float32)
    trace[trace == 0] = 0.0  # the sign of zero counts for ranks, see below
    best = max(rank(value, trace.size - s) for s, value in enumerate(trace))
    assert best > NO_RANK
    assert trace.size - (int(best) & SAMPLES_LEFT) == np.argmax(trace)


def test_minus_zero_comes_before_zero():
    ordered = np.array([-np.inf, -1, -1e-45, -0.0, 0.0, 1e-45, 1, np.inf], np.float32)
    ranks = [int(rank(value, 1)) for value in ordered]
    assert ranks == sorted(ranks)
    assert int(rank(np.float32("nan"), 1)) > ranks[-1]
