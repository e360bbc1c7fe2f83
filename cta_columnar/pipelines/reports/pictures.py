"""Pick the images and the event that a report shows, and read only those."""

import math
from collections.abc import Iterator
from typing import Any

import polars as pl

from cta_columnar.display.contents import EventShown, ImageShown, Point
from cta_columnar.instrument import frames
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.pipelines.images.stored import float_row
from cta_columnar.store import Store

_KEY = ("obs_id", "event_id", "tel_id")
_EVENT = _KEY[:2]

# A picture is to show a shower, not an image cut off at the edge of the camera.
MAX_LEAKAGE = 0.1
MIN_PIXELS = 5
# Shares of the images that are less bright.
KINDS = {"bright": 0.95, "typical": 0.5}


def images_shown(dl1: Store, dl2: Store | None, max_rows: int) -> list[ImageShown]:
    """Pick a bright and a typical image of each telescope type.

    Parameters
    ----------
    dl1 : Store
        Dataset with images.
    dl2 : Store, optional
        Its reconstructed events.
    max_rows : int
        Among how many images of a type to pick.
    """
    return [
        _shown(dl1, dl2, telescope, kind, key)
        for telescope in dl1.subarray().types
        if telescope.name in dl1.tel_types("images")
        for kind, key in _picked(dl1, telescope.name, max_rows)
    ]


def _picked(dl1: Store, tel_type: str, max_rows: int) -> Iterator[tuple[str, Any]]:
    """Keys of the images to show, by the reason why; none twice."""
    known = dl1.schema("parameters", tel_type).names
    if "hillas_intensity" not in known:
        return
    wanted = [*_KEY, "hillas_intensity", "hillas_length"]
    wanted += ["leakage_intensity_width_2", "morphology_n_pixels"]
    names = [name for name in wanted if name in known]
    scanned = dl1.scan("parameters", tel_type).filter(pl.col("is_parametrized"))
    rows = scanned.select(names).head(max_rows).collect()
    is_good = [pl.col("hillas_length") > 0]
    if "leakage_intensity_width_2" in known:
        is_good.append(pl.col("leakage_intensity_width_2") < MAX_LEAKAGE)
    if "morphology_n_pixels" in known:
        is_good.append(pl.col("morphology_n_pixels") >= MIN_PIXELS)
    good = rows.filter(is_good)
    chosen = (good if len(good) else rows).sort("hillas_intensity", *_KEY)
    seen = set()
    for kind, share in KINDS.items():
        index = int(share * len(chosen))
        if index < len(chosen) and index not in seen:
            seen.add(index)
            yield kind, chosen.select(_KEY).row(index, named=True)


def _shown(
    dl1: Store,
    dl2: Store | None,
    telescope: TelescopeType,
    kind: str,
    key: Any,  # noqa: ANN401
) -> ImageShown:
    row = _row(dl1, "parameters", key, telescope.name)
    row |= float_row(_row(dl1, "images", key, telescope.name))
    event = {name: key[name] for name in _EVENT}
    truth = _row(dl1, "showers", event) if dl1.rows("showers") else {}
    found = _row(dl2, "events", event) if dl2 else {}
    return ImageShown(
        telescope,
        kind,
        row,
        _in_camera(row, truth, "true"),
        _in_camera(row, found, "reco"),
        truth.get("true_energy"),
    )


def _row(
    store: Store, table: str, key: dict[str, int], tel_type: str | None = None
) -> dict[str, Any]:
    """One row by its key; the statistics of row groups spare reading the others."""
    is_it = [pl.col(name) == value for name, value in key.items()]
    rows = store.scan(table, tel_type).filter(is_it).collect()
    return rows.row(0, named=True) if len(rows) else {}


def _in_camera(row: dict[str, Any], event: dict[str, Any], of: str) -> Point | None:
    if f"{of}_alt" not in event or "pointing_alt" not in row:
        return None
    lon, lat = frames.altaz_to_fov(
        event[f"{of}_alt"], event[f"{of}_az"], row["pointing_alt"], row["pointing_az"]
    )
    return float(lon), float(lat)


def event_shown(dl2: Store) -> EventShown | None:
    """Pick the event that most telescopes saw, a reconstructed one if there is one.

    None if there is no event that two telescopes saw.
    """
    names = dl2.schema("events").names
    columns = [*_EVENT, "multiplicity"]
    columns += ["reco_is_valid"] if "reco_is_valid" in names else []
    order = ["reco_is_valid", "multiplicity"] if len(columns) > 3 else ["multiplicity"]
    first = (
        dl2.scan("events").filter(pl.col("multiplicity") > 1).select(columns)
        .sort([*order, *_EVENT], descending=[True] * len(order) + [False, False])
        .head(1).collect()
    )  # fmt: skip
    if not len(first) or not dl2.tel_types("parameters"):
        return None
    row = _row(dl2, "events", first.select(_EVENT).row(0, named=True))
    cores = [name for name in names if name.endswith("_core_x")]
    reconstructed = [name for name in cores if name != "true_core_x"]
    return EventShown(
        dl2.subarray(),
        row,
        _telescopes(dl2, row),
        _core(row, "true_core_x"),
        _core(row, reconstructed[0]) if reconstructed else None,
    )


def _core(row: dict[str, Any], name: str) -> Point | None:
    x, y = (row.get(name.removesuffix("x") + axis, math.nan) for axis in "xy")
    return (x, y) if math.isfinite(x) and math.isfinite(y) else None


def _telescopes(dl2: Store, row: dict[str, Any]) -> pl.DataFrame:
    """Intensity and image axis per telescope of an event."""
    is_it = [pl.col(name) == row[name] for name in _EVENT]
    parameters = dl2.scan("parameters").filter(is_it)
    known = parameters.collect_schema().names()
    names = [name for name in ("tel_id", "hillas_intensity") if name in known]
    frame = parameters.select(names).collect()
    if "hillas_intensity" not in names:
        frame = frame.with_columns(hillas_intensity=pl.lit(float("nan")))
    if not dl2.tel_types("telescopes"):
        return frame
    axes = dl2.scan("telescopes").filter(is_it)
    if "core_psi" not in axes.collect_schema().names():
        return frame
    axis = axes.select("tel_id", "core_psi").collect()
    return frame.join(axis, on="tel_id", how="left").sort("tel_id")
