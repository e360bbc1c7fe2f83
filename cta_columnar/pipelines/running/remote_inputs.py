"""Raw files at a URL: copied to this machine one by one, and called by their URL."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from cta_columnar.remote import RemotePath, at_hand, local_scratch
from cta_columnar.sources.base import BadInputError
from cta_columnar.store import process_name


@contextmanager
def copied(path: RemotePath) -> Iterator[Path]:
    """Have a copy of a raw file meanwhile.

    Yields
    ------
    pathlib.Path
        The copy, which is removed whatever happens.

    Raises
    ------
    BadInputError
        If it is damaged, of the file at its URL; if there is none.
    CopyError, RemoteError
        If it cannot be copied.
    """
    folder = local_scratch() / f"raw-{process_name()}"
    with ExitStack() as stack:
        try:
            copy = stack.enter_context(at_hand(path, folder))
        except FileNotFoundError as error:
            raise BadInputError(path, None, "no such file") from error
        try:
            yield copy
        except BadInputError as error:
            where = error.offset, error.message, error.events_read, error.since
            raise BadInputError(path, *where) from error
