"""What the footer of a Parquet file says of a column, asked so that damage is an error.

Arrow looks at the description of a column when it is asked for, and what it finds wrong
there ends the process: ``RowGroupMetaData.column`` lets no error of C++ through. What
reads columns does. So they are opened for reading first, of a file that has no bytes.
"""

import io
from functools import cached_property

import pyarrow.parquet as pq

MAX_LOOKS = 100_000
"""Columns of lists or texts, times row groups: each is looked at by itself."""


class _NoBytesError(Exception):
    """Somebody reads what is not there."""


class _NoBytes(io.RawIOBase):
    """A file of which a length is known, and nothing else."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        begin = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}
        self._place = begin[whence] + offset
        return self._place

    def read(self, size: int = -1, /) -> bytes:
        raise _NoBytesError(size)


class Chunks:
    """Descriptions of the columns of an open file, row group by row group.

    Parameters
    ----------
    file : pyarrow.parquet.ParquetFile
        Opened.
    size : int
        Its bytes.
    """

    def __init__(self, file: pq.ParquetFile, size: int) -> None:
        self._metadata = file.metadata
        self._size = size
        self._seen: dict[int, list[pq.ColumnChunkMetaData]] = {}

    @cached_property
    def _probe(self) -> pq.ParquetFile:
        return pq.ParquetFile(_NoBytes(self._size), metadata=self._metadata)

    def of(self, leaf: int) -> list[pq.ColumnChunkMetaData]:
        """Return what is said of a column of numbers or texts, by its place.

        Do not ask them for statistics: these are looked at in the same way once more.

        Raises
        ------
        OSError
            If it is damaged.
        ValueError
            If there are too many to look at.
        """
        if leaf not in self._seen:
            groups = range(self._metadata.num_row_groups)
            if (len(self._seen) + 1) * len(groups) > MAX_LOOKS:
                raise ValueError(
                    f"it has lists or texts in {len(groups)} row groups, {MAX_LOOKS} "
                    "of all columns at most are read: write it in larger row groups"
                )
            for group in groups:
                self._look_at(group, leaf)
            rows = (self._metadata.row_group(group) for group in groups)
            self._seen[leaf] = [each.column(leaf) for each in rows]
        return self._seen[leaf]

    def _look_at(self, group: int, leaf: int) -> None:
        # By its number: `ParquetFile.iter_batches` takes names, and two columns may
        # have the same one.
        batches = self._probe.reader.iter_batches(1, [group], [leaf], use_threads=False)
        try:
            next(batches, None)
        except _NoBytesError:
            return
