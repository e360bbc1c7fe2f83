"""Whether a folder of responses is whole and sound."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from cta_columnar.digests import sha256_of
from cta_columnar.schemas import irf
from cta_columnar.schemas.columns import merge
from cta_columnar.store.errors import StoreError
from cta_columnar.store.irf.folder import IrfDataset, open_irf
from cta_columnar.store.irf.manifest import FILE
from cta_columnar.store.json_files import from_json
from cta_columnar.store.layout import PROVENANCE
from cta_columnar.store.tables import read_table


def validate_irf(root: str | Path) -> list[str]:
    """Check a folder of responses; every file is read whole.

    Returns
    -------
    problems : list of str
        What is wrong, a line each; empty if nothing is.
    """
    try:
        dataset = open_irf(root)
    except StoreError as error:
        return [str(error)]
    return list(_problems(dataset))


def check_irf_files(dataset: IrfDataset, names: Iterable[str]) -> None:
    """Refuse files that are not what was written, before their numbers are used.

    Parameters
    ----------
    dataset : IrfDataset
        The folder.
    names : iterable of str
        Some of its files.

    Raises
    ------
    StoreError
        If one is missing, or has other content.
    """
    for problem in _changed(dataset, names):
        raise StoreError(problem)


def _changed(dataset: IrfDataset, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        path = dataset.root / name
        if not path.is_file():
            yield f"{path} is missing"
        elif sha256_of(path) != dataset.manifest.sha256[name]:
            yield f"{path} is not what was written; make the responses again"


def _problems(dataset: IrfDataset) -> Iterator[str]:
    root, known = dataset.root, dataset.manifest.sha256
    yield from _changed(dataset, known)
    try:
        from_json(root / PROVENANCE)
    except (StoreError, OSError) as error:
        yield str(error)
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_file() and name not in {FILE, PROVENANCE, *known}:
            yield f"{path} is not a file of these responses"
    yield from _tables(dataset)


def _tables(dataset: IrfDataset) -> Iterator[str]:
    n_points = 0
    for name, schema in irf.DATASET.items():
        path = dataset.root / f"{name}.parquet"
        try:
            table = read_table(path)
        except StoreError as error:
            yield str(error)
            continue
        if table.schema.names != schema.names:
            yield f"{path} has other columns than {', '.join(schema.names)}"
        elif name == "grid":
            n_points = table.num_rows
    for product in dataset.products:
        yield from _product(dataset.root / f"{product}.parquet", product, n_points)


def _product(path: Path, product: str, n_points: int) -> Iterator[str]:
    try:
        table = read_table(path)
    except StoreError as error:
        yield str(error)
        return
    wanted = merge(irf.KEYS, irf.TABLES[product]).names
    if missing := [name for name in wanted if name not in table.schema.names]:
        yield f"{path} has no column {', '.join(missing)}"
    elif strange := sorted(set(table["point"].to_pylist()) - set(range(n_points))):
        yield f"{path} has point {strange[0]}, which the grid has not"
