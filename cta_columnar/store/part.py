"""One Parquet file while it is being written."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from cta_columnar.durable import HashedFile
from cta_columnar.store.errors import StoreError, writing
from cta_columnar.store.parquet_options import (
    COMPRESSION_LEVEL,
    rows_per_group,
    writer_options,
)

_MAY_PIN_BYTES = 1_000_000


class PartWriter:
    """Write record batches to one Parquet file, in row groups of a fixed size.

    The size of a row group follows from the schema, so the bytes of the file do not
    depend on how the rows were cut into batches.

    Parameters
    ----------
    path : Path
        Below the scratch folder.
    schema : pyarrow.Schema
        Of every batch.
    facts : mapping of str to str
        Goes into the metadata of the file: reproducible facts only.
    compression_level : int
        Of zstd.
    """

    def __init__(
        self,
        path: Path,
        schema: pa.Schema,
        facts: Mapping[str, str],
        compression_level: int = COMPRESSION_LEVEL,
    ) -> None:
        self.path = path
        self.schema = schema
        self.rows = 0
        self._pending: list[pa.RecordBatch] = []
        self._n_pending = 0
        self._group_rows = rows_per_group(schema)
        with writing(path):
            self._file = HashedFile(path)
            try:
                self._writer = pq.ParquetWriter(
                    self._file,
                    schema.with_metadata(
                        {f"cta_columnar.{k}": facts[k] for k in facts}
                    ),
                    **writer_options(schema, compression_level),
                )
            except BaseException:
                self._file.close()
                raise

    def append(self, batch: pa.RecordBatch) -> None:
        """Add rows.

        Raises
        ------
        StoreError
            If the columns differ from those of the first batch, or one has nulls.
        WriteError
            If the file cannot be written.
        """
        if not batch.schema.equals(self.schema, check_metadata=False):
            raise StoreError(
                f"{self.path.name}: columns changed between batches: "
                f"{_difference(self.schema, batch.schema)}"
            )
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            if column.null_count:
                raise StoreError(f"column {name} has {column.null_count} nulls")
        self.rows += batch.num_rows
        self._n_pending += batch.num_rows
        self._pending.append(_unpinned(batch))
        while self._n_pending >= self._group_rows:
            self._write(self._group_rows)

    def _write(self, n_rows: int) -> None:
        table = pa.Table.from_batches(self._pending, schema=self.schema)
        # One chunk per column: the writer cuts its pages at chunks.
        group = table.slice(0, n_rows).combine_chunks()
        self._pending = table.slice(n_rows).to_batches()
        self._n_pending -= n_rows
        with writing(self.path):
            self._writer.write_table(group, row_group_size=n_rows)

    def close(self) -> tuple[str, int]:
        """Finish the file; return its SHA-256 and its size in bytes."""
        if self._n_pending:
            self._write(self._n_pending)
        with writing(self.path):
            self._writer.close()
            self._file.close()
        return self._file.sha256, self._file.size

    def abort(self) -> None:
        """Close without caring for the content: the file is going to be removed."""
        with suppress(Exception):
            self._writer.close()
        with suppress(OSError):
            self._file.close()


def _unpinned(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Copy rows that are a small part of what they keep in memory."""
    if batch.get_total_buffer_size() > 2 * batch.nbytes + _MAY_PIN_BYTES:
        return batch.take(pa.array(range(batch.num_rows), pa.int32()))
    return batch


def _difference(expected: pa.Schema, found: pa.Schema) -> str:
    for field in expected:
        if field.name not in found.names:
            return f"{field.name} is missing"
        if not field.equals(found.field(field.name), check_metadata=False):
            return f"{field} became {found.field(field.name)}"
    extra = [name for name in found.names if name not in expected.names]
    return f"{', '.join(extra)} is new" if extra else "their order"
