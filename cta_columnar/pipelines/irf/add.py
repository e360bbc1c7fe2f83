"""Responses that inputs are added to: what they were made of, and what was counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.compute as pc

from cta_columnar.arrays import to_numpy
from cta_columnar.config import IrfConfig, Layer
from cta_columnar.errors import UserError
from cta_columnar.pipelines.irf.cells import Cell
from cta_columnar.pipelines.irf.fill import Filled, empty_like
from cta_columnar.pipelines.irf.inputs import IrfSource
from cta_columnar.pipelines.irf.plan import IrfPlan
from cta_columnar.pipelines.irf.reconstruction import Reconstruction
from cta_columnar.pipelines.irf.write import SAMPLE
from cta_columnar.pipelines.running.simulated_inputs import check_twice
from cta_columnar.schemas import irf
from cta_columnar.stages.irf.product_tables import histogram_from_table
from cta_columnar.store import (
    IrfDataset,
    IrfInput,
    StoreError,
    check_irf_files,
    open_irf,
)
from cta_columnar.store.irf.folder import HISTOGRAMS


def earlier_layer(folder: Path) -> Layer:
    """Return the configuration of responses, for keys to be laid over.

    So a key that is not given stays as it was.

    Raises
    ------
    StoreError
        If there are no responses.
    """
    return Layer(dict(_opened(folder).manifest.configuration))


def _opened(folder: str | Path) -> IrfDataset:
    """Open responses that something can be added to."""
    dataset = open_irf(folder)
    if dataset.manifest.configuration.get("interpolate_to"):
        raise StoreError(
            f"{dataset.root} is interpolated and has no histograms: add to the grid "
            "that it was made of"
        )
    return dataset


@dataclass(frozen=True, eq=False)
class Addition:
    """What inputs are added to.

    Attributes
    ----------
    dataset : IrfDataset
        The responses.
    sources : list of IrfSource
        Their inputs; without shards, as all of them is counted.
    """

    dataset: IrfDataset
    sources: list[IrfSource]

    def check_files(self) -> None:
        """Refuse counts, runs and cut flows that are not what was written.

        Raises
        ------
        StoreError
            If some are not, or are missing.
        """
        tables = {f"{name}.parquet" for name in irf.DATASET}
        used = [
            name
            for name in self.dataset.manifest.sha256
            if name in tables or name.startswith(f"{HISTOGRAMS}/")
        ]
        check_irf_files(self.dataset, used)


def find_addition(config: IrfConfig) -> Addition | None:
    """Open the responses that the configuration wants to add to, if any.

    Raises
    ------
    StoreError
        If there are none.
    """
    if config.add_to is None:
        return None
    dataset = _opened(config.add_to)
    runs, manifest = dataset.runs, dataset.manifest
    sources = []
    for each in manifest.inputs:
        mine = pc.and_(
            pc.equal(runs["input"], each.digest),
            pc.equal(runs["particle"], each.particle),
        )
        table = runs.filter(mine).cast(irf.RUNS).combine_chunks()
        sources.append(
            IrfSource(
                Path(each.path),
                each.particle,
                each.digest,
                table,
                size=each.size,
                array=manifest.array,
                version=manifest.input_version,
                telescopes=manifest.telescopes,
                made=Reconstruction(each.models, each.reconstruction),
            )
        )
    return Addition(dataset, sources)


def check_addition(addition: Addition, new: Sequence[IrfSource]) -> None:
    """Refuse what does not go with what is there.

    Raises
    ------
    UserError
        If arrays or versions differ, or a run is there already.
    """
    old, root = addition.sources[0], addition.dataset.root
    for each in new:
        if each.array != old.array:
            raise UserError(
                f"{each.path} and the inputs of {root} have different arrays"
            )
        if each.version != old.version:
            raise UserError(
                f"{each.path} is of version {each.version} of the data model, the "
                f"inputs of {root} are of {old.version}; make it again"
            )
    every = [*addition.sources, *new]
    check_twice((run, each.path) for each in every for run in each.info.runs)


def kept_counts(
    dataset: IrfDataset,
    source: IrfInput,
    plan: IrfPlan,
    config: IrfConfig,
    points: Mapping[int, int],
    event_types: Sequence[int],
) -> dict[Cell, Filled]:
    """Read what was counted of an input.

    Parameters
    ----------
    dataset : IrfDataset
        The responses.
    source : IrfInput
        The input.
    plan, config
        What was counted.
    points : mapping of int to int
        New numbers of the points of its runs, by the old ones.
    event_types : sequence of int
        Classes that were counted apart.
    """
    kept = {}
    for old, new in points.items():
        for event_type in (-1, *event_types):
            cell = old, event_type
            filled = empty_like(
                plan, config, is_signal=source.particle == config.signal
            )
            for name in filled.histograms.histograms:
                table = dataset.read_histogram(source, cell, name)
                filled.histograms[name].merge(histogram_from_table(table))
            sample = dataset.read_histogram(source, cell, SAMPLE)
            filled.sample = {
                name: np.array(to_numpy(sample[name].combine_chunks()))
                for name in sample.column_names
            }
            kept[new, event_type] = filled
    return kept
