"""The one place where numba options are chosen, and where compiled code is kept."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core import config

F = TypeVar("F", bound=Callable[..., Any])


def _digest_of_kernels() -> str:
    """Digest of every kernel source file, this one included."""
    digest = hashlib.sha256()
    folder = Path(__file__).resolve().parent
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _cache_folder() -> Path:
    """Where compiled kernels live, unless the user chose with NUMBA_CACHE_DIR.

    Numba notices an edited function but not an edited callee, so the folder is named
    by a digest of all kernels: any edit starts an empty cache.
    """
    root = os.environ.get("NUMBA_CACHE_DIR") or os.path.join(  # noqa: PTH118
        os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "cta_columnar"
    )
    return Path(root) / f"kernels-{_digest_of_kernels()}"


CACHE_FOLDER = _cache_folder()
config.CACHE_DIR = str(CACHE_FOLDER)

_LEAN: Any = {"cache": True, "nogil": True, "error_model": "numpy", "_nrt": False}


def njit(func: F) -> F:
    """Compile ``func`` nopython, cached, GIL-free, with IEEE semantics.

    No ``fastmath``, since kernels test for NaN (but see `summing`), and no
    ``parallel``, since the executor owns the cores: one batch, one core. Division by
    zero gives inf or NaN, as in NumPy.
    """
    return cast(F, numba.njit(cache=True, nogil=True, error_model="numpy")(func))


def inline(func: F) -> F:
    """As `njit`, for small helpers whose call must cost nothing."""
    jit = numba.njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
    return cast(F, jit(func))


def lean(func: F) -> F:
    """As `inline`, for helpers that neither make nor return arrays.

    Otherwise each call counts the users of every array it is given, up and down again,
    which takes longer than what most helpers do. Compilation refuses to make arrays
    here. Nothing refuses to return one that was given, or a part of it: that would be
    freed too early.
    """
    return cast(F, numba.njit(forceinline=True, **_LEAN)(func))


def apart(func: F) -> F:
    """As `lean`, but a call: for what helpers seldom need, so that they stay small."""
    return cast(F, numba.njit(**_LEAN)(func))


def summing(func: F) -> F:
    """As `inline`, for sums that may be added in any order, many numbers at a time.

    NaN and infinities are treated as ever. The last digits may be others on another
    model of CPU, whose registers hold more or fewer numbers.
    """
    options = {"error_model": "numpy", "forceinline": True, "fastmath": {"reassoc"}}
    return cast(F, numba.njit(cache=True, nogil=True, **options)(func))
