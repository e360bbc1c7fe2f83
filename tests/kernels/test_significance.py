import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import significance as reference

from cta_columnar.kernels.significance import least_signal, li_ma

counts = st.floats(0, 1e9, allow_subnormal=False) | st.integers(0, 100)
alphas = st.sampled_from([0.05, 0.2, 1.0, 5.0])


def one(n_on, n_off, alpha=0.2):
    return li_ma(np.array([n_on], float), np.array([n_off], float), alpha)[0]


def least(n_off, alpha=0.2, significance=5.0, events=0.0, share=0.0):
    args = (alpha, significance, events, share)
    return least_signal(np.array([n_off], float), *args)[0]


@pytest.mark.parametrize(
    ("n_on", "n_off", "want"),
    [(20, 50, 2.47887), (10, 0, 5.98625), (5, 50, 0), (10, 50, 0), (0, 0, 0)],
)
def test_published_values(n_on, n_off, want):
    assert one(n_on, n_off) == pytest.approx(want, abs=1e-5)


@settings(deadline=None, max_examples=100)
@given(counts, counts, alphas)
def test_significance_equals_the_reference(n_on, n_off, alpha):
    want = reference.li_ma(n_on, n_off, alpha)
    # An excess is a difference of counts, of which the last digit is not known.
    noise = 3e-16 * (n_on + alpha * n_off) / np.sqrt(alpha * n_off + n_on + 1e-300)
    assert one(n_on, n_off, alpha) == pytest.approx(want, rel=1e-9, abs=1e-7 + noise)


@settings(deadline=None, max_examples=40)
@given(counts, alphas, st.sampled_from([1.0, 3.0, 5.0]))
def test_the_least_signal_is_just_significant(n_off, alpha, significance):
    signal = least(n_off, alpha, significance)
    above, below = (
        reference.li_ma(alpha * n_off + signal * x, n_off, alpha)
        for x in (1.001, 0.999)
    )
    assert below < significance < above


def test_a_small_excess_over_a_large_background_is_not_lost():
    """Five deviations of 4e11 counts are 3e6, eight digits less."""
    signal = least(2e12)
    assert signal == pytest.approx(5 * np.sqrt(1.2 * 0.2 * 2e12), rel=1e-5)


def test_the_least_signal_has_enough_events_and_share():
    assert least(0.0, events=10.0) == 10
    assert least(1e9, events=10.0, share=0.05) == pytest.approx(0.05 * 0.2e9)
    assert least(200.0) / 60 == pytest.approx(0.67315, abs=1e-5)  # 100 on, 200 off
    assert least(0.0, events=10.0) / 30 == pytest.approx(1 / 3)


def test_what_is_undefined_stays_so():
    n = np.array([np.nan, 1.0, -1.0, np.inf])
    assert np.isnan(least_signal(n, 0.2, 5.0, 10.0, 0.05)).tolist() == [1, 0, 1, 1]
    assert np.isnan([one(np.nan, 1), one(1, np.nan)]).all()
    none = np.zeros(0)
    assert li_ma(none, none, 0.2).size == 0
    assert least_signal(none, 0.2, 5.0, 10.0, 0.05).size == 0
