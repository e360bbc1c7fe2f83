"""Raw files to DL0: gain-selected waveforms, packed, of all pixels or of some."""

from collections.abc import Sequence
from pathlib import Path

from cta_columnar.config import ReduceConfig
from cta_columnar.pipelines.running.common import RunOptions, RunSummary
from cta_columnar.pipelines.stage1.run import run_raw_files


def run_reduce(
    inputs: Sequence[Path], output: Path, config: ReduceConfig, options: RunOptions
) -> RunSummary:
    """Process raw files into a DL0 dataset, see `run_raw_files`."""
    return run_raw_files(inputs, output, config, options)
