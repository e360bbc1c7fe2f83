"""The work on some shards: which events of which particle are read, and how weighed."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from cta_columnar.config import IrfConfig
from cta_columnar.pipelines.irf.run_bins import InBins
from cta_columnar.stages.irf.axes import Axis
from cta_columnar.stages.irf.simulated_runs import SimulatedRuns


@dataclass(frozen=True, eq=False)
class ShardEvents:
    """What is to be read: one particle of some shards of a dataset.

    Attributes
    ----------
    root : pathlib.Path
        The dataset.
    digest : str
        Of its content.
    shards : tuple of str
        Their keys.
    particle : str
        The particle.
    runs : pyarrow.Table
        Its runs in the dataset: `schemas.irf.RUNS`.
    simulated : mapping of int to SimulatedRuns
        By point, what all runs of the particle threw there, as one shower.
    run_axes : tuple of Axis
        Axes of the responses that are of runs.
    in_bins : mapping of int to InBins
        The same as ``simulated`` for each bin of these axes; nothing without them.
    config : IrfConfig
        What is selected.
    """

    root: Path
    digest: str
    shards: tuple[str, ...]
    particle: str
    runs: pa.Table
    simulated: Mapping[int, SimulatedRuns]
    run_axes: tuple[Axis, ...]
    in_bins: Mapping[int, InBins]
    config: IrfConfig

    @property
    def is_signal(self) -> bool:
        """Whether the particle is that of the source."""
        return self.particle == self.config.signal
