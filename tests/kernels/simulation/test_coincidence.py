import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.simulation import coincidence as reference

from cta_columnar.kernels.simulation.coincidence import (
    array_trigger,
    coincidence,
    crossings,
)

few = settings(deadline=None, max_examples=30)
SEED = st.integers(0, 2**32 - 1)


def some_groups(rng, n_groups, n_members, size):
    picks = [rng.permutation(n_members)[:size] for _ in range(n_groups)]
    return np.array(picks, np.int32).reshape(-1, size)


@few
@given(SEED, st.integers(0, 6), st.integers(1, 3), st.integers(1, 3), st.integers(1, 9))
def test_coincidence_equals_the_reference(seed, n_groups, size, gate, n_steps):
    rng = np.random.default_rng(seed)
    hopeful = rng.random(5) < 0.8
    traces = rng.integers(0, 5, (hopeful.sum(), n_steps)).astype(np.float32)
    groups = some_groups(rng, n_groups, 5, size)
    step, fired = coincidence(hopeful, traces, groups, 3.0, gate)
    by_member = dict(zip(np.flatnonzero(hopeful).tolist(), traces, strict=True))
    want_step, want_fired = reference.coincidence(by_member, groups.tolist(), 3.0, gate)
    assert step == want_step
    assert set(np.flatnonzero(fired).tolist()) == want_fired
    times = crossings(fired, hopeful, traces, 3.0)
    for e in range(5):
        want = reference.crossing(by_member[e], 3.0) if e in want_fired else np.nan
        np.testing.assert_allclose(times[e], want)


@few
@given(
    st.lists(
        st.tuples(st.just(np.nan) | st.integers(0, 30).map(float), st.integers(-1, 1)),
        max_size=7,
    ),
    st.integers(1, 3),
)
def test_array_trigger_equals_the_reference(telescopes, multiplicity):
    time = np.array([t for t, _ in telescopes], float)
    hard = np.array([h for _, h in telescopes], np.int32)
    got = array_trigger(time, hard, 3.0, 8.0, multiplicity)
    want = reference.array(time.tolist(), hard.tolist(), 3.0, 8.0, multiplicity)
    assert set(np.flatnonzero(got).tolist()) == want
