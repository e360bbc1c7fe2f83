import numpy as np
import pytest
from cameras import cameras, hexagonal, seeds, square
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import image_modifier as reference

from cta_columnar.kernels.image_modifier import add_noise, smear_psf

CHARGES = np.float32([-2, 0, 0.5, 3, 8, 20, np.nan])
SEED = st.integers(0, 2**32 - 1)


def keys(n_events):
    """obs_id, event_id and tel_id of some events."""
    event_id = np.arange(n_events, dtype=np.int64) - 1
    return np.full(n_events, 2**40), event_id, np.full(n_events, 7, np.int16)


@settings(deadline=None, max_examples=25)
@given(cameras(), st.integers(0, 2), seeds(), SEED, st.sampled_from([0.0, 0.1, 0.4]))
def test_smearing_equals_the_reference(camera, n_events, rng_seed, seed, fraction):
    rng = np.random.default_rng(rng_seed)
    image = rng.choice(CHARGES, (n_events, camera.n_pixels))
    ids = keys(n_events)
    got = smear_psf(image, fraction, seed, *ids, *camera.csr)
    assert got.shape == image.shape
    for e, key in enumerate(zip(*ids, strict=True)):
        key_words = [int(k) for k in key]
        want = reference.smear_psf(image[e], fraction, seed, key_words, camera)
        np.testing.assert_allclose(got[e], want, rtol=1e-6)


@settings(deadline=None, max_examples=25)
@given(
    *(st.integers(0, 40), st.integers(0, 2), seeds(), SEED),
    *(st.sampled_from([0, 3.0]), st.sampled_from([0, 0.7, 6.0])),
    *(st.sampled_from([0, 2.5]), st.sampled_from([0, -0.5]), st.booleans()),
)
def test_noise_equals_the_reference(
    n_pixels, n_events, rng_seed, seed, transition, dim, bright, bias, correct
):
    image = np.random.default_rng(rng_seed).choice(CHARGES, (n_events, n_pixels))
    ids = keys(n_events)
    options = transition, dim, bright, bias, correct, seed
    got = add_noise(image, *options, *ids)
    assert got.shape == image.shape
    for e, key in enumerate(zip(*ids, strict=True)):
        want = reference.add_noise(image[e], *options, [int(k) for k in key])
        np.testing.assert_allclose(got[e], want, rtol=1e-6, atol=1e-6)


def test_light_is_moved_and_lost_at_the_edge_only():
    camera = hexagonal(2)
    image = np.zeros((200, 19), np.float32)
    center = int(np.argmin(np.hypot(camera.x, camera.y)))
    image[:, center] = 50
    new = smear_psf(image, 0.2, 1, *keys(200), *camera.csr)
    np.testing.assert_array_equal(new.sum(axis=1), 50)
    assert set(np.flatnonzero(new.any(axis=0))) == {center, *camera.neighbors(center)}
    image[:] = 50
    new = smear_psf(image, 0.2, 1, *keys(200), *camera.csr)
    assert (new.sum(axis=1) < image.sum(axis=1)).all()


def test_smeared_light_has_the_moments_of_the_definition():
    camera, fraction, n = hexagonal(1), 0.3, 3000
    image = np.zeros((n, 7), np.float32)
    center = int(np.argmax(np.diff(camera.indptr)))
    image[:, center] = 100
    new = smear_psf(image, fraction, 5, *keys(n), *camera.csr)
    mean, variance = 100 * fraction, 100 * fraction
    moved = 100 - new[:, center].astype(float)
    assert moved.mean() == pytest.approx(mean, abs=5 * np.sqrt(variance / n))
    assert moved.var() == pytest.approx(variance, rel=5 * np.sqrt(2 / n))
    # A Poisson number shared out at random: six independent Poisson numbers.
    others = new[:, np.arange(7) != center].astype(float)
    np.testing.assert_allclose(others.mean(axis=0), mean / 6, rtol=0.05)
    np.testing.assert_allclose(others.var(axis=0), mean / 6, rtol=0.15)
    correlation = np.corrcoef(others.T) - np.eye(6)
    assert abs(correlation).max() < 5 / np.sqrt(n)


@pytest.mark.parametrize("level", [0.3, 4.0, 60.0])
@pytest.mark.parametrize("correct", [True, False])
def test_noise_has_the_moments_of_the_definition(level, correct):
    n, n_pixels = 100, 40
    image = np.full((n, n_pixels), 10, np.float32)
    new = add_noise(image, 5.0, 0.0, level, 9.0, correct, 3, *keys(n)).astype(float)
    mean = 10 if correct else 10 + level
    assert new.mean() == pytest.approx(mean, abs=5 * np.sqrt(level / new.size))
    assert new.var() == pytest.approx(level, rel=0.15)
    # Neither pixels nor events go together.
    assert new.mean(axis=0).var() == pytest.approx(level / n, rel=1)
    assert new.mean(axis=1).var() == pytest.approx(level / n_pixels, rel=0.7)


def test_a_pixel_at_the_transition_is_dim():
    image = np.float32([[3, np.nextafter(np.float32(3), np.float32(4))]])
    new = add_noise(image, 3.0, 0.0, 0.0, 1.0, True, 0, *keys(1))
    assert new[0].tolist() == pytest.approx([4, 3])


def test_events_do_not_know_of_each_other():
    camera = square(4, 4, reach=1.5)
    image = np.random.default_rng(0).uniform(0, 30, (5, 16)).astype(np.float32)
    ids = keys(5)
    together = smear_psf(image, 0.3, 1, *ids, *camera.csr)
    noisy = add_noise(image, 5.0, 2.0, 1.0, 0.0, True, 1, *ids)
    for e in range(5):
        one = [each[e : e + 1] for each in (image, *ids)]
        alone = smear_psf(one[0], 0.3, 1, *one[1:], *camera.csr)
        np.testing.assert_array_equal(alone[0], together[e])
        alone = add_noise(one[0], 5.0, 2.0, 1.0, 0.0, True, 1, *one[1:])
        np.testing.assert_array_equal(alone[0], noisy[e])
    assert (noisy - image)[0].tolist() != (noisy - image)[1].tolist()
