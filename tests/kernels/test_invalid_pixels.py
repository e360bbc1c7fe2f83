import numpy as np
from cameras import cameras, hexagonal, seeds
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import invalid_pixels as reference

from cta_columnar.kernels.invalid_pixels import neighbor_average


@settings(deadline=None, max_examples=40)
@given(cameras(), st.integers(0, 3), seeds(), st.sampled_from([0, 0.2, 0.7, 1]))
def test_equals_reference(camera, n_events, seed, share_broken):
    rng = np.random.default_rng(seed)
    values = rng.normal(5, 3, (n_events, camera.n_pixels)).astype(np.float32)
    broken = rng.random(values.shape) < share_broken
    values[broken] = rng.choice(np.float32([np.nan, 1e9]))
    before = values.copy()
    got = neighbor_average(values, broken, *camera.csr)
    np.testing.assert_array_equal(values, before)
    for event in range(n_events):
        want = reference.neighbor_average(values[event], broken[event], camera)
        np.testing.assert_allclose(got[event], want, rtol=1e-5, atol=1e-6)
        good = ~broken[event]
        np.testing.assert_array_equal(got[event][good], values[event][good])


def test_replaced_pixels_are_no_source():
    camera = hexagonal(1)
    values = np.arange(7, dtype=np.float32)[None]
    broken = np.zeros((1, 7), bool)
    center = int(np.argmax(np.diff(camera.indptr)))
    broken[0, [center, 0]] = True
    got = neighbor_average(values, broken, *camera.csr)
    rest = [p for p in range(7) if p not in (0, center)]
    assert got[0, center] == np.float32(np.mean(rest))


def test_nan_of_a_good_neighbor_is_not_hidden():
    camera = hexagonal(1)
    values = np.full((1, 7), np.nan, np.float32)
    broken = np.zeros((1, 7), bool)
    broken[0, 0] = True
    assert np.isnan(neighbor_average(values, broken, *camera.csr)).all()
