"""What a Parquet file may take in memory, by its size and what it says of itself.

A few bytes can stand for any number of equal values, and no checksum protects the
footer, which says how many rows there are.
"""

import os
import struct
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cta_columnar.store.errors import StoreError
from cta_columnar.store.parquet_chunks import Chunks

MAX_DECODED_BYTES = 1 << 30
MAX_EXPANSION = 100
"""The most that columns of a file take in memory, for each of its bytes.

Our own reach that where many numbers are equal, as in histograms of thrown showers.
"""

MAX_COLUMNS = 5000
MAX_FOOTER_BYTES = 32 << 20
"""Of the description of all columns of all row groups, which is parsed as a whole."""

_END = struct.Struct("<I4s")
_MAGIC = b"PAR1"
# Of bytes as they are written here, and of texts too.
_OF_BYTES = frozenset({"PLAIN", "RLE", "BIT_PACKED"})
_OF_TEXTS = frozenset({"RLE_DICTIONARY", "PLAIN_DICTIONARY", "DELTA_LENGTH_BYTE_ARRAY"})

# Of a value while it is decoded, by its type in the file; texts: of its number.
_VALUE_BYTES = {
    "BOOLEAN": 1,
    "INT32": 4,
    "INT64": 8,
    "INT96": 12,
    "FLOAT": 4,
    "DOUBLE": 8,
    "BYTE_ARRAY": 4,
}


def check_footer(
    path: Path,
    size: int,
    file: pq.ParquetFile,
    names: Sequence[str] | None = None,
    n_rows: int | None = None,
) -> None:
    """Refuse a file by what it says of itself, before anything is allocated.

    Parameters
    ----------
    path : pathlib.Path
        Where it lies.
    size : int
        Its bytes.
    file : pyarrow.parquet.ParquetFile
        Opened.
    names : sequence of str, optional
        Columns that are to be read; None for all.
    n_rows : int, optional
        Rows that it has, where somebody has written that down.

    Raises
    ------
    StoreError
        If it has other than so many rows, columns of types that no table of ours has,
        too many of them, or ones that would take more memory than `MAX_DECODED_BYTES`,
        or `MAX_EXPANSION` times its size if that is more.
    """
    metadata = file.metadata
    check_rows(path, metadata.num_rows, n_rows)
    if metadata.num_columns > MAX_COLUMNS:
        raise StoreError(
            f"{path} has {metadata.num_columns} columns, {MAX_COLUMNS} at most are read"
        )
    groups = range(metadata.num_row_groups)
    rows = [metadata.row_group(group).num_rows for group in groups]
    if sum(rows) != metadata.num_rows or min(rows, default=0) < 0:
        raise StoreError(f"{path} is damaged: its row groups are not all its rows")
    chunks = Chunks(file, size)
    decoded = 0
    for each, leaves in _fields(path, file):
        if names is not None and each.name not in names:
            continue
        _check_type(path, each.name, each.type)
        _check_encodings(path, chunks, each, leaves)
        width = _width(each.type)
        n_bytes = int(metadata.num_rows * (width or 0))
        if width is None or pa.types.is_nested(each.type):
            n_bytes = max(n_bytes, _of_values(file.schema, chunks, leaves))
        decoded += n_bytes
    _check_decoded(path, size, decoded)


def check_footer_size(path: Path) -> None:
    """Refuse a file by the length of its footer: it takes 30 times that when parsed.

    Raises
    ------
    OSError
        If it cannot be read.
    StoreError
        If it is longer than `MAX_FOOTER_BYTES`. What is no file of Parquet is left to
        who opens it.
    """
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _END.size))
        end = file.read(_END.size)
    if len(end) == _END.size:
        n_bytes, magic = _END.unpack(end)
        if magic == _MAGIC and n_bytes > MAX_FOOTER_BYTES:
            raise StoreError(
                f"{path} has a footer of {n_bytes} bytes, {MAX_FOOTER_BYTES} at most "
                "are read"
            )


def check_rows(path: Path, found: int, expected: int | None) -> None:
    """Refuse a file of other than the expected rows, if any are expected.

    Raises
    ------
    StoreError
        Which says how many there are.
    """
    if expected is not None and found != expected:
        raise StoreError(
            f"{path} has {found} rows, {expected} were written: it was cut or changed. "
            "Copy it once more, or make it again"
        )


def texts_of(schema: pa.Schema, names: Sequence[str] | None) -> list[str]:
    """Columns of text: how long they are in memory is known only from their values."""
    return [
        each.name
        for each in schema
        if _is_text(each.type) and (names is None or each.name in names)
    ]


def unfolded(path: Path, size: int, table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Write out texts that were read with each of them once.

    Raises
    ------
    StoreError
        If that would take more than a file of this size may.
    """
    n_bytes = 0
    for column in table.columns:
        if pa.types.is_dictionary(column.type):
            for chunk in column.chunks:
                lengths = pc.binary_length(chunk.dictionary)
                n_bytes += pc.sum(lengths.take(chunk.indices)).as_py() or 0
    _check_decoded(path, size, n_bytes)
    fields = [schema.field(name) for name in table.column_names]
    return table.cast(pa.schema(fields, metadata=schema.metadata))


def _is_text(dtype: pa.DataType) -> bool:
    return bool(pa.types.is_string(dtype) or pa.types.is_large_string(dtype))


def _check_type(path: Path, name: str, dtype: pa.DataType) -> None:
    """Refuse what no table of ours has: one value may stand for any number of rows."""
    inner = dtype
    while pa.types.is_list(inner) or pa.types.is_fixed_size_list(inner):
        inner = inner.value_type
    is_flat = inner is dtype and (_is_text(dtype) or pa.types.is_binary(dtype))
    if not (is_flat or pa.types.is_primitive(inner)):
        raise StoreError(f"{path}, column {name}: no table here has {dtype}")


def _fields(path: Path, file: pq.ParquetFile) -> Iterator[tuple[pa.Field, range]]:
    """Yield each column, and the places of the numbers or texts that it is made of.

    Not by their names, since these may have dots, or be the same.
    """
    end = 0
    for field in file.schema_arrow:
        begin, end = end, end + _n_leaves(field.type)
        yield field, range(begin, end)
    if end != len(file.schema):
        raise StoreError(f"{path}: no table here has columns of these types")


def _n_leaves(dtype: pa.DataType) -> int:
    found, rest = 0, [dtype]
    while rest:
        each = rest.pop()
        rest += [each.field(place).type for place in range(each.num_fields)]
        found += not each.num_fields
    return found


def _check_encodings(
    path: Path, chunks: Chunks, field: pa.Field, leaves: Iterable[int]
) -> None:
    """Refuse bytes that are not written one by one, and texts as parts of others."""
    is_bytes = pa.types.is_binary(field.type)
    if not (is_bytes or _is_text(field.type)):
        return
    known = _OF_BYTES if is_bytes else _OF_BYTES | _OF_TEXTS
    for chunk in (chunk for leaf in leaves for chunk in chunks.of(leaf)):
        other = set(chunk.encodings) - known
        if other:
            what = f"{field.type} in {', '.join(sorted(other))}"
            raise StoreError(f"{path}, column {field.name}: {what} is not read")


def _check_decoded(path: Path, size: int, n_bytes: int) -> None:
    most = max(MAX_DECODED_BYTES, MAX_EXPANSION * size)
    if n_bytes > most:
        raise StoreError(
            f"{path}: {size} bytes that would take {n_bytes} in memory, {most} at most "
            "are allowed. No dataset is like that: look where it is from"
        )


def _of_values(schema: pq.ParquetSchema, chunks: Chunks, leaves: Iterable[int]) -> int:
    """Bytes of a column whose rows have any number of values, by how many there are.

    A text counts as a number, and as long as all texts are in the file: they are read
    with each of them once (see `unfolded`).
    """
    found = 0
    for number in leaves:
        leaf, said = schema.column(number), chunks.of(number)
        width = _VALUE_BYTES.get(leaf.physical_type, leaf.length)
        found += sum(max(0, chunk.num_values) for chunk in said) * width
        if leaf.physical_type == "BYTE_ARRAY":
            found += sum(max(0, chunk.total_uncompressed_size) for chunk in said)
    return found


def _width(dtype: pa.DataType) -> float | None:
    """Bytes of a value in memory; None where each has its own."""
    if pa.types.is_fixed_size_list(dtype):
        width = _width(dtype.value_type)
        return None if width is None else dtype.list_size * width
    try:
        return float(dtype.bit_width) / 8
    except ValueError:
        return None
