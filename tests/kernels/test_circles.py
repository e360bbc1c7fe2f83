import numpy as np
import pytest
from cameras import seeds
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import circles as reference

from cta_columnar.kernels.circles import (
    CIRCLE,
    kundu_chaudhuri_circle,
    taubin_circle,
)

FITS = {"kundu_chaudhuri": kundu_chaudhuri_circle, "taubin": taubin_circle}


def fit(name, x, y, w):
    out = np.full(6, 7.0)
    FITS[name](x, y, w, out)
    return out


def points(seed, n, scatter=0.05, first=-np.pi, last=np.pi):
    """Points about the circle of radius 1.2 at (0.4, -0.3), with weights."""
    rng = np.random.default_rng(seed)
    azimuth = rng.uniform(first, last, n)
    radius = 1.2 + scatter * rng.normal(size=n)
    w = rng.uniform(5, 50, n)
    return 0.4 + radius * np.cos(azimuth), -0.3 + radius * np.sin(azimuth), w


@settings(deadline=None, max_examples=30)
@given(st.sampled_from(list(FITS)), seeds(), st.integers(8, 60))
def test_kernel_equals_the_reference(name, seed, n):
    x, y, w = points(seed, n)
    w[::5] *= -0.05  # noise
    got, want = fit(name, x, y, w), getattr(reference, name)(x, y, w)
    np.testing.assert_allclose(got[:3], want[:3], rtol=1e-7, atol=1e-7)
    rtol = 1e-7 if name == "kundu_chaudhuri" else 1e-3  # of second differences
    np.testing.assert_allclose(got[3:], want[3:], rtol=rtol)


@pytest.mark.parametrize("name", FITS)
def test_a_perfect_circle_is_found_from_any_part_of_it(name):
    for last in (-1.5, 0.0, np.pi):
        x, y, w = points(1, 40, scatter=0.0, last=last)
        np.testing.assert_allclose(fit(name, x, y, w)[:3], [0.4, -0.3, 1.2], rtol=1e-6)


@settings(deadline=None, max_examples=20)
@given(seeds(), st.floats(0.0, np.pi))
def test_no_circle_nearby_has_a_smaller_ratio_of_taubin(seed, last):
    x, y, w = points(seed, 40, last=last)
    got = fit("taubin", x, y, w)
    least = reference.taubin_ratio(x, y, w, *got[:3])
    rng = np.random.default_rng(seed)
    for size in (1e-3, 0.1, 3.0):
        for _ in range(20):
            other = got[:3] + size * rng.normal(size=3)
            assert reference.taubin_ratio(x, y, w, *other) >= least


@pytest.mark.parametrize("name", FITS)
def test_no_circle_through_too_few_points_a_line_or_nothing(name):
    x, y, w = points(3, 40)
    nothing = [
        (x[:0], y[:0], w[:0]),
        (x[:1], y[:1], w[:1]),
        (x, y, np.zeros(40)),
        (x, y, -w),
        (x, y, np.where(np.arange(40) == 7, np.nan, w)),
    ]
    for case in nothing:
        assert np.isnan(fit(name, *case)).all()
    line = np.linspace(-1.0, 1.0, 9)
    radius = fit(name, line, np.zeros(9), np.ones(9))[CIRCLE.index("radius")]
    assert not radius < 100


def test_light_far_inside_hardly_moves_the_weighted_circle():
    """Why Taubin's ratio has weights here: dim pixels count with their charge."""
    x, y, w = points(5, 60)
    x, y, w = np.append(x, 0.4), np.append(y, -0.3), np.append(w, 0.1)
    weighted = fit("taubin", x, y, w)
    alike = fit("taubin", x, y, np.ones(61))
    assert abs(weighted[2] - 1.2) < 0.03
    assert abs(weighted[2] - 1.2) < abs(alike[2] - 1.2)
