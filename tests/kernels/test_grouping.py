import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import grouping as reference

from cta_columnar.kernels.grouping import event_offsets

keys = st.tuples(st.integers(0, 2), st.integers(-2, 4))


def columns(pairs):
    array = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return array[:, 0].copy(), array[:, 1].copy()


@settings(deadline=None, max_examples=100)
@given(st.sets(keys), st.lists(keys, max_size=12), st.booleans())
def test_kernel_equals_reference(events, rows, in_order):
    events = sorted(events)
    if in_order:
        rows = sorted(rows)
    offsets, n_matched = event_offsets(*columns(events), *columns(rows))
    want = reference.event_offsets(events, rows)
    if want is None:
        # The first row that has no place behind the ones before it.
        assert n_matched < len(rows)
        assert reference.event_offsets(events, rows[:n_matched]) is not None
        assert reference.event_offsets(events, rows[: n_matched + 1]) is None
    else:
        assert n_matched == len(rows)
        assert offsets.tolist() == want


def test_nothing():
    none = np.empty(0, np.int64)
    offsets, n_matched = event_offsets(none, none, none, none)
    assert offsets.tolist() == [0]
    assert n_matched == 0
