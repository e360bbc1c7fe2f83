"""How Parquet files are written: one place, every choice measured.

2000 images of 1855 pixels, one core of an AMD EPYC, pyarrow 26, CPU time and size per
row and column::

    image f4[1855]      plain        8.0 us  7.43 kB
                        zstd1       14.1 us  6.90 kB
                        zstd3       16.0 us  6.90 kB
                        zstd1 dict  34.7 us  7.82 kB
                        split zstd1 14.3 us  6.31 kB    <- byte-stream-split
    true_image i4[1855] zstd1       27.4 us  0.59 kB
                        split zstd1 11.0 us  0.39 kB    <-
                        delta zstd1 17.6 us  0.54 kB
    image_mask          zstd1        9.5 us  0.01 kB
    gain channel i1     zstd1        6.3 us  0.00 kB

    image_int16         zstd1              4.32 kB
                        split zstd1        3.53 kB    <- noise of 1764 pixels
                        delta zstd1        3.35 kB       larger where most pixels are 0

Of each, 6 to 8 us are the list levels that Parquet keeps per element; page checksums
cost 1 us of 15, sizes of pages and of write batches make no difference. A dictionary
pays for strings and for nothing else here. Committed by a shard writer, which copies
rows into groups and takes their SHA-256, a row of all five columns costs 70 us, one of
53 parameters 5 us.
"""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from cta_columnar.schemas.dl0 import RAW_BYTES

# About 8 MB before compression: small enough to buffer one group per telescope type,
# large enough for the column chunks to be read at full speed.
ROW_GROUP_BYTES = 8_000_000
ROW_GROUP_ROWS = 65_536
COMPRESSION_LEVEL = 1
"""Of zstd: higher ones cost time and save next to nothing, see the table above."""

PACKED_SHARE = 0.4
"""Of the raw bytes of a packed column, which are about what there is to write."""

_KEYS = ("obs_id", "event_id", "tel_id", "time")


def _leaves(field: pa.Field, path: str = "") -> Iterator[tuple[str, pa.DataType]]:
    """Leaf columns of a field, by their path in the Parquet schema."""
    path = path or field.name
    dtype = field.type
    if pa.types.is_fixed_size_list(dtype) or pa.types.is_list(dtype):
        yield from _leaves(dtype.value_field, f"{path}.list.element")
    else:
        yield path, dtype


def _splits(dtype: pa.DataType, *, in_list: bool) -> bool:
    """Whether bytes of a column are stored by significance; helps what is smooth."""
    if pa.types.is_floating(dtype):
        return True
    return in_list and pa.types.is_integer(dtype) and dtype.bit_width in (16, 32)


def _has_dictionary(dtype: pa.DataType) -> bool:
    return bool(pa.types.is_string(dtype))


def writer_options(
    schema: pa.Schema, compression_level: int = COMPRESSION_LEVEL
) -> dict[str, Any]:
    """Keyword arguments of `pyarrow.parquet.ParquetWriter` for a table."""
    leaves = [leaf for field in schema for leaf in _leaves(field)]
    codec: Any = "zstd"
    level: Any = compression_level
    if packed := _packed(schema):
        codec = {path: "none" if path in packed else "zstd" for path, _ in leaves}
        level = {path: level for path, name in codec.items() if name == "zstd"}
    return {
        "compression": codec,
        "compression_level": level,
        "write_page_checksum": True,
        "write_statistics": [name for name in _KEYS if name in schema.names],
        "use_dictionary": [path for path, dtype in leaves if _has_dictionary(dtype)],
        "column_encoding": {
            path: "BYTE_STREAM_SPLIT"
            for path, dtype in leaves
            if _splits(dtype, in_list="." in path)
        },
        "store_schema": True,
        "version": "2.6",
    }


def _packed(schema: pa.Schema) -> set[str]:
    """Columns whose bytes are compressed already."""
    return {field.name for field in schema if RAW_BYTES in (field.metadata or {})}


def _field_bytes(field: pa.Field) -> float:
    packed = (field.metadata or {}).get(RAW_BYTES)
    return _row_bytes(field.type) if packed is None else float(packed) * PACKED_SHARE


def _row_bytes(dtype: pa.DataType) -> float:
    if pa.types.is_fixed_size_list(dtype):
        return int(dtype.list_size) * _row_bytes(dtype.value_type)
    try:
        return float(dtype.bit_width / 8)
    except ValueError:  # strings and lists of any length: short, in this data model
        return 16.0


def rows_per_group(schema: pa.Schema) -> int:
    """Rows of a row group. By the schema only: bytes must not depend on batches."""
    row = sum(map(_field_bytes, schema))
    return max(1, min(ROW_GROUP_ROWS, int(ROW_GROUP_BYTES / max(row, 1.0))))
