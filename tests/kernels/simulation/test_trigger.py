import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.simulation import trigger as reference
from reference.simulation.electronics import volts

from cta_columnar.kernels.simulation.electronics import first_of_pixels
from cta_columnar.kernels.simulation.trigger import (
    hopeful_members,
    member_traces,
    search_span,
)

few = settings(deadline=None, max_examples=30)
SEED = st.integers(0, 2**32 - 1)


def some_members(rng, n_members, n_pixels):
    members = np.full((n_members, 3), -1, np.int32)
    for row in members:
        n = rng.integers(1, 4)
        row[:n] = rng.permutation(n_pixels)[:n]
    return members


def some_groups(rng, n_groups, n_members, size):
    picks = [rng.permutation(n_members)[:size] for _ in range(n_groups)]
    return np.array(picks, np.int32).reshape(-1, size)


@few
@given(SEED, st.integers(0, 5), st.integers(1, 3), st.integers(0, 20))
def test_hopeful_members_equal_the_reference(seed, n_groups, size, n):
    rng = np.random.default_rng(seed)
    members = some_members(rng, 6, 8)
    groups = some_groups(rng, n_groups, 6, size)
    pixel = np.sort(rng.integers(0, 8, n)).astype(np.int32)
    charge = rng.exponential(1, n).astype(np.float32)
    gain = rng.integers(0, 2, 8).astype(np.float32)
    got = hopeful_members(first_of_pixels(pixel, 8), charge, gain, members, groups, 1.0)
    light = gain * np.bincount(pixel, charge, 8)
    np.testing.assert_array_equal(got, reference.hopeful(light, members, groups, 1.0))


@few
@given(st.lists(st.floats(-1e3, 1e3, width=32), min_size=1, max_size=9))
def test_span_holds_all_light_or_is_about_the_mean(times):
    arrival = np.array(times, np.float32)
    first, last = search_span(arrival, 100.0)
    low, high = float(arrival.min()), float(arrival.max())
    assert low <= first <= last <= high
    if high - low <= 100:
        assert (first, last) == (low, high)
    else:
        assert last - first == pytest.approx(100)
        middle = np.clip(arrival.mean(dtype=float), low + 50, high - 50)
        assert 0.5 * (first + last) == pytest.approx(middle, abs=1e-3)


@few
@given(SEED, st.integers(1, 9))
def test_member_traces_equal_the_reference(seed, n_steps):
    rng = np.random.default_rng(seed)
    members = some_members(rng, 4, 5)
    hopeful = rng.random(4) < 0.6
    pixel = np.sort(rng.integers(0, 5, 12)).astype(np.int32)
    arrival = rng.uniform(0, 15, 12).astype(np.float32)
    charge = rng.exponential(1, 12).astype(np.float32)
    pulses = rng.uniform(0, 1, (4, 5)).astype(np.float32)
    gain, sky = rng.uniform(0, 2, (2, 5)).astype(np.float32)
    place = rng.integers(0, 32, 5).astype(np.int32)
    bank = rng.normal(0, 1, (4, 20)).astype(np.float32)
    first = first_of_pixels(pixel, 5)
    got = member_traces(
        hopeful, members, first, arrival, charge, 1.0, 2.0, pulses, gain, sky, place,
        1, 8, bank, n_steps,
    )  # fmt: skip
    light = (first, arrival, charge, 1.0, 2.0)
    more = (pulses, sky, place, 1, 8, bank)
    pixels = [g * volts(p, n_steps, light, *more) for p, g in enumerate(gain)]
    want = [reference.sum_over(pixels, members[e]) for e in np.flatnonzero(hopeful)]
    np.testing.assert_allclose(
        got, np.array(want).reshape(-1, n_steps), rtol=1e-4, atol=1e-4
    )
