"""A folder that is no dataset itself, in words."""

from collections.abc import Iterator
from pathlib import Path

from cta_columnar.cli.text import columns, in_bytes, in_number
from cta_columnar.errors import UserError
from cta_columnar.pipelines.running.inputs import RAW_NAMES, raw_files_below
from cta_columnar.store import is_dataset

MAX_LISTED = 20


def describe_folder(folder: Path) -> Iterator[str]:
    """Say which raw files and datasets are in a folder, and what to do with them.

    Raises
    ------
    UserError
        If there is neither.
    """
    datasets = sorted(each for each in folder.iterdir() if is_dataset(each))
    raw = raw_files_below(folder)
    if not raw and not datasets:
        raise UserError(
            f"{folder} is no dataset, and holds neither a dataset nor a raw file "
            f"({', '.join(RAW_NAMES)})"
        )
    found = [in_number(len(raw), "raw file")] if raw else []
    found += [in_number(len(datasets), "dataset")] if datasets else []
    yield f"{folder}: a folder with {' and '.join(found)}"
    if raw:
        yield from _raw_files(folder, raw)
    if datasets:
        yield "datasets:"
        yield from (f"  {each.relative_to(folder)}" for each in datasets)
        yield f"what is in one: ctacol info {datasets[0]}"


def _raw_files(folder: Path, raw: list[Path]) -> Iterator[str]:
    sizes = [path.stat().st_size for path in raw]
    yield f"raw files, {in_bytes(sum(sizes))}:"
    rows = [
        (str(path.relative_to(folder)), in_bytes(size))
        for path, size in zip(raw[:MAX_LISTED], sizes, strict=False)
    ]
    yield from columns(rows, indent="  ", right=(1,))
    if len(raw) > MAX_LISTED:
        yield f"  and {len(raw) - MAX_LISTED} more"
    yield f"what is in one: ctacol info {raw[0]}"
    yield f"to process all: ctacol run stage1 --input {folder} --output dl1"
