"""Is a shard done already? Asked by the workers, before the work."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from cta_columnar.remote import location
from cta_columnar.store.begun import check_begun
from cta_columnar.store.commits import Previous, valid_record
from cta_columnar.store.errors import StoreError
from cta_columnar.store.records import Record
from cta_columnar.store.replaced import drop_outdated, outdated
from cta_columnar.store.shards import Shard


def begin(root: str | Path, shard: Shard, previous: Previous) -> Record | None:
    """Ask whether a shard is done already; call it in the worker, before the work.

    A part counts as done only if its SHA-256 is right. Where another content of the
    same inputs was done, too, that is dropped; if nothing is done, it stays until
    `ShardWriter.commit` has something better.

    Parameters
    ----------
    root : path
        The dataset.
    shard : Shard
        What is going to be done.
    previous : mapping
        From `prepare`; see `of_input`.

    Returns
    -------
    record : Record or None
        The valid record of this shard; None if it has to be computed.

    Raises
    ------
    ReadError
        If what is there cannot be read.
    MixedDatasetError
        If others have begun the dataset with another configuration or code.
    NotDoneError
        If it is not done, and only that is asked: see `only_looking`.
    """
    root = location(root)
    done = valid_record(root, shard)
    if done is not None:
        drop_outdated(root, shard, outdated(shard, previous))
    elif _looking.get():
        raise NotDoneError(f"{shard.input_names} has changed, or what came of it")
    else:
        # Rather now than after the work.
        check_begun(root, shard.identity)
    return done


class NotDoneError(StoreError):
    """A shard is not done, and only that was asked."""


_looking = ContextVar("_looking", default=False)


@contextmanager
def only_looking() -> Iterator[None]:
    """Let `begin` stop the work on shards that are not done, in this thread."""
    token = _looking.set(True)
    try:
        yield
    finally:
        _looking.reset(token)


def pending(
    root: str | Path, shards: Iterable[Shard], previous: Previous
) -> list[Shard]:
    """Return the shards that have no valid record, where all are known beforehand."""
    return [shard for shard in shards if begin(root, shard, previous) is None]
