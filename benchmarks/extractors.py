"""CPU time of every extractor, beside a plain copy of the same waveforms.

python -m benchmarks.extractors FILE [FILE ...]

Takes the showers of a raw file, calibrates as many of each telescope type as stage 1
takes at a time, and extracts them again and again. GB/s count each sample once, as it
is read. Prints a table in Markdown.
"""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from cta_columnar import registry
from cta_columnar.arrays import to_numpy
from cta_columnar.config import Stage1Config
from cta_columnar.errors import UserError
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.pipelines.stage1.chains import step
from cta_columnar.sources.base import open_source
from cta_columnar.stages.chain import Arrays, Chain
from cta_columnar.stages.dl1 import SLICE_BYTES

REPEATS = 15
RAW = ("event_id", "r0_waveform", "calibration_index", "true_image")
READ = ("waveform", "selected_gain_channel", "calibration_index")
_SELECT = step("gain_selector", Stage1Config().gain_selector.name)
_CALIBRATE = step("calibrator", Stage1Config().calibrator.name)


@dataclass(frozen=True)
class Raw:
    """A slice of raw showers of one telescope type, as many as stage 1 takes."""

    camera: TelescopeType
    columns: Arrays
    context: Mapping[str, object]


def raw_slices(path: Path) -> Iterator[Raw]:
    """Yield a slice of each telescope type of a file: its events over and over."""
    options: dict[str, Any] = {"focal_length_choice": "EQUIVALENT"}
    with closing(open_source(path, **options)) as source:
        batch = next(source.batches())
    cameras = {camera.name: camera for camera in source.subarray.types}
    for tel_type, rows in batch.telescopes.items():
        camera, there = cameras[tel_type], len(rows)
        readout = camera.readout
        n_rows = max(SLICE_BYTES // (4 * readout.n_pixels * readout.n_samples), 1)
        taken = np.resize(np.arange(there), n_rows)
        columns = {name: to_numpy(rows[name])[taken] for name in RAW}
        context = {"camera": camera, "coefficients": batch.coefficients[tel_type]}
        yield Raw(camera, columns, context)


def calibrated(path: Path) -> Iterator[Raw]:
    """Yield a slice of calibrated showers for each telescope type of a file."""
    chain = Chain((_SELECT, _CALIBRATE), frozenset(READ))
    for raw in raw_slices(path):
        yield replace(raw, columns=chain.run(raw.columns, raw.context))


def smallest(work: Callable[[], object]) -> float:
    """CPU nanoseconds of the quickest of some repetitions."""
    taken = []
    for _ in range(REPEATS):
        begin = time.process_time_ns()
        work()
        taken.append(time.process_time_ns() - begin)
    return float(min(taken[1:]))


def measure(columns: Arrays, context: Mapping[str, object]) -> Iterator[str]:
    """Yield a row of the table for the copy and for each extractor."""
    waveform = columns["waveform"]
    n_events, n_pixels, _ = waveform.shape
    other = np.empty_like(waveform)
    works: dict[str, Callable[[], object]] = {
        "plain copy": lambda: np.copyto(other, waveform)
    }
    for name in registry.names("extractor"):
        each = step("extractor", name)
        works[name] = lambda each=each: each.algorithm.run(  # type: ignore[misc]
            columns, context, each.options
        )
    for name, work in works.items():
        try:
            spent = smallest(work)
        except UserError as error:
            yield f"| {name} | {error} | | |"
            continue
        per_event = spent / n_events
        yield (
            f"| {name} | {per_event / n_pixels:.1f} | {per_event / 1e3:.0f} "
            f"| {waveform.nbytes / spent:.1f} |"
        )


def main() -> None:
    """Measure all types of telescopes of the files named on the command line."""
    for path in sys.argv[1:]:
        for found in calibrated(Path(path)):
            shape = " x ".join(map(str, found.columns["waveform"].shape))
            print(
                f"\n{found.camera.name}: {shape} samples (events x pixels x samples)\n"
            )
            print("| extractor | ns per pixel | us per telescope event | GB/s |")
            print("|---|---|---|---|")
            for row in measure(found.columns, found.context):
                print(row)


if __name__ == "__main__":
    main()
