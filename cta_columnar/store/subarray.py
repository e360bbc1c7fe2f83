"""The tables of the array: written once per dataset, the same for every shard."""

from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from cta_columnar.durable import sync_folder
from cta_columnar.errors import ReadError
from cta_columnar.remote import RemotePath, arrow_source
from cta_columnar.schemas.version import SCHEMA_VERSION
from cta_columnar.store.errors import MixedDatasetError, StoreError, writing
from cta_columnar.store.files import make_folders, put, remove_tree
from cta_columnar.store.layout import SUBARRAY
from cta_columnar.store.part import PartWriter

TELESCOPES = "telescopes.parquet"
_DIGEST = b"cta_columnar.subarray_digest"


class Subarray(Protocol):
    """What the store asks of a description of the array."""

    @property
    def digest(self) -> str:
        """Digest of the content."""

    def to_tables(self) -> dict[str, pa.Table]:
        """Tables by their place in the store, ``"subarray/telescopes"`` and so on."""


def stored_digest(root: Path) -> str | None:
    """Digest of the array of a dataset; None if it has none yet.

    Raises
    ------
    StoreError
        If the file is damaged, or cannot be read.
    """
    path = root / SUBARRAY / TELESCOPES
    try:
        metadata = pq.read_metadata(arrow_source(path)).metadata or {}
    except FileNotFoundError:
        return None
    except (OSError, pa.ArrowInvalid) as error:
        if isinstance(error, OSError) and error.errno:
            # Of the system; Arrow has none where the content is wrong.
            raise ReadError(path, error) from error
        raise StoreError(f"{path} is damaged: {error}") from error
    return str(metadata.get(_DIGEST, b"").decode())


def check_subarray(root: Path, subarray: Subarray, who: str) -> bool:
    """Return whether the array is there, which must be the same then.

    Raises
    ------
    MixedDatasetError
        If the dataset is of another array.
    """
    found = stored_digest(root)
    if found not in (None, subarray.digest):
        raise MixedDatasetError(
            f"{who} is of another array than the dataset {root}: "
            f"subarray digest {subarray.digest[:12]}, expected {found[:12]}. "
            "One dataset holds one array; choose another --output"
        )
    return found is not None


def ensure_subarray(root: Path, subarray: Subarray, scratch: Path, who: str) -> None:
    """Write the tables of the array, or check that those there are the same.

    Raises
    ------
    MixedDatasetError
        If the dataset is of another array.
    """
    is_there = check_subarray(root, subarray, who)
    if not is_there and not _write(root, subarray, scratch):
        check_subarray(root, subarray, who)


def _write(root: Path, subarray: Subarray, scratch: Path) -> bool:
    """Write all tables at once, by renaming the folder; False if another was first."""
    draft = scratch / SUBARRAY
    facts = {"subarray_digest": subarray.digest, "schema_version": SCHEMA_VERSION}
    with writing(root / SUBARRAY):
        draft.mkdir(parents=True, exist_ok=True)
        for name, table in subarray.to_tables().items():
            part = PartWriter(draft / f"{Path(name).name}.parquet", table.schema, facts)
            for batch in table.to_batches():
                part.append(batch)
            part.close()
        if isinstance(root, RemotePath):
            send_tables(draft, root / SUBARRAY)
            # Somebody else may have sent those of another array.
            return False
        sync_folder(draft)
        make_folders(root, root)
        try:
            draft.rename(root / SUBARRAY)
        except OSError:
            if not (root / SUBARRAY).is_dir():
                raise
            remove_tree(draft)
            return False
        sync_folder(root)
    return True


def send_tables(draft: Path, folder: RemotePath) -> None:
    """Send all tables to a server; the one that has the digest is the last."""
    names = sorted(path.name for path in draft.iterdir())
    for name in sorted(names, key=lambda name: name == TELESCOPES):
        put(draft / name, folder / name)
