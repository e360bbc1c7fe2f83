"""Read waveforms of a DL0 dataset without cta_columnar, as docs/dl0.md describes them.

    python examples/read_dl0.py dl0/waveforms/tel_type=LST_LST_LSTCam/*.parquet

Plain and slow on purpose: a decoder in another language can be checked against it. It
needs pyarrow, for the tables, and zstandard.
"""

import sys
from collections.abc import Iterator
from typing import Any

import pyarrow.parquet as pq
import zstandard

STORED, HIGH_GAIN, LOW_GAIN = 1, 4, 8
BYTES_OF = {"uint16": 2, "uint32": 4}
TYPE_OF_TRUTH = "uint32"

Rows = list[list[int]]


def unpack(packed: bytes, n_rows: int, n_samples: int, dtype: str) -> Rows:
    """Return rows of samples."""
    n, size = n_rows * n_samples, BYTES_OF[dtype]
    if n == 0:
        return [[] for _ in range(n_rows)]
    if zstandard.frame_content_size(packed) != n * size:
        raise ValueError("another number of waveforms")
    planes = zstandard.ZstdDecompressor().decompress(packed)
    rows: Rows = []
    for i in range(n_rows):
        # The first sample of a row goes on from the first one of the row before.
        value = rows[-1][0] if rows else 0
        row = []
        for s in range(n_samples):
            place = i * n_samples + s
            folded = sum(planes[b * n + place] << 8 * b for b in range(size))
            step = -(folded + 1 >> 1) if folded & 1 else folded >> 1
            value = (value + step) % (1 << 8 * size)
            row.append(value)
        rows.append(row)
    return rows


def stored(status: bytes) -> list[tuple[int, int]]:
    """Return (pixel, gain channel) of each waveform of an event, in order."""
    return [
        (pixel, channel)
        for pixel, bits in enumerate(status)
        for channel, bit in enumerate((HIGH_GAIN, LOW_GAIN))
        if bits & STORED and bits & bit
    ]


def waveforms(path: str) -> Iterator[tuple[dict[str, Any], dict[tuple[int, int], Any]]]:
    """Yield the other columns of each telescope event, and its waveforms.

    These are lists of raw counts, under (pixel, gain channel).
    """
    file = pq.ParquetFile(path)
    metadata = file.schema_arrow.field("packed_waveform").metadata
    dtype, n_samples = metadata[b"dtype"].decode(), int(metadata[b"samples"])
    # Python's own times have no nanoseconds.
    columns = [name for name in file.schema_arrow.names if name != "time"]
    for batch in file.iter_batches(batch_size=16, columns=columns):
        for event in batch.to_pylist():
            places = stored(event["pixel_status"])
            rows = unpack(event.pop("packed_waveform"), len(places), n_samples, dtype)
            yield event, dict(zip(places, rows, strict=True))


def true_image(event: dict[str, Any]) -> list[int]:
    """Return the true photo-electrons of each pixel; -1 where they are unknown."""
    n_pixels = len(event["pixel_status"])
    (row,) = unpack(event["packed_true_image"], 1, n_pixels, TYPE_OF_TRUTH)
    return [value - (1 << 32) if value >> 31 else value for value in row]


def main() -> None:
    """Tell the brightest pixel of the first events."""
    for path in sys.argv[1:]:
        for number, (event, rows) in enumerate(waveforms(path)):
            if number == 5:
                break
            place = max(rows, key=lambda key: max(rows[key]))
            print(
                f"event {event['event_id']} of telescope {event['tel_id']}: "
                f"{len(rows)} waveforms; pixel {place[0]}, channel {place[1]}: "
                + " ".join(map(str, rows[place]))
            )


if __name__ == "__main__":
    main()
