"""Tables that are not in a dataset: for want of rows, or because they never are."""

from collections.abc import Iterable
from pathlib import Path

from cta_columnar.errors import did_you_mean
from cta_columnar.schemas.tables import TABLES
from cta_columnar.store.errors import StoreError
from cta_columnar.store.shards import Identity


def check_table(
    root: Path,
    identity: Identity | None,
    table: str,
    there: Iterable[str],
    *,
    has_images: bool,
) -> None:
    """Refuse a table that is not there, unless it is for want of telescope events.

    Those by telescope type have a part only where there are rows.

    Raises
    ------
    StoreError
        Which names the nearest table, or the stage that makes this one.
    """
    if table in there:
        return
    known = TABLES.get(table)
    if known is None or identity is None or identity.stage in known.stages:
        if known is not None and known.by_telescope_type and not has_images:
            return
        raise StoreError(f"{root} has no table {table!r}; {did_you_mean(table, there)}")
    verb = "makes" if len(known.stages) == 1 else "make"
    makers = " and ".join(known.stages)
    raise StoreError(
        f"{root} has no table {table!r}: {makers} {verb} it, this is a dataset of "
        f"{identity.stage} with {', '.join(sorted(there))}"
    )
