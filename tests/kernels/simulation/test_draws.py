import math
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.simulation import draws as reference

from cta_columnar.kernels.simulation import draws
from cta_columnar.kernels.simulation.ziggurat import HEIGHT, TAIL, WIDTH

WORD = st.integers(0, 2**32 - 1)
KEY = st.tuples(WORD, WORD, WORD, WORD, WORD)
SMALL = (7, 3, draws.LIGHT, 2, 11)
few = settings(deadline=None, max_examples=25)


def many(function, *arguments, n=4000):
    state = draws.new_stream(*SMALL)
    return np.array([function(state, *arguments) for _ in range(n)])


@few
@given(KEY)
def test_words_equal_the_reference(key):
    state = draws.new_stream(*key)
    got = [int(draws.word(state)) for _ in range(11)]
    assert got == list(islice(reference.words(*key), 11))


@few
@given(KEY)
def test_simple_variates_equal_the_reference(key):
    state, u = draws.new_stream(*key), reference.uniforms(*key)
    assert draws.uniform(state) == next(u)
    assert draws.exponential(state) == pytest.approx(-math.log(next(u)))
    assert draws.normal(state) == pytest.approx(reference.normal(u))
    assert draws.below(state, 1000) == int(next(u) * 1000)
    assert draws.uniform(state) == next(u)


def test_normal_variates_equal_the_reference():
    # So many that some lie beside a strip, and in the tail.
    state, u = draws.new_stream(*SMALL), reference.uniforms(*SMALL)
    got = [draws.normal(state) for _ in range(6000)]
    assert got == pytest.approx([reference.normal(u) for _ in range(6000)])
    assert max(map(abs, got)) > TAIL
    assert draws.uniform(state) == next(u)


def test_strips_cover_the_bell_curve():
    area = WIDTH[0] * HEIGHT[1]
    tops = WIDTH[1:-1] * np.diff(HEIGHT[1:])
    np.testing.assert_allclose(tops, area, rtol=1e-9)


def test_points_of_a_disc_are_even_in_area():
    state = draws.new_stream(*SMALL)
    x, y = np.array([draws.in_disc(state) for _ in range(4000)]).T
    for value in (np.sort(x**2 + y**2), np.sort(np.arctan2(y, x) / math.tau + 0.5)):
        distance = np.abs(value - (np.arange(4000) + 0.5) / 4000).max()
        assert distance * math.sqrt(4000) < 1.95


@few
@given(KEY, st.floats(1e-6, 9.99))
def test_small_poisson_is_the_quantile_of_one_uniform(key, mean):
    got = draws.poisson(draws.new_stream(*key), mean)
    u = next(reference.uniforms(*key))
    # One uniform in 2**32 may fall on a step, where rounding decides.
    assert got in {
        reference.poisson_quantile(u * (1 - 1e-12), mean),
        reference.poisson_quantile(min(u * (1 + 1e-12), 1 - 2**-34), mean),
    }


@few
@given(KEY, st.floats(0.05, 50))
def test_gamma_equals_the_reference(key, shape):
    got = draws.gamma(draws.new_stream(*key), shape)
    assert got == pytest.approx(reference.gamma(reference.uniforms(*key), shape))


@pytest.mark.parametrize("mean", [0.0, -1.0, math.nan])
def test_poisson_of_no_mean_is_zero_and_spends_nothing(mean):
    state = draws.new_stream(*SMALL)
    before = state.copy()
    assert draws.poisson(state, mean) == 0
    np.testing.assert_array_equal(state, before)


@pytest.mark.parametrize("mean", [0.03, 3.0, 9.9, 10.0, 40.0, 1e4, 1e9])
def test_poisson_has_its_mean_and_variance(mean):
    n = many(draws.poisson, mean)
    error = math.sqrt(mean / n.size)
    assert abs(n.mean() - mean) < 5 * error
    # Variance of a sample variance, fourth cumulant included.
    error = math.sqrt((2 * mean**2 + mean) / n.size)
    assert abs(n.var() - mean) < 5 * error


def test_poisson_has_its_probabilities_where_it_rejects():
    counts = np.bincount(many(draws.poisson, 12.0, n=8000), minlength=60)[:30]
    k = np.arange(30)
    expected = 8000 * np.exp(
        k * math.log(12) - 12 - np.array([math.lgamma(i + 1) for i in k])
    )
    used = expected > 5
    chi2 = np.sum((counts - expected)[used] ** 2 / expected[used])
    assert chi2 < used.sum() + 5 * math.sqrt(2 * used.sum())


@pytest.mark.parametrize("shape", [0.2, 1.0, 4.0, 30.0])
def test_gamma_has_its_mean_and_variance(shape):
    x = many(draws.gamma, shape)
    assert abs(x.mean() - shape) < 5 * math.sqrt(shape / x.size)
    assert abs(x.var() - shape) < 5 * math.sqrt((2 * shape**2 + 6 * shape) / x.size)


def test_beta_has_its_mean_and_variance():
    a, b = 1.0, 3.0
    x = many(draws.beta, a, b)
    variance = a * b / ((a + b) ** 2 * (a + b + 1))
    assert np.all((x >= 0) & (x <= 1))
    assert abs(x.mean() - a / (a + b)) < 5 * math.sqrt(variance / x.size)
    assert x.var() == pytest.approx(variance, rel=0.2)


@pytest.mark.parametrize("function", [draws.uniform, draws.exponential, draws.normal])
def test_distributions_against_their_quantiles(function):
    x = np.sort(many(function))
    uniform = {
        "uniform": lambda v: v,
        "exponential": lambda v: 1 - np.exp(-v),
        "normal": lambda v: np.array([0.5 * (1 + math.erf(i / 2**0.5)) for i in v]),
    }[function.__name__](x)
    # Kolmogorov and Smirnov: 1.95 is the 0.1 % point.
    distance = np.abs(uniform - (np.arange(x.size) + 0.5) / x.size).max()
    assert distance * math.sqrt(x.size) < 1.95


def test_streams_of_neighbouring_keys_are_unrelated():
    keys = [SMALL] + [
        tuple(v + (i == j) for j, v in enumerate(SMALL)) for i in range(5)
    ]
    rows = []
    for key in keys:
        state = draws.new_stream(*key)
        rows.append([draws.uniform(state) for _ in range(500)])
    correlation = np.corrcoef(rows) - np.eye(len(keys))
    assert np.abs(correlation).max() < 0.2


def test_numbers_of_the_named_streams_are_apart():
    named = [
        draws.PRIMARY, draws.LIGHT, draws.ELECTRONICS, draws.PIXELS, draws.BANKS,
        draws.EMISSION, draws.CALIBRATION,
    ]  # fmt: skip
    assert named == sorted(set(named))
