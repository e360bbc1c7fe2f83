"""The one place where numba options are chosen, and where compiled code is kept."""

import hashlib
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core import config
from numba.core.caching import FunctionCache, IndexDataCacheFile
from numba.core.runtime import rtsys

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


_DIGEST_BYTES = hashlib.sha256().digest_size

CACHE_FOLDER = _cache_folder()
config.CACHE_DIR = str(CACHE_FOLDER)


class OneFileEach(IndexDataCacheFile):  # type: ignore[misc]
    """Compiled code of one function on the disk: a file per types and model of CPU.

    Numba keeps an index beside numbered files. Two processes that compile for other
    types, or on other models of CPU, at the same time give the same number to two
    things; then one is called for the other. Here the name is a digest of all that the
    code depends on, files appear whole by a rename, and there is no index: so any
    number of machines may share a folder. A file begins with a digest of the rest: code
    that came back otherwise, from a disk that was full or lost power, would be called
    and crash. A file that is damaged, or cannot be read or written, is none: the
    function is compiled.
    """

    def _path_for(self, key: object) -> str:
        # The types, the CPU with its features, and the code: all with fixed names.
        text = repr((self._version, self._source_stamp, key))
        name = hashlib.sha256(text.encode()).hexdigest()[:24]
        return str(self._index_path.removesuffix("nbi") + f"{name}.nbc")

    def save(self, key: object, data: object) -> None:
        """Keep what was compiled."""
        try:
            self._save_data(self._path_for(key), data)
        except OSError:
            # A full or foreign disk costs time, not the run.
            return

    def load(self, key: object) -> Any:  # noqa: ANN401
        """Return what was compiled, or None."""
        try:
            content = Path(self._path_for(key)).read_bytes()
        except OSError:
            return None
        digest, compiled = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
        if hashlib.sha256(compiled).digest() != digest:
            return None
        return pickle.loads(compiled)

    def _dump(self, obj: object) -> bytes:
        compiled: bytes = super()._dump(obj)
        return hashlib.sha256(compiled).digest() + compiled


class ReadAlone(FunctionCache):  # type: ignore[misc]
    """Compiled code of one function, read without what compiling wants.

    Numba gets ready to compile before it reads: it loads its own implementation of
    NumPy, and SciPy, a third of a second in every process. Code that was compiled wants
    no more than the counting of the users of arrays. Where there is none, the compiler
    gets itself ready.
    """

    def __init__(self, func: Callable[..., Any]) -> None:
        super().__init__(func)
        self._cache_file = OneFileEach(
            self._cache_path,
            self._impl.filename_base,
            self._impl.locator.get_source_stamp(),
        )

    def load_overload(self, sig: object, target_context: object) -> Any:  # noqa: ANN401
        """Return what was compiled, or None."""
        rtsys.initialize(target_context)
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)


def _compiled(func: F, **options: Any) -> F:  # noqa: ANN401
    dispatcher = numba.njit(nogil=True, error_model="numpy", **options)(func)
    if hasattr(dispatcher, "_cache"):  # else nothing is compiled: NUMBA_DISABLE_JIT
        dispatcher._cache = ReadAlone(func)
    return cast(F, dispatcher)


def njit(func: F) -> F:
    """Compile ``func`` nopython, cached, GIL-free, with IEEE semantics.

    No ``fastmath``, since kernels test for NaN (but see `summing`), and no
    ``parallel``, since the executor owns the cores: one batch, one core. Division by
    zero gives inf or NaN, as in NumPy.
    """
    return _compiled(func)


def inline(func: F) -> F:
    """As `njit`, for small helpers whose call must cost nothing."""
    return _compiled(func, forceinline=True)


def lean(func: F) -> F:
    """As `inline`, for helpers that neither make nor return arrays.

    Otherwise each call counts the users of every array it is given, up and down again,
    which takes longer than what most helpers do. Compilation refuses to make arrays
    here. Nothing refuses to return one that was given, or a part of it: that would be
    freed too early.
    """
    return _compiled(func, forceinline=True, _nrt=False)


def apart(func: F) -> F:
    """As `lean`, but a call: for what helpers seldom need, so that they stay small."""
    return _compiled(func, _nrt=False)


def summing(func: F) -> F:
    """As `inline`, for sums that may be added in any order, many numbers at a time.

    NaN and infinities are treated as ever. The last digits may be others on another
    model of CPU, whose registers hold more or fewer numbers.
    """
    return _compiled(func, forceinline=True, fastmath={"reassoc"})
