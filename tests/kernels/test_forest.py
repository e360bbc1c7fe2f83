import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import forest as reference
from toy_forests import random_forest

from cta_columnar.kernels.forest import FIRST_STEPS, STEPS, TOGETHER, add_trees
from cta_columnar.models import NODE
from cta_columnar.models.paths import Paths


def add(nodes, node_start, leaf_start, value, output, x, out):
    """The kernel, called as the twin is."""
    paths = Paths.of(nodes, node_start, value, x.dtype)
    add_trees(*paths, node_start, output, x, out)


def both(arrays, output, x, n_outputs):
    """Outputs of kernel and twin."""
    got, want = np.full((2, len(x), n_outputs), 0.25)
    add(*arrays, output, x, got)
    reference.add_trees(*arrays, output, x, want)
    return got, want


@settings(deadline=None, max_examples=25)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(0, 12),
    st.lists(st.integers(0, 9), min_size=1, max_size=4),
    st.integers(1, 3),
    st.sampled_from([np.float32, np.float64]),
)
def test_kernel_equals_the_reference(seed, n_rows, sizes, n_values, dtype):
    rng = np.random.default_rng(seed)
    arrays = random_forest(rng, sizes, 3, n_values)
    # Rounded as the thresholds are, so that some are equal.
    x = np.round(rng.normal(size=(n_rows, 3)), 1)
    x[rng.random(x.shape) < 0.2] = np.nan
    x[rng.random(x.shape) < 0.05] = np.inf
    x = x.astype(dtype)
    output = rng.integers(0, 3, len(sizes)).astype(np.int32)
    got, want = both(arrays, output, x, n_values + 2)
    np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("n_rows", [TOGETHER - 1, TOGETHER, TOGETHER + 1])
def test_rows_in_more_than_one_group(n_rows):
    rng = np.random.default_rng(n_rows)
    arrays = random_forest(rng, [0, 30], 9, 1)
    x = rng.normal(size=(n_rows, 9))
    got, want = both(arrays, np.zeros(2, np.int32), x, 1)
    np.testing.assert_array_equal(got, want)


def test_every_level_of_a_deep_tree():
    """Each node of a chain has a leaf on its left and the rest on its right."""
    n_inner = FIRST_STEPS + 2 * STEPS + 1
    tree = np.zeros(2 * n_inner + 1, NODE)
    inner, leaf = slice(0, -1, 2), [*range(1, 2 * n_inner, 2), 2 * n_inner]
    tree["is_leaf"][leaf] = True
    tree["left"][leaf] = np.arange(n_inner + 1)
    tree["left"][inner] = 1 + 2 * np.arange(n_inner)
    tree["threshold"][inner] = np.arange(n_inner)
    value = 10.0 * np.arange(n_inner + 1)[:, np.newaxis]
    starts = np.array([0, tree.size]), np.array([0, n_inner + 1])
    x = np.arange(n_inner + 4.0)[:, np.newaxis]
    out = np.zeros((len(x), 1))
    add(tree, *starts, value, np.zeros(1, np.int32), x, out)
    want = 10 * np.minimum(np.arange(n_inner + 4), n_inner)
    np.testing.assert_array_equal(out[:, 0], want)


def test_a_value_at_the_threshold_goes_left_and_nan_where_the_node_says():
    rng = np.random.default_rng(0)
    nodes, *rest = random_forest(rng, [1], 1, 1)
    x = np.array([[-1.0], [0.5], [np.nextafter(0.5, 1)], [np.inf], [np.nan]])
    nodes["threshold"][0] = 0.5
    rest[-1][:] = [[10.0], [20.0]]
    for nan_left, last in ((True, 10.0), (False, 20.0)):
        nodes["nan_left"][0] = nan_left
        out = np.zeros((5, 1))
        add(nodes, *rest, np.zeros(1, np.int32), x, out)
        assert out.ravel().tolist() == [10, 10, 20, 20, last]


def test_no_rows_and_no_trees():
    rng = np.random.default_rng(0)
    nodes, node_start, leaf_start, value = random_forest(rng, [3], 2, 1)
    out = np.zeros((0, 1))
    zero = np.zeros(1, np.int32)
    x = np.zeros((0, 2))
    add(nodes, node_start, leaf_start, value, zero, x, out)
    out = np.ones((4, 1))
    x = np.zeros((4, 2))
    add(nodes[:0], node_start[:1], leaf_start[:1], value[:0], zero[:0], x, out)
    assert (out == 1).all()


def test_thresholds_between_numbers_of_single_precision():
    """Each is compared as it is, though the kernel sees it rounded."""
    rng = np.random.default_rng(0)
    nodes, *rest = random_forest(rng, [1], 1, 1)
    rest[-1][:] = [[10.0], [20.0]]
    exact = np.array([-np.inf, -3.4e38, 0, 0.1, 1, 3.4e38, np.inf], np.float32)
    limits = [-np.inf, -1e300, -1e-300, 1e-300, 0.1, 1 + 1e-9, 1 - 1e-9, 1e300, np.inf]
    for limit in limits:
        nodes["threshold"][0] = limit
        got, want = both((nodes, *rest), np.zeros(1, np.int32), exact[:, np.newaxis], 1)
        np.testing.assert_array_equal(got, want)
