"""What can go wrong with a dataset, worded for the person who runs it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cta_columnar.bounded import RefusedFileError
from cta_columnar.errors import ReadError, UserError


class StoreError(UserError):
    """A dataset is not what it should be, or cannot be written or read."""


class WriteError(StoreError):
    """The operating system refused to write: full disk, no permission, read-only."""


class MixedDatasetError(StoreError):
    """Results of two arrays, configurations or codes would lie in one dataset."""


class DuplicateKeysError(StoreError):
    """A key occurs twice in a dataset or within one input."""


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an `OSError` into a `WriteError` that names the path and the reason."""
    try:
        yield
    except StoreError:
        raise
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        where = error.filename or path
        raise WriteError(f"cannot write {where}: {reason}") from error


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn an `OSError` into a `ReadError`, unless it says that nothing is there.

    What may not be read is a `StoreError`.

    What cannot be read is not taken for damaged: that would be done again, and what is
    good be removed.
    """
    try:
        yield
    except (FileNotFoundError, NotADirectoryError):
        raise
    except RefusedFileError as error:
        raise StoreError(str(error)) from error
    except OSError as error:
        raise ReadError(path, error) from error
