"""The floor: bare decompression of a file, and bare decoding of its samples.

python -m benchmarks.bare FILE

Prints CPU seconds as JSON. Nothing is kept; no block but those with samples is decoded.
Finding the blocks is not counted.
"""

import json
import struct
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import zstandard
from numpy.typing import NDArray

from cta_columnar.kernels.simtel import block_table, block_types, codes, framing
from cta_columnar.kernels.simtel.adc_samples import adc_samples

PIECE = 32 << 20
EVENTS_AT_ONCE = 16
ALL_CHANNELS = -1

Shape = tuple[int, int, int]


def pieces(path: Path) -> Iterator[tuple[NDArray[np.uint8], float]]:
    """Yield the decompressed file piece by piece, and the CPU time of each."""
    buffer = np.empty(PIECE, np.uint8)
    view = buffer.data
    with path.open("rb") as file:
        reader = zstandard.ZstdDecompressor().stream_reader(file)
        while True:
            begin = time.process_time()
            filled = 0
            while filled < PIECE and (n := reader.readinto(view[filled:])):
                filled += n
            spent = time.process_time() - begin
            if not filled:
                return
            yield buffer[:filled], spent


def decode(data: NDArray[np.uint8], blocks: NDArray[np.int64]) -> float:
    """Decode all samples of the blocks, both gains; return the CPU time."""
    by_shape: dict[Shape, list[int]] = defaultdict(list)
    has_samples = blocks[:, block_table.TYPE] == block_types.ADC_SAMPLES
    for row in np.flatnonzero(has_samples).tolist():
        start = int(blocks[row, block_table.START])
        n_pixels, n_channels, n_samples = struct.unpack_from("<ihh", data.data, start)
        by_shape[n_channels, n_pixels, n_samples].append(row)
    spent = 0.0
    for shape, rows in by_shape.items():
        out = np.zeros((EVENTS_AT_ONCE, *shape), np.uint16)
        for i in range(0, len(rows), EVENTS_AT_ONCE):
            some = np.array(rows[i : i + EVENTS_AT_ONCE])
            n_decoded = np.zeros(some.size, np.int8)
            begin = time.process_time()
            done, code = adc_samples(
                data, blocks, some, out[: some.size], n_decoded, ALL_CHANNELS
            )
            spent += time.process_time() - begin
            if code != codes.OK or done != some.size:
                raise ValueError(codes.MESSAGES[code])
    return spent


def measure(path: Path) -> dict[str, float]:
    """CPU seconds of the two, for the whole file."""
    zstd = varint = 0.0
    rest = np.empty(0, np.uint8)
    samples = 0
    for piece, spent in pieces(path):
        zstd += spent
        data = np.concatenate([rest, piece])
        blocks, done, _, code, position = framing.walk(data, data.size)
        if code != codes.OK:
            raise ValueError(f"{path}: {codes.MESSAGES[code]} at {position}")
        varint += decode(data, blocks)
        samples += int((blocks[:, block_table.TYPE] == block_types.ADC_SAMPLES).sum())
        rest = data[done:].copy()
    return {"zstd_s": zstd, "varint_s": varint, "blocks": samples}


def main() -> None:
    """Compile on the first piece, then measure."""
    path = Path(sys.argv[1])
    for piece, _ in pieces(path):
        decode(piece, framing.walk(piece, piece.size)[0])
        break
    print(json.dumps(measure(path)))


if __name__ == "__main__":
    main()
