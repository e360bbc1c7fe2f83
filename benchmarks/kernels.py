"""CPU time of what stage 1 does to waveforms and images, beside a plain copy.

python -m benchmarks.kernels [--page docs/performance.md]

Takes showers of real files, runs each registered algorithm of stage 1 with its default
options again and again, and the codec of DL0. Waveforms are a slice as stage 1 takes
them at a time, which fits in the cache; images are 256, those of the file repeated.
Bytes are those of the columns that an algorithm reads and writes; the copy is NumPy's,
of as many. Prints a table in Markdown.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import machine, ours
from benchmarks.extractors import Raw, raw_slices, smallest
from benchmarks.page import put_between
from benchmarks.report import table
from cta_columnar import registry
from cta_columnar.errors import UserError
from cta_columnar.kernels.waveform_codec import join_planes, split_planes
from cta_columnar.pipelines.stage1.chains import step
from cta_columnar.stages.chain import Arrays, Step
from cta_columnar.waveform_packing import Packer, Unpacker

RAW = Path(os.environ.get("CTACOL_SHARED", ours.ROOT.parent / "shared"))
RAW = RAW / "data" / "simtel"
# Telescope type, and a file with it; together all shapes that matter.
FILES = {
    "LST_LST_LSTCam": "prod5_north_gamma_history75.simtel.zst",
    "MST_MST_NectarCam": "prod5_north_gamma_history75.simtel.zst",
    "MST_MST_FlashCam": "prod5_north_proton_flashcam.simtel.zst",
    "SST_GCT_CHEC": "gct_checs_muons.simtel.zst",
}
N_IMAGES = 256
# What later steps go on with, where several algorithms may do the same.
CHOSEN = ("ThresholdGainSelector", "NeighborPeakWindowSum", "TailcutsImageCleaner")
# Kinds that work on slices of waveforms, then those that work on images, in order.
ON_WAVEFORMS = ("gain_selector", "calibrator", "extractor", "time_shift")
ON_IMAGES = (
    "invalid_pixel_handler",
    "cleaner",
    "island_selector",
    "image_quality",
    "parameters",
    "muons",
    "true_parameters",
    "reducer",
)
# They need what a real file of showers has not, or do nothing.
LEFT_OUT = frozenset(
    {
        "StoredGainSelector",
        "RemainingPeakTimeShift",
        "NullImageCleaner",
        "NullDataVolumeReducer",
    }
)
# They ask for the shape of waveforms, nothing else.
SHAPE_ONLY = frozenset({"PeakTimeShift", "ManualGainSelector"})


@dataclass(frozen=True)
class Figure:
    """What a kernel takes.

    Attributes
    ----------
    name : str
        Of the algorithm.
    microseconds : float
        Per telescope event.
    gb_per_s : float
        Bytes read and written.
    share : float
        Of the speed of a copy of as many bytes.
    """

    name: str
    microseconds: float
    gb_per_s: float
    share: float

    def __str__(self) -> str:
        return f"{self.microseconds:.3g}, {self.gb_per_s:.2g}, {self.share:.0%}"


def figure(name: str, work: Callable[[], object], n_bytes: int, n_rows: int) -> Figure:
    """Time a kernel, and a copy that reads and writes as many bytes."""
    spent = smallest(work)
    source = np.ones(max(n_bytes // 2, 1), np.uint8)
    target = np.empty_like(source)
    copied = smallest(lambda: np.copyto(target, source))
    return Figure(name, spent / n_rows / 1e3, n_bytes / spent, copied / spent)


def measure(raw: Raw) -> Iterator[Figure]:
    """Measure all kernels on the events of one telescope type."""
    columns = dict(raw.columns)
    yield from _codec(columns["r0_waveform"][:, 0])
    yield from _algorithms(ON_WAVEFORMS, columns, raw.context)
    n_rows = len(columns["image"])
    again = np.resize(np.arange(n_rows), N_IMAGES)
    images = {
        name: np.ascontiguousarray(values[again])
        for name, values in columns.items()
        if name not in ("r0_waveform", "waveform")
    }
    yield from _algorithms(ON_IMAGES, images, raw.context)


def _algorithms(
    kinds: tuple[str, ...], columns: Arrays, context: Mapping[str, object]
) -> Iterator[Figure]:
    """Run all algorithms of some kinds; adds what the chosen ones write."""
    for kind in kinds:
        names = [name for name in registry.names(kind) if name not in LEFT_OUT]
        # Some parameters are made of the ellipse, some of the line of time.
        names.sort(key=lambda name: ("hillas" not in name, "timing" not in name))
        found: Arrays = {}
        for name in names:
            each = step(kind, name, {"channel": 0} if "Manual" in name else None)
            try:
                written = _run(each, columns, context)
            except UserError:
                continue  # not for this camera
            n_bytes = _read(each, columns) + _bytes(written.values())
            work = partial(_run, each, columns, context)
            yield figure(name, work, n_bytes, len(columns["event_id"]))
            if kind == "parameters":
                columns |= written
            elif len(names) == 1 or name in CHOSEN:
                found |= written
        columns |= found


def _run(each: Step, columns: Arrays, context: Mapping[str, object]) -> Arrays:
    return dict(each.algorithm.run(columns, context, each.options))


def _read(each: Step, columns: Arrays) -> int:
    names = {name for name in each.algorithm.reads if name in columns}
    has_one_gain = "r0_waveform" in columns and columns["r0_waveform"].shape[1] == 1
    if each.algorithm.name in SHAPE_ONLY:
        names -= {"waveform", "r0_waveform"}
    elif each.algorithm.kind == "gain_selector" and has_one_gain:
        names.remove("r0_waveform")
    return _bytes(columns[name] for name in names)


def _bytes(arrays: Any) -> int:  # noqa: ANN401
    return sum(each.nbytes for each in arrays)


def _codec(counts: NDArray[Any]) -> Iterator[Figure]:
    """Pack and unpack raw counts[e, p, s], event by event."""
    events = [np.ascontiguousarray(each) for each in counts]
    planes = np.empty(events[0].nbytes, np.uint8)
    out = np.empty_like(events[0])
    packer, unpacker = Packer(), Unpacker()
    packed = [packer.pack(each) for each in events]
    n_bytes, n_packed = counts.nbytes, sum(map(len, packed))
    works: list[tuple[str, Callable[[Any], object], list[Any], int]] = [
        ("split_planes", lambda each: split_planes(each, planes), events, n_bytes),
        ("join_planes", lambda _: join_planes(planes, out), events, n_bytes),
        ("pack", packer.pack, events, n_packed),
        ("unpack", lambda each: unpacker.unpack(each, out), packed, n_packed),
    ]
    for name, work, of, n_other in works:
        yield figure(name, partial(_each, work, of), n_bytes + n_other, len(events))


def _each(work: Callable[[Any], object], of: Iterable[Any]) -> None:
    for each in of:
        work(each)


def report(measured: Mapping[str, tuple[str, list[Figure]]]) -> str:
    """Return one table: a row per kernel, a column per camera."""
    names = dict.fromkeys(f.name for _, all_ in measured.values() for f in all_)
    rows = []
    for name in names:
        cells = [
            next((str(f) for f in all_ if f.name == name), "")
            for _, all_ in measured.values()
        ]
        rows.append([f"`{name}`", *cells])
    return table(["", *(title for title, _ in measured.values())], rows)


def main() -> int:
    """Measure all cameras, print the table, and put it into a page if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--page", type=Path, help="page to write the table into")
    page = parser.parse_args().page
    measured = {}
    for tel_type, name in FILES.items():
        slices = raw_slices(RAW / name)
        (raw,) = (each for each in slices if each.camera.name == tel_type)
        readout = raw.camera.readout
        title = f"{readout.name}, {readout.n_pixels} x {readout.n_samples}"
        measured[tel_type] = title, list(measure(raw))
        print(f"{title}: done", file=sys.stderr)
    facts = machine.here()
    text = f"{facts['date']}, {facts['processor']}, load {facts['load']}.\n\n"
    text += report(measured)
    print(text)
    if page is not None:
        put_between(page, "benchmarks.kernels", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
