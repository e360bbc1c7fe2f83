"""Index tables: which observations there are, and in which files their tables lie."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cta_columnar.gadf import Hdu, HeaderValue, file_problems, make_hdu
from cta_columnar.schemas import gadf
from cta_columnar.store.errors import StoreError
from cta_columnar.store.gadf.reading import read_gadf
from cta_columnar.store.gadf.writing import write_gadf

OBS_INDEX, HDU_INDEX = "obs-index.fits.gz", "hdu-index.fits.gz"

# What the index of observations takes from the header of their events.
_FROM_HEADER = (
    *("OBS_ID", "OBS_MODE", "RA_PNT", "DEC_PNT", "ALT_PNT", "AZ_PNT", "ZEN_PNT"),
    *("TSTART", "TSTOP", "TMID", "ONTIME", "LIVETIME", "DEADC", "N_TELS", "TELLIST"),
    *("OBJECT", "RA_OBJ", "DEC_OBJ"),
)
_WITHOUT = {"N_TELS": -1, "TELLIST": "", "OBJECT": ""}


def file_name(obs_id: int) -> str:
    """Name of the file of an observation."""
    return f"dl3_{obs_id}.fits.gz"


@dataclass(frozen=True, eq=False)
class WrittenObservation:
    """What the index tells of an observation.

    Attributes
    ----------
    header : Hdu
        Its events, without a row; EVENT_COUNT is among the keywords.
    rows : tuple of dict
        Those of its tables in the index of HDUs.
    sha256 : str
        Digest of the file.
    """

    header: Hdu
    rows: tuple[Mapping[str, HeaderValue], ...]
    sha256: str

    @property
    def obs_id(self) -> int:
        """Number of the observation."""
        return int(self.header.header["OBS_ID"])

    @property
    def n_events(self) -> int:
        """Number of events."""
        return int(self.header.header["EVENT_COUNT"])


def write_dataset(folder: str | Path, observations: Iterable[Sequence[Hdu]]) -> None:
    """Write a file for each observation, then the index of all.

    Observations are taken one after the other, and let go of once they are written.

    Parameters
    ----------
    folder : path
        Files of the same observations are replaced.
    observations : iterable of sequence of Hdu
        The tables of each: events, GTI, pointing and responses.

    Raises
    ------
    StoreError
        As `write_observation` and `write_index`. The index of earlier files stays as
        it was then.
    """
    write_index(folder, [write_observation(folder, hdus) for hdus in observations])


def write_observation(folder: str | Path, hdus: Sequence[Hdu]) -> WrittenObservation:
    """Write the file of an observation.

    Raises
    ------
    StoreError
        If tables do not keep the format or contradict each other.
    """
    problems = file_problems(hdus)
    if problems:
        raise StoreError(f"an observation is not GADF: {'; '.join(problems[:5])}")
    events = next(hdu for hdu in hdus if hdu.kind == "events")
    obs_id = int(events.header["OBS_ID"])
    path = Path(folder) / file_name(obs_id)
    sha256 = write_gadf(path, hdus)
    # Its header only, and no view of columns: events are not to stay in memory.
    first = {name: values[:0].copy() for name, values in events.columns.items()}
    counted = {**events.header, "EVENT_COUNT": events.n_rows}
    header = Hdu("events", events.name, first, events.units, counted)
    return WrittenObservation(header, tuple(_hdu_rows(obs_id, hdus, path)), sha256)


def write_index(folder: str | Path, observations: Iterable[WrittenObservation]) -> None:
    """Write the two index tables.

    Raises
    ------
    StoreError
        If two observations have one number, there is none, or they are of different
        places.
    """
    folder, seen = Path(folder), dict[int, WrittenObservation]()
    for each in observations:
        if each.obs_id in seen:
            raise StoreError(f"there are two observations {each.obs_id}: renumber one")
        seen[each.obs_id] = each
    if not seen:
        raise StoreError(f"{folder}: there is no observation to write")
    rows = [row for each in seen.values() for row in each.rows]
    write_gadf(folder / HDU_INDEX, [hdu_index(rows)])
    write_gadf(folder / OBS_INDEX, [obs_index([e.header for e in seen.values()])])


def _hdu_rows(
    obs_id: int, hdus: Sequence[Hdu], path: Path
) -> Iterator[dict[str, HeaderValue]]:
    """Rows for the first table of each type that the index knows."""
    content = path.read_bytes()
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    listed: set[str] = set()
    for hdu in hdus:
        known = gadf.CLASSES[hdu.kind]
        if not known.hdu_type or known.hdu_type in listed:
            continue
        listed.add(known.hdu_type)
        yield {
            "OBS_ID": obs_id,
            "HDU_TYPE": known.hdu_type,
            "HDU_CLASS": known.name,
            "FILE_DIR": ".",
            "FILE_NAME": path.name,
            "HDU_NAME": hdu.name,
            "SIZE": len(content),
            "MD5": digest,
        }


def hdu_index(rows: Iterable[Mapping[str, HeaderValue]]) -> Hdu:
    """Make the index of tables, from one row for each."""
    listed = list(rows)
    columns = {name: np.array([row[name] for row in listed]) for name in listed[0]}
    return make_hdu("hdu_index", columns, {})


def obs_index(events: Sequence[Hdu]) -> Hdu:
    """Make the index of observations, from the headers of their events.

    Raises
    ------
    StoreError
        If observations differ in their reference time or their place.
    """
    shared: dict[str, HeaderValue] = {}
    for name in (*gadf.TIME_REFERENCE.names, *gadf.PLACE.names, "TELESCOP", "INSTRUME"):
        values = {hdu.header[name] for hdu in events}
        if len(values) > 1:
            raise StoreError(
                f"{name} differs between observations ({sorted(map(str, values))}): "
                "write a dataset of each"
            )
        shared[name] = values.pop()
    columns = {}
    for name in (*_FROM_HEADER, "EVENT_COUNT"):
        without = _WITHOUT.get(name, np.nan)
        columns[name] = np.array([hdu.header.get(name, without) for hdu in events])
    columns["QUALITY"] = np.full(len(events), -1)
    known = {f.name: f for f in (*gadf.OBS_INDEX, *gadf.OBS_INDEX_OPTIONAL)}
    # A target without a place, a drift without a mean: left out if nobody has them.
    kept = {
        name: values
        for name, values in columns.items()
        if name in gadf.OBS_INDEX.names
        or not (values.dtype.kind == "f" and np.isnan(values).all())
    }
    return make_hdu(
        "obs_index", {name: kept[name] for name in known if name in kept}, shared
    )


def read_index(folder: str | Path) -> tuple[Hdu, Hdu]:
    """Read the index of observations and that of tables.

    Raises
    ------
    StoreError
        If one of them is not there or is not one.
    """
    found = []
    for name, kind in ((OBS_INDEX, "obs_index"), (HDU_INDEX, "hdu_index")):
        path = Path(folder) / name
        if not path.exists():
            raise StoreError(f"{path} is not there: is this a folder of DL3 files?")
        tables = [hdu for hdu in read_gadf(path) if hdu.kind == kind]
        if not tables:
            raise StoreError(f"{path}: no table in it is an index ({kind})")
        found.append(tables[0])
    return found[0], found[1]


def listed_path(folder: Path, hdus: Hdu, row: int) -> Path:
    """Return the file that a row of the index of tables is about.

    Raises
    ------
    StoreError
        If it would be anywhere else than below the folder: an index may be of anybody.
    """
    names = [str(hdus[column][row]) for column in ("FILE_DIR", "FILE_NAME")]
    path = folder.joinpath(*names)
    for name in names:
        if name.startswith("/") or "\0" in name or ".." in Path(name).parts:
            raise StoreError(f"{HDU_INDEX}: {str(path)!r} leads out of {folder}")
    return path
