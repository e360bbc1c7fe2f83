"""Trees as the kernel follows them: without a question whether a node is a leaf."""

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import DTypeLike

from cta_columnar.array_types import F8, I8, U4, AnyArray, Mask


class Paths(NamedTuple):
    """What `kernels.forest.add_trees` reads at a node, and says about it.

    Attributes
    ----------
    feature : uint32[n]
    threshold : float32[n] or float64[n]
    left : uint32[n]
    nan_right : bool[n]
    value : float64[n, v]
    """

    feature: U4
    threshold: AnyArray
    left: U4
    nan_right: Mask
    value: F8

    @classmethod
    def of(
        cls, nodes: AnyArray, node_start: I8, leaf_value: F8, dtype: DTypeLike
    ) -> Self:
        """Make them of the arrays of a `Forest`, for features of a precision."""
        leaf = nodes["is_leaf"]
        place = np.arange(nodes.size) - np.repeat(node_start[:-1], np.diff(node_start))
        value = np.zeros((nodes.size, leaf_value.shape[1]))
        value[leaf] = leaf_value
        return cls(
            np.where(leaf, 0, nodes["feature"]).astype(np.uint32),
            np.where(leaf, np.inf, _round_down(nodes["threshold"], dtype)).astype(
                dtype
            ),
            np.where(leaf, place, nodes["left"]).astype(np.uint32),
            ~(leaf | nodes["nan_left"]),
            value,
        )

    @property
    def n_bytes(self) -> int:
        """Size of its arrays."""
        return sum(each.nbytes for each in self)


def _round_down(threshold: F8, dtype: DTypeLike) -> AnyArray:
    """Largest number of a precision that is not above: what is above one is above both.

    So numbers of this precision go the same way as with the threshold itself.
    """
    with np.errstate(over="ignore"):
        near = threshold.astype(dtype)
    lowest = np.array(-np.inf, dtype)
    below: AnyArray = np.where(near > threshold, np.nextafter(near, lowest), near)
    return below
