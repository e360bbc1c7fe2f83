"""What technical tables need beside event lists: weather, pedestals, muons."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.compute as pc

from cta_columnar.array_types import F8, I8, AnyArray
from cta_columnar.arrays import to_numpy
from cta_columnar.errors import UserError
from cta_columnar.pipelines.dl3.weather import coverage_warnings, read_weather
from cta_columnar.stages.dl3.observation import Observation
from cta_columnar.stages.dl3.technical import Monitored
from cta_columnar.stages.dl3.times import as_ns
from cta_columnar.store import Store, open_store

_PEDESTALS = "monitoring/pedestal_statistics"
_EFFICIENCY = "muonefficiency_optical_efficiency"
_LISTED = 10
_IS_FITTED = "muonefficiency_is_valid"


@dataclass(frozen=True, eq=False)
class Conditions:
    """All that is known beside the events.

    Attributes
    ----------
    weather : mapping of str to array, optional
        From `weather.read_weather`.
    monitored : sequence of Store
        Datasets with pedestals or muons.
    weather_file : pathlib.Path, optional
        Where the weather is from.
    """

    weather: Mapping[str, AnyArray] | None
    monitored: Sequence[Store]
    weather_file: Path | None = None

    def warnings(
        self, observations: Sequence[Observation], length_s: float
    ) -> list[str]:
        """Tell of intervals without weather, and of datasets of other observations.

        Raises
        ------
        UserError
            If the weather is of no interval, or a dataset of none of the observations.
        """
        told = [each for s in self.monitored for each in _of_others(s, observations)]
        if self.weather is None or self.weather_file is None or not observations:
            return told
        file = self.weather_file
        return [*told, *coverage_warnings(file, self.weather, observations, length_s)]

    def telescopes(self, obs_id: int) -> dict[int, Monitored]:
        """Return what there is of an observation, by telescope."""
        pedestals: dict[int, list[tuple[I8, F8, F8]]] = {}
        muons: dict[int, list[tuple[I8, F8]]] = {}
        for store in self.monitored:
            for tel_type in store.tel_types(_PEDESTALS):
                _add_pedestals(store, tel_type, obs_id, pedestals)
            for tel_type in store.tel_types("muons"):
                _add_muons(store, tel_type, obs_id, muons)
        return {
            tel_id: Monitored(
                *_in_order(pedestals.get(tel_id, []), 3),
                *_in_order(muons.get(tel_id, []), 2),
            )
            for tel_id in sorted(pedestals.keys() | muons.keys())
        }


def open_conditions(weather: str | None, monitoring: Sequence[str]) -> Conditions:
    """Open what a configuration names.

    Raises
    ------
    UserError
        If something cannot be read, or a dataset has neither pedestals nor muons.
    """
    stores = [open_store(path) for path in monitoring]
    for store in stores:
        if not store.tel_types(_PEDESTALS) and not store.tel_types("muons"):
            raise UserError(
                f"technical.monitoring: {store.root} has neither {_PEDESTALS} (of "
                "ctacol run calibration) nor muons (of ctacol run stage1 --set "
                "muons=...)"
            )
    if not weather:
        return Conditions(None, stores)
    return Conditions(read_weather(Path(weather)), stores, Path(weather))


def _of_others(store: Store, observations: Sequence[Observation]) -> Iterator[str]:
    """Tell which observations a dataset has nothing of; `UserError` if that is all."""
    known = _obs_ids(store)
    wanted = {each.obs_id for each in observations}
    missing = sorted(wanted - known)
    if not missing:
        return
    said = f"technical.monitoring: {store.root} has runs {_listed(sorted(known))}"
    if not wanted & known:
        raise UserError(
            f"{said}, and none of the observations {_listed(missing)}: name a dataset "
            "of these, made with their --obs-id"
        )
    yield f"{said}, and not the observations {_listed(missing)}"


def _obs_ids(store: Store) -> set[int]:
    """Find the runs of which a dataset has triggers, pedestals or muons."""
    places: list[tuple[str, str | None]] = [
        (table, tel_type)
        for table in (_PEDESTALS, "muons")
        for tel_type in store.tel_types(table)
    ]
    if "trigger" in store.tables():
        places.append(("trigger", None))
    return {
        obs_id
        for table, tel_type in places
        for obs_id in pc.unique(
            store.read(table, ["obs_id"], tel_type=tel_type)["obs_id"]
        ).to_pylist()
    }


def _listed(obs_ids: Sequence[int]) -> str:
    more = f" and {len(obs_ids) - _LISTED} more" if len(obs_ids) > _LISTED else ""
    return (", ".join(map(str, obs_ids[:_LISTED])) or "none") + more


def _add_pedestals(
    store: Store, tel_type: str, obs_id: int, found: dict[int, list[tuple[I8, F8, F8]]]
) -> None:
    names = ["tel_id", "time_start", "is_valid", "outlier_mask"]
    names += ["charge_mean", "charge_std"]
    rows = store.read(
        _PEDESTALS, names, tel_type=tel_type, where=pc.field("obs_id") == obs_id
    ).combine_chunks()
    if rows.num_rows == 0:
        return
    read = {name: to_numpy(rows[name].combine_chunks()) for name in names}
    # Of the channel of higher gain, which sees the night sky.
    good = ~read["outlier_mask"][:, 0] & np.isfinite(read["charge_mean"][:, 0])
    good &= read["is_valid"][:, None]
    mean, std = (_median(read[n][:, 0], good) for n in ("charge_mean", "charge_std"))
    time_ns = as_ns(read["time_start"])
    for tel_id in np.unique(read["tel_id"]).tolist():
        own = (read["tel_id"] == tel_id) & good.any(axis=1)
        found.setdefault(tel_id, []).append((time_ns[own], mean[own], std[own]))


def _median(values: AnyArray, good: AnyArray) -> F8:
    """Median over good pixels of each row, NaN without any: float64[k]."""
    medians = np.full(len(values), np.nan)
    for row, (each, mask) in enumerate(zip(values, good, strict=True)):
        if mask.any():
            medians[row] = np.median(each[mask])
    return medians


def _add_muons(
    store: Store, tel_type: str, obs_id: int, found: dict[int, list[tuple[I8, F8]]]
) -> None:
    there = store.schema("muons", tel_type).names
    if _EFFICIENCY not in there:
        return
    names = ["tel_id", "time", _EFFICIENCY, _IS_FITTED]
    rows = store.read(
        "muons", names, tel_type=tel_type, where=pc.field("obs_id") == obs_id
    ).combine_chunks()
    read = {name: to_numpy(rows[name].combine_chunks()) for name in names}
    good = read[_IS_FITTED] & np.isfinite(read[_EFFICIENCY])
    time_ns = as_ns(read["time"])
    for tel_id in np.unique(read["tel_id"]).tolist():
        own = good & (read["tel_id"] == tel_id)
        found.setdefault(tel_id, []).append((time_ns[own], read[_EFFICIENCY][own]))


def _in_order(parts: Sequence[tuple[AnyArray, ...]], n_columns: int) -> list[AnyArray]:
    """Join parts and sort them by their first column, a time."""
    if not parts:
        return [np.empty(0, np.int64), *[np.empty(0)] * (n_columns - 1)]
    columns = [np.concatenate(each) for each in zip(*parts, strict=True)]
    order = np.argsort(columns[0], kind="stable")
    return [each[order] for each in columns]
