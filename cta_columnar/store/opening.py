"""Opening a dataset."""

from pathlib import Path

from cta_columnar.remote import location
from cta_columnar.store.commits import Contents, read_contents
from cta_columnar.store.errors import MixedDatasetError, StoreError
from cta_columnar.store.layout import COMMITS, MANIFEST, is_dataset
from cta_columnar.store.reader import Store


def open_store(path: str | Path) -> Store:
    """Open a dataset; right at any time, also while it is being written.

    Raises
    ------
    StoreError
        If there is none, or its manifest or a record is damaged.
    MixedDatasetError
        If its shards are of two configurations, codes or arrays.
    """
    root = location(path)
    if not is_dataset(root):
        if not root.is_dir():
            what = "is not a folder" if root.exists() else "does not exist"
            raise StoreError(f"{root} {what}, so it is no dataset")
        missing = f"it has neither {MANIFEST} nor {COMMITS}/"
        raise StoreError(f"{root} is no dataset: {missing}")
    contents = read_contents(root)
    check_one_identity(root, contents)
    return Store(root, contents)


def check_one_identity(root: Path, contents: Contents) -> None:
    """Refuse a mixture.

    Raises
    ------
    MixedDatasetError
        If shards are of two configurations, codes or arrays.
    """
    for record in contents.records[1:]:
        first = contents.records[0]
        if changed := first.differences(record):
            raise MixedDatasetError(
                f"{root} mixes results: {first.shard.input_names} and "
                f"{record.shard.input_names} were done with another "
                f"{' and '.join(changed)}; use --overwrite to replace the dataset"
            )
