import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import smallest as reference

from cta_columnar.kernels._jit import njit
from cta_columnar.kernels.smallest import mark_smallest


@njit
def run(values, n, guess, marks):
    return mark_smallest(values, n, guess, marks)


def marks_of(values, n, guess=1.0):
    marks = np.zeros(len(values), bool)
    run(np.array(values, float), n, guess, marks)
    return marks.tolist()


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.floats(0, 1e6) | st.integers(0, 3), min_size=1, max_size=60),
    st.data(),
    st.sampled_from([0.0, 1e-9, 1.0, 1e9]),
)
def test_marks_equal_the_reference_whatever_the_guess(values, data, guess):
    n = data.draw(st.integers(1, len(values)))
    assert marks_of(values, n, guess) == reference.smallest(values, n).tolist()


@pytest.mark.parametrize("values", [[2.0] * 5, [0.0] * 5, [1e-300] * 4 + [1e300]])
def test_of_equal_values_the_first_are_marked(values):
    assert marks_of(values, 3) == [True, True, True, False, False]


def test_tells_whether_the_marks_changed():
    values = np.array([3.0, 1.0, 2.0])
    marks = np.zeros(3, bool)
    changed, limit = run(values, 2, 1.0, marks)
    assert changed
    assert 2 <= limit < 3
    assert not run(values, 2, limit, marks)[0]
    assert run(values, 1, limit, marks)[0]
