"""What a dataset says of pixels that were dropped, and what a cleaning misses by it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cta_columnar.config import ReduceConfig, Stage1Config
from cta_columnar.config.reduce import ALL_PIXELS
from cta_columnar.instrument.subarray import SubarrayDescription, ranges
from cta_columnar.pipelines.stage1.choices import resolve
from cta_columnar.store import Record

# In the record of a shard: what chose the pixels, by telescopes.
Reducers = Sequence[Mapping[str, Any]]
_KEY = "reducers"

# Where a cleaning with less would find more.
_LEVELS = ("picture_threshold_pe", "boundary_threshold_pe", "min_picture_neighbors")
_ISOLATED = "keep_isolated_pixels"


def reducers_of(
    config: ReduceConfig, subarray: SubarrayDescription
) -> dict[str, list[dict[str, Any]]]:
    """Say what chooses pixels, with all its options, for the record of a shard.

    Returns
    -------
    dict
        Nothing if all pixels of all telescopes are stored.
    """
    groups: list[dict[str, Any]] = []
    for camera in subarray.types:
        for tel_id in subarray.tel_ids_of(camera.name).tolist():
            reducer, options = resolve("reducer", config.reducer, camera.name, tel_id)
            if reducer.name == ALL_PIXELS.name:
                continue
            facts = {"tel_type": camera.name, "name": reducer.name, "options": options}
            for known in groups:
                if facts.items() <= known.items():
                    known["tel_ids"].append(tel_id)
                    break
            else:
                groups.append(facts | {"tel_ids": [tel_id]})
    return {_KEY: groups} if groups else {}


def noted(record: Record) -> dict[str, Reducers]:
    """Return what the record of a shard says, for that of a shard made of it."""
    return {_KEY: record.info[_KEY]} if _KEY in record.info else {}


def in_words(record: Record) -> list[str]:
    """Say which pixels a shard has; nothing if they are all there."""
    found: dict[str, list[str]] = {}
    for each in record.info.get(_KEY, ()):
        options = ", ".join(f"{k}={v}" for k, v in each["options"].items())
        told = f"{each['name']} ({options})" if options else each["name"]
        found.setdefault(told, []).append(each["tel_type"])
    return [
        f"of {', '.join(dict.fromkeys(types))} those that {told} kept"
        for told, types in found.items()
    ]


def warnings_of(root: object, record: Record, config: Stage1Config) -> list[str]:
    """Tell that pixels were dropped, and of a cleaning that would find some of them.

    Parameters
    ----------
    root : path
        The dataset, as it is called.
    record : Record
        A shard of it.
    config : Stage1Config
        How it is cleaned now.
    """
    pixels = in_words(record)
    if not pixels:
        return []
    found = [
        f"{root} holds some pixels only, {'; '.join(pixels)}: others have charge 0"
    ]
    missed: dict[str, list[int]] = {}
    for each in record.info[_KEY]:
        for tel_id in each["tel_ids"]:
            cleaner, options = resolve(
                "cleaner", config.cleaner, each["tel_type"], tel_id
            )
            lower = "; ".join(_lower(each["options"], options))
            if lower:
                missed.setdefault(f"{cleaner.name}, {lower}", []).append(tel_id)
    return found + [
        f"cleaner of telescopes {ranges(sorted(tel_ids))}: {what}: what it would find "
        f"in pixels that were dropped is gone from {root}"
        for what, tel_ids in missed.items()
    ]


def _lower(reducer: Mapping[str, Any], cleaner: Mapping[str, Any]) -> Iterable[str]:
    """Say in which way a cleaner may keep more pixels than a reducer of tail cuts."""
    levels = [each.get(name) for name in _LEVELS for each in (reducer, cleaner)]
    if not all(isinstance(each, int | float) for each in levels):
        yield "not comparable with what chose the pixels"
        return
    for name in _LEVELS:
        if cleaner[name] < reducer[name]:
            yield f"{name}={cleaner[name]:g} where {reducer[name]:g} chose the pixels"
    if cleaner.get(_ISOLATED) and not reducer.get(_ISOLATED):
        yield f"{_ISOLATED}=True where such pixels were dropped"
