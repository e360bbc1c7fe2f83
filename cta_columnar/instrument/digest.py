"""Content digests, so that equal things are found to be equal."""

import hashlib
from collections.abc import Iterable

import numpy as np


def digest_of(items: Iterable[object]) -> str:
    """SHA-256 of strings, numbers and arrays, in order, with their types and shapes."""
    sha = hashlib.sha256()
    for item in items:
        if isinstance(item, np.ndarray):
            sha.update(f"{item.dtype.str}{item.shape}".encode())
            sha.update(np.ascontiguousarray(item).tobytes())
        else:
            sha.update(f"{type(item).__name__}:{item!r};".encode())
    return sha.hexdigest()
