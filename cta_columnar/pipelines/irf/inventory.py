"""All that is known of a run of responses before events are counted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from cta_columnar.array_types import F8
from cta_columnar.config import IrfConfig
from cta_columnar.errors import UserError
from cta_columnar.pipelines.irf.basis import Basis
from cta_columnar.pipelines.irf.cells import Cell, cells_of
from cta_columnar.pipelines.irf.checks import check_particles
from cta_columnar.pipelines.irf.columns_read import further_of_events
from cta_columnar.pipelines.irf.grid import on_grid
from cta_columnar.pipelines.irf.inputs import IrfSource
from cta_columnar.pipelines.irf.places import OF_RUNS, places_of
from cta_columnar.pipelines.irf.plan import (
    IrfPlan,
    plan_of,
    spectra_of,
)
from cta_columnar.pipelines.irf.reconstruction import Made, differences
from cta_columnar.pipelines.irf.run_bins import (
    InBins,
    in_order,
    simulated,
    simulated_in_bins,
)
from cta_columnar.pipelines.irf.shard_events import ShardEvents
from cta_columnar.stages.irf.simulated_runs import SimulatedRuns
from cta_columnar.stages.irf.thrown_showers import thrown_showers
from cta_columnar.store import Record, open_store

# Of each some hundred bytes are in memory.
_EVENTS_TOGETHER = 100_000


@dataclass(frozen=True, eq=False)
class Inventory:
    """Inputs, grid and plan of a run.

    Attributes
    ----------
    config : IrfConfig
        What is wanted.
    sources : list of IrfSource
        Inputs, on the grid; sorted by particle and content.
    grid : pyarrow.Table
        `schemas.irf.GRID`.
    plan : IrfPlan
        What is counted.
    event_types : tuple of int
        Classes with responses of their own.
    warnings : tuple of str
        What is unlike in the inputs, and was wanted all the same.
    """

    config: IrfConfig
    sources: list[IrfSource]
    grid: pa.Table
    plan: IrfPlan
    event_types: tuple[int, ...]
    warnings: tuple[str, ...] = ()

    @property
    def cells(self) -> list[Cell]:
        """Points, with all events together and with each event type."""
        return cells_of(range(self.grid.num_rows), self.event_types)

    @cached_property
    def runs(self) -> Mapping[tuple[str, int], SimulatedRuns]:
        """What was thrown, by particle and point."""
        return {key: simulated(table) for key, table in self._tables.items()}

    @cached_property
    def in_bins(self) -> Mapping[tuple[str, int], InBins]:
        """What was thrown into bins of axes of runs; nothing if there are none."""
        axes = self.plan.run_axes
        return {
            key: simulated_in_bins(runs, axes) for key, runs in self._tables.items()
        }

    @cached_property
    def _tables(self) -> Mapping[tuple[str, int], pa.Table]:
        """Runs by particle and point."""
        tables: dict[tuple[str, int], list[pa.Table]] = {}
        for source in self.sources:
            for point in points_of(source):
                rows = pc.equal(source.runs["point"], point)
                here = tables.setdefault((source.particle, point), [])
                here.append(source.runs.filter(rows))
        return {key: pa.concat_tables(some) for key, some in tables.items()}

    def pieces(self, particles: Sequence[str]) -> list[ShardEvents]:
        """Return the work on events of some particles, some shards each."""
        return [
            self._piece(source, shards)
            for source in self.sources
            if source.particle in particles
            for shards in _together(source.shards)
        ]

    def _piece(self, source: IrfSource, shards: Sequence[Record]) -> ShardEvents:
        """Return the work on some shards, with no more than their own runs."""
        obs_ids = {each.obs_id for shard in shards for each in shard.id_ranges}
        here = pc.is_in(source.runs["obs_id"], pa.array(sorted(obs_ids), pa.int64()))
        runs = source.runs.filter(here)
        points = sorted(set(runs["point"].to_pylist()))
        thrown = {point: self._per_shower[source.particle, point] for point in points}
        in_bins = {point: self._in_bins[source.particle, point] for point in points}
        return ShardEvents(
            source.path,
            source.digest,
            tuple(shard.key for shard in shards),
            source.particle,
            runs,
            thrown,
            self.plan.run_axes,
            in_bins,
            self.config,
        )

    @cached_property
    def _per_shower(self) -> Mapping[tuple[str, int], SimulatedRuns]:
        return {key: runs.per_shower() for key, runs in self.runs.items()}

    @cached_property
    def _in_bins(self) -> Mapping[tuple[str, int], InBins]:
        return {
            key: {number: runs.per_shower() for number, runs in of_point.items()}
            for key, of_point in self.in_bins.items()
        }

    @cached_property
    def bases(self) -> Mapping[int, Basis]:
        """What the products of each point are made with, besides events."""
        spectra = spectra_of(self.config)
        bases = {}
        for point in range(self.grid.num_rows):
            runs = {name: each for (name, at), each in self.runs.items() if at == point}
            in_bins = {name: self.in_bins[name, point] for name in runs}
            thrown = self._thrown(point, runs)
            bases[point] = Basis(self.config, self.plan, spectra, runs, in_bins, thrown)
        return bases

    def _thrown(self, point: int, runs: Mapping[str, SimulatedRuns]) -> F8:
        """Showers of the signal at a point, in the bins of the effective area."""
        signal = self._tables[self.config.signal, point]
        places = places_of(in_order(signal))
        further = self.config.axes.further.keys() & set(OF_RUNS)
        of_runs = {n: np.array([getattr(each, n) for each in places]) for n in further}
        return thrown_showers(
            self.plan.axes.effective_area,
            runs[self.config.signal],
            of_runs,
            of_events=further_of_events(self.config),
        )


def _together(shards: Sequence[Record]) -> Iterator[list[Record]]:
    """Yield shards one after the other, so many that reading them is worth a call."""
    some: list[Record] = []
    n_events = 0
    for shard in shards:
        n_here = sum(part.rows for part in shard.parts if part.place.table == "events")
        if some and n_events + n_here > _EVENTS_TOGETHER:
            yield some
            some, n_events = [], 0
        some.append(shard)
        n_events += n_here
    if some:
        yield some


def take_inventory(
    sources: Sequence[IrfSource], config: IrfConfig, known_types: Sequence[int] = ()
) -> Inventory:
    """Put inputs on the grid, and plan what is counted.

    Parameters
    ----------
    sources : sequence of IrfSource
        All inputs; at least one is to be read.
    config : IrfConfig
        What is wanted.
    known_types : sequence of int
        Classes of events that were counted before.

    Raises
    ------
    UserError
        If particles are missing, altogether or at a point, the simulations do not go
        together, or the configuration does not go with the events.
    """
    check_particles([source.particle for source in sources], config)
    ordered = sorted(sources, key=lambda each: (each.particle, each.digest))
    placed, grid = on_grid(ordered, config)
    store = open_store(next(each.path for each in placed if each.shards))
    plan = plan_of(config, store.schema("events"), len(store.subarray().types))
    types = {*known_types, *event_types_of(placed, config)}
    told = tuple(_unlike(placed, config))
    inventory = Inventory(config, placed, grid, plan, tuple(sorted(types)), told)
    for basis in inventory.bases.values():
        # Refuses now what would be refused after all events have been read.
        basis.check()
    return inventory


def _unlike(sources: Sequence[IrfSource], config: IrfConfig) -> list[str]:
    """Find what is unlike in the reconstruction of the inputs of a point.

    Points may differ: models and cleaning may be made for their zenith angle or light.

    Raises
    ------
    UserError
        If something is, unless it is wanted.
    """
    by_point: dict[int, list[Made]] = {}
    for source in sources:
        for point in points_of(source):
            by_point.setdefault(point, []).append((source.path, source.made))
    told = dict.fromkeys(t for some in by_point.values() for t in differences(some))
    if told and config.mixed_reconstruction == "refuse":
        raise UserError(
            f"{next(iter(told))}, or set mixed_reconstruction=keep to take them "
            "together"
        )
    return list(told)


def event_types_of(sources: Sequence[IrfSource], config: IrfConfig) -> tuple[int, ...]:
    """Find which classes of events there are; none if they are not told apart."""
    name = config.event_types
    if name == "none":
        return ()
    found: set[int] = set()
    for path in {source.path for source in sources if source.shards}:
        column = open_store(path).scan("events").select(pl.col(name).unique())
        found |= set(column.collect()[name].to_list())
    return tuple(sorted(each for each in found if each >= 0))


def points_of(source: IrfSource) -> list[int]:
    """Return the points of the runs of a source."""
    return sorted(set(source.runs["point"].to_pylist()))
