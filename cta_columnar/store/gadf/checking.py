"""Whether a folder of DL3 files is what its index says, and all of it GADF."""

import os
from pathlib import Path

import numpy as np

from cta_columnar.gadf import Hdu, file_problems, hdu_problems
from cta_columnar.schemas import gadf
from cta_columnar.store.errors import StoreError
from cta_columnar.store.gadf.index import HDU_INDEX, OBS_INDEX, listed_path, read_index
from cta_columnar.store.gadf.reading import read_gadf

# What the index of observations repeats from the events.
_REPEATED = ("TSTART", "TSTOP", "ONTIME", "LIVETIME", "RA_PNT", "DEC_PNT")


def dataset_problems(folder: str | Path) -> list[str]:
    """Find what is wrong with a folder of DL3 files, whoever wrote it.

    Parameters
    ----------
    folder : path
        With the two index tables.

    Returns
    -------
    problems : list of str
        Each begins with the file that it is about. Empty if there are none.

    Raises
    ------
    StoreError
        If an index is missing or cannot be read.
    """
    folder = Path(folder)
    observations, hdus = read_index(folder)
    found = [f"{OBS_INDEX}: {problem}" for problem in hdu_problems(observations)]
    found += [f"{HDU_INDEX}: {problem}" for problem in hdu_problems(hdus)]
    if found:
        return found
    of_observations = set(observations["OBS_ID"].tolist())
    of_hdus = set(hdus["OBS_ID"].tolist())
    for obs_id in sorted(of_observations ^ of_hdus):
        there = OBS_INDEX if obs_id in of_observations else HDU_INDEX
        found.append(f"{there}: observation {obs_id} is in this index only")
    try:
        paths = sorted({_path(folder, hdus, row) for row in range(hdus.n_rows)})
    except StoreError as error:
        return [*found, str(error)]
    for path in paths:
        rows = [r for r in range(hdus.n_rows) if _path(folder, hdus, r) == path]
        found += [
            f"{path}: {each}" for each in _of_file(path, hdus, rows, observations)
        ]
    return found


def _path(folder: Path, hdus: Hdu, row: int) -> Path:
    return listed_path(Path(str(hdus.header.get("BASE_DIR", folder))), hdus, row)


def _of_file(path: Path, index: Hdu, rows: list[int], observations: Hdu) -> list[str]:
    # Not by `Path.exists`, which fails for names that are too long.
    if not os.path.exists(path):  # noqa: PTH110
        return ["is not there"]
    try:
        tables = read_gadf(path)
    except StoreError as error:
        return [str(error).removeprefix(f"{path}: ")]
    found = file_problems(tables)
    by_name: dict[str, list[Hdu]] = {}
    for hdu in tables:
        by_name.setdefault(hdu.name, []).append(hdu)
    for row in rows:
        name, listed = str(index["HDU_NAME"][row]), str(index["HDU_CLASS"][row])
        kinds = [hdu.kind for hdu in by_name.get(name, [])]
        if not kinds:
            found.append(f"the index names a table {name!r}, and there is none")
        elif listed not in kinds:
            found.append(f"{name} is {listed} in the index, and {kinds[0]} here")
        elif str(index["HDU_TYPE"][row]) != gadf.CLASSES[listed].hdu_type:
            found.append(f"{name}: the index has a wrong HDU_TYPE of {listed}")
    found += [each for hdu in tables for each in _unlike_index(hdu, observations)]
    return found


def _unlike_index(hdu: Hdu, observations: Hdu) -> list[str]:
    """Where the header of events is not what the index of observations has."""
    row = np.flatnonzero(observations["OBS_ID"] == hdu.header.get("OBS_ID"))
    if hdu.kind != "events" or row.size != 1:
        return []
    found = []
    for name in _REPEATED:
        if name in observations.columns and name in hdu.header:
            listed, said = float(observations[name][row[0]]), float(hdu.header[name])
            if not np.isclose(listed, said, rtol=1e-9, atol=1e-6):
                found.append(f"{name} is {said} here, and {listed} in the index")
    return found
