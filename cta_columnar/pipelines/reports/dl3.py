"""What a report says of a folder of event lists."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from cta_columnar.array_types import F8
from cta_columnar.display.dl3_contents import EventListsShown
from cta_columnar.display.dl3_figures import THETA2_MAX
from cta_columnar.gadf import Hdu
from cta_columnar.instrument import frames
from cta_columnar.pipelines.reports.dl3_tables import (
    left_out,
    rows_of,
    tables_beside,
)
from cta_columnar.pipelines.reports.provenance import provenance_tables
from cta_columnar.store import StoreError
from cta_columnar.store.gadf import dataset_problems, listed_path, read_gadf, read_index
from cta_columnar.store.gadf.index import OBS_INDEX

# Targets that are as close as this are one.
_SAME_DEG = 0.01


def is_dl3(path: Path) -> bool:
    """Whether a folder is one of event lists."""
    return (path / OBS_INDEX).is_file()


def read_event_lists(folder: Path) -> EventListsShown:
    """Read what is to be shown of a folder of event lists.

    Raises
    ------
    UserError
        If it cannot be read.
    """
    observations, hdus = read_index(folder)
    if not observations.n_rows:
        raise StoreError(f"{folder}: there is no observation in {OBS_INDEX}")
    tables = [
        _tables(folder, hdus, obs_id) for obs_id in observations["OBS_ID"].tolist()
    ]
    events = [_events(each, folder) for each in tables]
    centre = _centre(events)
    target = _target(events)
    on, off, without = _theta2(events, target)
    warnings = list(_warnings(events, without, has_target=target is not None))
    warnings += left_out(folder)
    return EventListsShown(
        title=f"Event lists: {folder.name}",
        observations=pl.DataFrame([_observation(each, centre) for each in events]),
        intervals=pl.concat([_intervals(each, folder) for each in tables]),
        events=pl.concat([_around(each, centre) for each in events]),
        on=on,
        off=off,
        centre=centre,
        target=target and _offset(*target, centre),
        facts=list(_facts(events)),
        responses=_responses(hdus),
        problems=dataset_problems(folder),
        provenance=provenance_tables(folder),
        tables=list(tables_beside(folder)),
        cut_flow=rows_of(folder, "cut_flow"),
        warnings=warnings,
    )


def _tables(folder: Path, hdus: Hdu, obs_id: int) -> list[Hdu]:
    """All tables of an observation; of a file only what is of it."""
    rows = np.flatnonzero(hdus["OBS_ID"] == obs_id).tolist()
    paths = dict.fromkeys(listed_path(folder, hdus, row) for row in rows)
    return [
        hdu
        for path in paths
        for hdu in read_gadf(path)
        if int(hdu.header.get("OBS_ID", obs_id)) == obs_id
    ]


def _events(tables: Sequence[Hdu], folder: Path) -> Hdu:
    for hdu in tables:
        if hdu.kind == "events":
            return hdu
    raise StoreError(f"{folder}: an observation has no events")


def _intervals(tables: Sequence[Hdu], folder: Path) -> pl.DataFrame:
    obs_id = _events(tables, folder).header["OBS_ID"]
    for hdu in tables:
        if hdu.kind == "gti":
            return pl.DataFrame(
                {
                    "obs_id": pl.Series([obs_id] * hdu.n_rows, dtype=pl.Int64),
                    "start": hdu["START"].astype(np.float64),
                    "stop": hdu["STOP"].astype(np.float64),
                }
            )
    raise StoreError(f"{folder}: observation {obs_id} has no good time")


def _number(hdu: Hdu, name: str) -> float:
    return float(hdu.header.get(name, np.nan))


def _pointing(hdu: Hdu) -> tuple[float, float]:
    return _number(hdu, "RA_PNT"), _number(hdu, "DEC_PNT")


def _centre(events: Sequence[Hdu]) -> tuple[float, float]:
    """Middle of all pointings, or of all events if none is known."""
    places = np.array([_pointing(hdu) for hdu in events])
    places = places[np.isfinite(places).all(axis=1)]
    if not places.size:
        pairs = [np.stack([hdu["RA"], hdu["DEC"]], axis=1) for hdu in events]
        places = np.concatenate([*pairs, np.zeros((0, 2))])
    if not places.size:
        return 0.0, 0.0
    mean = np.mean(frames.altaz_to_direction(places[:, 1], places[:, 0]), axis=1)
    dec, ra = frames.direction_to_altaz(*mean)
    return float(ra) % 360.0, float(dec)


def _offset(ra: float, dec: float, centre: tuple[float, float]) -> tuple[float, float]:
    lon, lat = frames.altaz_to_fov(dec, ra, centre[1], centre[0])
    return float(lon), float(lat)


def _around(hdu: Hdu, centre: tuple[float, float]) -> pl.DataFrame:
    ra, dec = (hdu[name].astype(np.float64) for name in ("RA", "DEC"))
    lon, lat = frames.altaz_to_fov(dec, ra, centre[1], centre[0])
    return pl.DataFrame(
        {
            "obs_id": pl.Series([hdu.header["OBS_ID"]] * hdu.n_rows, dtype=pl.Int64),
            "lon": np.asarray(lon, np.float64).reshape(-1),
            "lat": np.asarray(lat, np.float64).reshape(-1),
            "energy": hdu["ENERGY"].astype(np.float64),
        }
    )


def _observation(hdu: Hdu, centre: tuple[float, float]) -> dict[str, object]:
    known = {
        name.lower(): _number(hdu, name)
        for name in ("ZEN_PNT", "TSTART", "ONTIME", "LIVETIME")
    }
    if np.isnan(known["zen_pnt"]):
        known["zen_pnt"] = 90.0 - _number(hdu, "ALT_PNT")
    lon, lat = _offset(*_pointing(hdu), centre)
    return {
        "obs_id": int(hdu.header["OBS_ID"]),
        "object": str(hdu.header.get("OBJECT", "")),
        **known,
        "lon": lon,
        "lat": lat,
        "n_events": hdu.n_rows,
    }


def _target(events: Sequence[Hdu]) -> tuple[float, float] | None:
    """Find the target of all observations that have one."""
    places = [(_number(hdu, "RA_OBJ"), _number(hdu, "DEC_OBJ")) for hdu in events]
    known = [place for place in places if np.isfinite(place).all()]
    if not known:
        return None
    ra, dec = np.array(known).T
    away = frames.angular_separation(ra, dec, known[0][0], known[0][1])
    return known[0] if np.max(away) <= _SAME_DEG else None


def _theta2(
    events: Sequence[Hdu], target: tuple[float, float] | None
) -> tuple[pl.DataFrame, pl.DataFrame, list[int]]:
    """Squared distances to the target, and to places on its circle about the pointing.

    Observations without such a place are left out, and returned.
    """
    on: list[F8] = [np.zeros(0)]
    off: list[F8] = [np.zeros(0)]
    weights: list[F8] = [np.zeros(0)]
    without: list[int] = []
    for hdu in events if target else ():
        pointing = _pointing(hdu)
        ra, dec = target or (0.0, 0.0)
        x, y = _offset(ra, dec, pointing)
        angles = _reflections(float(np.hypot(x, y)))
        if not angles.size:
            without.append(int(hdu.header["OBS_ID"]))
            continue
        lon, lat = (_around(hdu, pointing)[name].to_numpy() for name in ("lon", "lat"))
        on.append((lon - x) ** 2 + (lat - y) ** 2)
        for angle in angles:
            c, s = np.cos(angle), np.sin(angle)
            away = (lon - (c * x - s * y)) ** 2 + (lat - (s * x + c * y)) ** 2
            away = away[away <= THETA2_MAX]
            off.append(away)
            weights.append(np.full(away.size, 1 / angles.size))
    of_off = {"theta2": np.concatenate(off), "weight": np.concatenate(weights)}
    return pl.DataFrame({"theta2": np.concatenate(on)}), pl.DataFrame(of_off), without


def _reflections(distance: float) -> F8:
    """Angles to turn the target by, so that no two circles overlap."""
    radius = np.sqrt(THETA2_MAX)
    if not distance > radius:
        return np.zeros(0)
    step = 2 * np.arcsin(radius / distance)
    n = int(2 * np.pi / step)
    return np.arange(1.0, n) * (2 * np.pi / n)


def _facts(events: Sequence[Hdu]) -> Iterator[tuple[str, str]]:
    names = (("TELESCOP", "telescope"), ("INSTRUME", "instrument"),
             ("ORIGIN", "origin"), ("CREATOR", "made by"),
             ("OBJECT", "target"))  # fmt: skip
    for name, said in names:
        values = dict.fromkeys(str(hdu.header.get(name, "")) for hdu in events)
        listed = ", ".join(value for value in values if value)
        if listed:
            yield said, listed
    yield "on time", f"{sum(_number(hdu, 'ONTIME') for hdu in events) / 3600:.3f} h"
    yield "live time", f"{sum(_number(hdu, 'LIVETIME') for hdu in events) / 3600:.3f} h"


def _responses(hdus: Hdu) -> list[tuple[str, str]]:
    """Which classes of tables observations have, those alike together."""
    of_obs: dict[int, list[str]] = {}
    classes = zip(hdus["OBS_ID"].tolist(), hdus["HDU_CLASS"], strict=True)
    for obs_id, name in classes:
        of_obs.setdefault(obs_id, []).append(str(name))
    counted = Counter(", ".join(names) for names in of_obs.values())
    return [(f"{n:,} observations", names) for names, n in counted.items()]


def _warnings(
    events: Sequence[Hdu], without: Sequence[int], *, has_target: bool
) -> Iterator[str]:
    if any("SIM_ID" in hdu.columns for hdu in events):
        yield "Events are simulated."
    empty = [str(hdu.header["OBS_ID"]) for hdu in events if not hdu.n_rows]
    if empty:
        yield f"No event is in the observations {', '.join(empty)}."
    if without:
        listed = ", ".join(map(str, without))
        yield (
            f"Not in the theta² picture: {listed}, which point too close to the target "
            "for a place beside it."
        )
    if not has_target:
        yield "Observations have no target, or different ones."
