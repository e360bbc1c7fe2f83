"""A window that moves over the decompressed stream."""

import numpy as np

from cta_columnar.array_types import U1
from cta_columnar.sources.decompression import Decompressed, StreamError


class Chunks:
    """A buffer that holds the next bytes of a stream.

    The same memory is filled again and again: new pages would cost more than reading.

    Parameters
    ----------
    stream : Decompressed
        What is read.
    size : int
        Bytes to hold; more only while a single event needs it.
    limit : int
        Most bytes to hold at all.
    offset : int
        Position of the first byte of the stream in the content of the file.

    Attributes
    ----------
    data : uint8[:]
        The buffer.
    n_valid : int
        Bytes in it that were read.
    offset : int
        Position of its first byte in the content of the file.
    at_end : bool
        Whether the stream has no more.
    error : StreamError or None
        Why it has no more, if it is damaged.
    """

    def __init__(
        self, stream: Decompressed, size: int, limit: int, offset: int = 0
    ) -> None:
        self._stream = stream
        self._limit = limit
        self.data: U1 = np.empty(size, np.uint8)
        self.n_valid = 0
        self.offset = offset
        self.at_end = False
        self.error: StreamError | None = None

    def advance(self, consumed: int) -> None:
        """Drop the first bytes, and read as many more as there is room for.

        Grows the buffer if it is full and nothing was consumed.

        Raises
        ------
        MemoryError
            If it would have to be larger than the limit.
        """
        left = self.n_valid - consumed
        if left == self.data.size:
            self._grow()
        elif consumed:
            # NumPy takes care of the overlap.
            self.data[:left] = self.data[consumed : self.n_valid]
        self.n_valid = left
        self.offset += consumed
        self._fill()

    def _grow(self) -> None:
        if self.data.size >= self._limit:
            raise MemoryError(f"more than {self._limit} bytes")
        longer = np.empty(min(2 * self.data.size, self._limit), np.uint8)
        longer[: self.n_valid] = self.data[: self.n_valid]
        self.data = longer

    def _fill(self) -> None:
        view = self.data.data
        while self.n_valid < self.data.size and not self.at_end:
            try:
                n = self._stream.readinto(view[self.n_valid :])
            except StreamError as error:
                self.error = error
                n = 0
            self.n_valid += n
            self.at_end = n == 0
