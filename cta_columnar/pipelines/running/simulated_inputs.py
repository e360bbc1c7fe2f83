"""Several simulated datasets as input: which will do, and which go together."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from cta_columnar.digests import value_digest
from cta_columnar.errors import UserError
from cta_columnar.pipelines.running.dataset_shards import check_input
from cta_columnar.store import Store, open_store


def open_simulated(
    paths: Sequence[Path], output: Path, wanted: Sequence[str], verb: str
) -> list[Store]:
    """Open simulated datasets and check that they go together.

    Parameters
    ----------
    paths : sequence of pathlib.Path
        The datasets.
    output : pathlib.Path
        What is to be written, which must not be one of them.
    wanted : sequence of str
        Stages that may have made them.
    verb : str
        Who wants them, for errors.

    Raises
    ------
    UserError
        If one is not finished, of another stage or not simulated, or if their arrays or
        versions of the data model differ.
    """
    stores = [open_store(path) for path in paths]
    for store in stores:
        check_input(store, output, wanted, verb)
        if "true_energy" not in store.schema("events").names:
            raise UserError(f"{store.root} is not simulated: there is no truth in it")
    check_alike(stores)
    return stores


def content_digest(store: Store) -> str:
    """Digest of all parts of a dataset."""
    parts = [part.sha256 for record in store.records for part in record.parts]
    return value_digest(sorted(parts))


def check_twice(runs: Iterable[tuple[tuple[int, str], Path | str]]) -> None:
    """Refuse a run that stands in two datasets: its showers would count twice.

    Parameters
    ----------
    runs : iterable of ((int, str), path)
        ``obs_id`` with the digest of its simulation, and where it is.

    Raises
    ------
    UserError
        If there is one.
    """
    seen: dict[str, tuple[int, Path | str]] = {}
    for (obs_id, digest), root in runs:
        if digest in seen:
            number, other = seen[digest]
            renamed = f" as run {number}" if number != obs_id else ""
            raise UserError(
                f"run {obs_id} is in {root} and in {other}{renamed}; name only one of "
                "them, or simulate with other run numbers"
            )
        seen[digest] = obs_id, root


def check_alike(stores: Sequence[Store]) -> None:
    """Refuse datasets of different arrays or versions of the data model.

    Raises
    ------
    UserError
        If two differ.
    """
    first = stores[0]
    for store in stores[1:]:
        if _array(store) != _array(first):
            raise UserError(
                f"{store.root} and {first.root} have different arrays of telescopes; "
                "name inputs of one array"
            )
        versions = [
            each.identity.schema_version for each in (store, first) if each.identity
        ]
        if len(set(versions)) > 1:
            raise UserError(
                f"{store.root} and {first.root} are of different versions of the data "
                f"model ({' and '.join(versions)}); make one of them again"
            )


def array_digest(store: Store) -> str:
    """Digest of the array of telescopes of a dataset."""
    return value_digest(sorted(_array(store)))


def _array(store: Store) -> set[str]:
    return {record.subarray_digest for record in store.records}
