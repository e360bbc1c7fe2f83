import numpy as np
from cameras import seeds
from hypothesis import given, settings
from hypothesis import strategies as st

from cta_columnar.kernels.small_matrices import (
    cholesky,
    inverse,
    smallest_eigenvector,
    solve,
)

sizes = st.integers(1, 5)


def random_matrix(seed, n):
    factor = np.random.default_rng(seed).normal(size=(n, n + 2))
    return factor @ factor.T


@settings(deadline=None, max_examples=30)
@given(seeds(), sizes)
def test_factor_solution_and_inverse_are_those_of_numpy(seed, n):
    matrix = random_matrix(seed, n)
    lower = np.zeros((n, n))
    assert cholesky(np.tril(matrix), lower)
    np.testing.assert_allclose(lower, np.linalg.cholesky(matrix), rtol=1e-9, atol=1e-12)
    right, out = np.arange(1.0, n + 1), np.empty(n)
    solve(lower, right, out)
    np.testing.assert_allclose(matrix @ out, right, rtol=1e-6)
    result = np.empty((n, n))
    inverse(lower, result)
    np.testing.assert_allclose(result @ matrix, np.eye(n), atol=1e-6)


def test_what_is_not_positive_definite_has_no_factor():
    for matrix in ([[0.0]], [[1.0, 2.0], [2.0, 1.0]], [[np.nan]], [[np.inf]]):
        assert not cholesky(np.array(matrix), np.zeros((2, 2)))


@settings(deadline=None, max_examples=30)
@given(seeds(), sizes)
def test_the_smallest_eigenvector_is_that_of_numpy(seed, n):
    matrix = random_matrix(seed, n)
    values, vectors = np.linalg.eigh(matrix)
    got = np.empty(n)
    rotated = matrix.copy()
    smallest_eigenvector(rotated, got)
    np.testing.assert_allclose(np.sort(np.diag(rotated)), values, rtol=1e-6, atol=1e-9)
    assert abs(got @ vectors[:, 0]) > 1 - 1e-6 or values[1] < 1.01 * values[0]


def test_equal_eigenvalues_and_nothing():
    vector = np.empty(3)
    smallest_eigenvector(np.eye(3), vector)
    assert vector.tolist() == [1, 0, 0]
    smallest_eigenvector(np.zeros((3, 3)), vector)
    assert vector @ vector == 1
