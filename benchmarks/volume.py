"""Bytes per telescope event, raw to DL1, and what dropping pixels costs, as tables.

python -m benchmarks.volume [--showers N]

Compression is measured on the real files as they are: events that are repeated compress
falsely. What a reduction costs is measured on them, and on simulated showers, of which
there are more. Everything made on the way lies in .bench/volume.
"""

import argparse
import fnmatch
import os
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import zstandard
from numpy.typing import NDArray

import cta_columnar
from benchmarks import volume_cost, volume_rings
from benchmarks.ours import ROOT
from benchmarks.report import table
from cta_columnar.arrays import to_numpy
from cta_columnar.config.source import SourceConfig
from cta_columnar.kernels.simtel.encoding import traces
from cta_columnar.pipelines.reduce.source import Dl0Source
from cta_columnar.store import Store

SHARED = Path(os.environ.get("CTACOL_SHARED", ROOT.parent / "shared"))
RAW = SHARED / "data" / "simtel"
WORK = ROOT / ".bench" / "volume"

# Pattern of the telescope type, real files with it, and the ratio that is wanted.
CAMERAS = {
    "LST": ("LST*", ("prod5_north_gamma_history75", "prod5_north_proton_flashcam",
                     "prod6_south_lsts_gamma", "prod6_north_proton_6_0_2"), 2.4),
    "NectarCam": ("*NectarCam", ("prod5_north_gamma_history75",
                                 "prod6_north_proton_6_0_2"), 2.75),
    "FlashCam": ("*FlashCam", ("prod5_north_proton_flashcam",), 2.85),
    "SST (CHEC, 128 samples)": ("SST*", ("gct_checs_muons",), 4.5),
}  # fmt: skip
ENTROPY_SLACK = 0.06
# As strong as anybody would compress a raw file.
SIMTEL_LEVEL = 19
REDUCER = "reducer=TailCutsDataVolumeReducer"
TRUTH = "packed_true_image"


@dataclass
class Volume:
    """Bytes of all telescope events of one camera.

    Attributes
    ----------
    events : int
        Telescope events.
    raw, one_gain : int
        All samples, and those of the selected gain, in two bytes each.
    simtel : int
        The selected gain as sim_telarray writes it, compressed by zstd.
    entropy : float
        Of the differences in time, each by itself.
    waveforms : int
        Packed waveforms of DL0.
    lossless, reduced, dl1 : int
        Rows of the tables by telescope type, without true images.
    kept : int
        Pixels of which reduced data have the waveform.
    pixels : int
        All of them.
    """

    events: int = 0
    raw: int = 0
    one_gain: int = 0
    simtel: int = 0
    entropy: float = 0.0
    waveforms: int = 0
    lossless: int = 0
    reduced: int = 0
    dl1: int = 0
    kept: int = 0
    pixels: int = 0

    def add(self, other: "Volume") -> None:
        """Add the bytes of another file."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


def counts(store: Store) -> Iterator[tuple[str, NDArray[Any], NDArray[Any]]]:
    """Yield type, raw counts[e, p, s] and status[e, p] of the events of DL0."""
    for batch in Dl0Source(store, SourceConfig()).batches():
        for tel_type, rows in batch.telescopes.items():
            waveform = to_numpy(rows["r0_waveform"])[:, 0]
            yield tel_type, waveform, to_numpy(rows["stored_pixels"])


def order_0_bytes(waveforms: Sequence[NDArray[Any]]) -> float:
    """Size by the entropy of differences in time.

    The first samples of pixels, whose difference is to the pixel before, count alike.
    """
    steps = []
    for waveform in waveforms:
        signed = waveform.astype(np.int32)
        first = np.diff(signed[:, :1], axis=0, prepend=0)
        steps += [first.ravel(), np.diff(signed, axis=1).ravel()]
    _, number = np.unique(np.concatenate(steps), return_counts=True)
    share = number / number.sum()
    return float(-(share * np.log2(share)).sum() * number.sum() / 8)


def column_bytes(store: Store, table_name: str, tel_type: str) -> dict[str, int]:
    """Compressed bytes of each column."""
    found: dict[str, int] = defaultdict(int)
    for path in store.paths(table_name, tel_type):
        metadata = pq.read_metadata(path)
        for group in range(metadata.num_row_groups):
            for i in range(metadata.num_columns):
                column = metadata.row_group(group).column(i)
                name = column.path_in_schema.partition(".")[0]
                found[name] += column.total_compressed_size
    return found


def rows_bytes(store: Store, table_name: str, tel_type: str) -> int:
    """Bytes of all columns that are not simulated truth."""
    columns = column_bytes(store, table_name, tel_type)
    return sum(n for name, n in columns.items() if "true" not in name)


def datasets(raw: Path) -> tuple[Store, Store, Store]:
    """Make lossless and reduced DL0, and DL1, of a raw file."""
    made = []
    for stage, name, settings in (
        ("reduce", "lossless", ""),
        ("reduce", "reduced", REDUCER),
        ("stage1", "dl1", ""),
    ):
        output = WORK / raw.name.partition(".")[0] / name
        shutil.rmtree(output, ignore_errors=True)
        chosen = [settings] if settings else []
        cta_columnar.run(stage, input=raw, output=output, set=chosen, workers=1)
        made.append(cta_columnar.open_store(output))
    return made[0], made[1], made[2]


def volumes(raw: Path) -> dict[str, Volume]:
    """Measure one raw file, by telescope type."""
    lossless, reduced, dl1 = datasets(raw)
    types = {each.name: each for each in lossless.subarray().types}
    waveforms: dict[str, list[NDArray[Any]]] = defaultdict(list)
    for tel_type, of_batch, _ in counts(lossless):
        waveforms[tel_type] += list(of_batch.copy())
    kept: dict[str, int] = defaultdict(int)
    for tel_type, _, status in counts(reduced):
        kept[tel_type] += int((status & 1).sum())
    found = {}
    for tel_type, images in waveforms.items():
        one_gain = sum(each.nbytes for each in images)
        coded = b"".join(traces(each).tobytes() for each in images)
        compressor = zstandard.ZstdCompressor(level=SIMTEL_LEVEL)
        found[tel_type] = Volume(
            events=len(images),
            raw=one_gain * types[tel_type].readout.n_channels,
            one_gain=one_gain,
            simtel=len(compressor.compress(coded)),
            entropy=order_0_bytes(images),
            waveforms=column_bytes(lossless, "waveforms", tel_type)["packed_waveform"],
            lossless=rows_bytes(lossless, "waveforms", tel_type),
            reduced=rows_bytes(reduced, "waveforms", tel_type),
            dl1=rows_bytes(dl1, "images", tel_type)
            + rows_bytes(dl1, "parameters", tel_type),
            kept=kept[tel_type],
            pixels=len(images) * types[tel_type].readout.n_pixels,
        )
    return found


def report(found: dict[str, Volume]) -> str:
    """Return the table of all cameras."""

    def row(name: str, values: Sequence[str], wanted: str = "") -> list[str]:
        return [name, *values, wanted]

    def kilobytes(name: str) -> list[str]:
        return [f"{getattr(v, name) / v.events / 1000:.1f}" for v in found.values()]

    every = list(found.values())
    wanted = [each[2] for each in CAMERAS.values()]
    ratios = [v.one_gain / v.waveforms for v in every]
    excess = [v.waveforms / v.entropy - 1 for v in every]
    checked = list(zip(ratios, wanted, strict=True))

    def whether(condition: str, is_met: bool) -> str:
        return f"{condition}: {'met' if is_met else '**not met**'}"

    rows = [
        row("telescope events", [f"{v.events}" for v in every]),
        row("raw, all gains, kB", kilobytes("raw")),
        row("raw, selected gain, kB", kilobytes("one_gain")),
        row(f"simtel of that gain, zstd {SIMTEL_LEVEL}, kB", kilobytes("simtel")),
        row("order-0 entropy of differences, kB", kilobytes("entropy")),
        row("DL0 lossless, waveforms alone, kB", kilobytes("waveforms")),
        row(
            "DL0 lossless, kB",
            kilobytes("lossless"),
            whether("< simtel", all(v.lossless < v.simtel for v in every)),
        ),
        row("DL0 reduced, kB", kilobytes("reduced")),
        row("DL1, kB", kilobytes("dl1")),
        row(
            "**raw, selected gain / waveforms**",
            [f"**{r:.2f}** (>= {w})" for r, w in checked],
            whether("in brackets", all(r >= w for r, w in checked)),
        ),
        row(
            "**above the entropy**",
            [f"**{e:.1%}**" for e in excess],
            whether("<= 6 %", max(excess) <= ENTROPY_SLACK),
        ),
        row("pixels kept", [f"{v.kept / v.pixels:.1%}" for v in every]),
        row("raw, all gains / reduced", [f"{v.raw / v.reduced:.0f}" for v in every]),
    ]
    return table(["per telescope event", *found, "wanted"], rows)


def misses(found: dict[str, Volume]) -> list[str]:
    """Say what is not as wanted."""
    told = []
    for (name, volume), (*_, wanted) in zip(
        found.items(), CAMERAS.values(), strict=True
    ):
        if volume.one_gain / volume.waveforms < wanted:
            told.append(f"{name}: ratio below {wanted}")
        if volume.waveforms > (1 + ENTROPY_SLACK) * volume.entropy:
            told.append(f"{name}: more than 6 % above the entropy")
        if volume.lossless >= volume.simtel:
            told.append(f"{name}: larger than simtel.zst")
    return told


def main() -> int:
    """Print both tables; exit 1 if something is not as wanted."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--showers", type=int, default=400)
    arguments = parser.parse_args()
    files = dict.fromkeys(name for _, names, _ in CAMERAS.values() for name in names)
    measured = {name: volumes(RAW / f"{name}.simtel.zst") for name in files}
    found = {}
    for camera, (pattern, names, _) in CAMERAS.items():
        found[camera] = Volume()
        for name in names:
            for tel_type, volume in measured[name].items():
                if fnmatch.fnmatchcase(tel_type, pattern):
                    found[camera].add(volume)
    text = "\n\n".join(
        [
            report(found),
            volume_rings.report(
                [RAW / f"{name}.simtel.zst" for name in files],
                WORK / "rings",
                {camera: pattern for camera, (pattern, _, _) in CAMERAS.items()},
            ),
            volume_cost.report(WORK, arguments.showers),
        ]
    )
    (WORK / "report.md").write_text(text + "\n")
    print(text)
    told = misses(found)
    print("\n".join(told), file=sys.stderr)
    return int(bool(told))


if __name__ == "__main__":
    sys.exit(main())
