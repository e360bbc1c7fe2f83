"""Content digests, so that equal things are found to be equal."""

import hashlib
from collections.abc import Iterable

import numpy as np


def digest_of(items: Iterable[object]) -> str:
    """SHA-256 of strings, numbers, arrays and tuples of them, types and shapes too."""
    sha = hashlib.sha256()
    for item in items:
        if isinstance(item, np.ndarray):
            sha.update(f"{item.dtype.str}{item.shape}".encode())
            sha.update(np.ascontiguousarray(item).tobytes())
        elif isinstance(item, tuple):
            sha.update(f"({digest_of(item)})".encode())
        else:
            # A NumPy number and the Python number of equal value are the same thing.
            plain = item.item() if isinstance(item, np.generic) else item
            sha.update(f"{type(plain).__name__}:{plain!r};".encode())
    return sha.hexdigest()
