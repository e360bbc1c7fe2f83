"""A folder of event lists: made whole, checked, its further tables read.

dl3/ obs-index.fits.gz  hdu-index.fits.gz  dl3_<obs_id>.fits.gz
technical/{intervals,telescopes}.parquet  observed.parquet  cut_flow.parquet
background.parquet      rates from off regions, if asked for
provenance.json
"""

from collections.abc import Iterator
from pathlib import Path

from cta_columnar.schemas import technical
from cta_columnar.schemas.dl1 import CUT_FLOW
from cta_columnar.store.errors import StoreError
from cta_columnar.store.gadf.checking import dataset_problems
from cta_columnar.store.gadf.index import HDU_INDEX, OBS_INDEX
from cta_columnar.store.json_files import from_json
from cta_columnar.store.layout import PROVENANCE
from cta_columnar.store.tables import TablesBeside
from cta_columnar.store.whole_folder import WholeFolder


def is_dl3(path: str | Path) -> bool:
    """Whether a folder is one of event lists, whoever made it."""
    return any((Path(path) / name).is_file() for name in (OBS_INDEX, HDU_INDEX))


_WHOLE = WholeFolder("event lists", is_dl3)
check_dl3_output, new_dl3 = _WHOLE.check, _WHOLE.new

BESIDE = TablesBeside({**technical.TABLES, "cut_flow": CUT_FLOW})
save_dl3_table, load_dl3_table = BESIDE.save, BESIDE.load


def validate_dl3(root: str | Path) -> list[str]:
    """Check a folder of event lists: the files by GADF, and what lies beside them.

    Returns
    -------
    problems : list of str
        What is wrong, a line each; empty if nothing is.
    """
    root = Path(root)
    try:
        found = dataset_problems(root)
    except StoreError as error:
        return [str(error)]
    return [*found, *_beside(root)]


def _beside(root: Path) -> Iterator[str]:
    """Other writers have none of this."""
    yield from BESIDE.problems(root, may_miss=True)
    if (root / PROVENANCE).exists():
        try:
            from_json(root / PROVENANCE)
        except StoreError as error:
            yield str(error)
