"""Waveforms to packed bytes and back: the lossless codec of DL0, see ``docs/dl0.md``.

    packed = Packer().pack(values)          # uint16 or uint32 [rows, samples] -> bytes
    Unpacker().unpack(packed, out)          # into an array of the same shape and type

The bytes are one zstd frame around the planes of `kernels.waveform_codec`.
"""

import numpy as np
import zstandard

from cta_columnar.array_types import U1, AnyArray
from cta_columnar.kernels.waveform_codec import join_planes, split_planes

# Planes of noise have nothing to find twice, planes of zeros find themselves. So this
# looks for long matches in a tiny table, and leaves the rest to entropy coding.
_PARAMETERS = {
    "strategy": zstandard.STRATEGY_FAST,
    "window_log": 17,
    "hash_log": 6,
    "min_match": 7,
}


class PackingError(ValueError):
    """Bytes that are no waveforms of this shape."""


class Packer:
    """Packs waveforms; keeps the state of the compressor from call to call."""

    def __init__(self) -> None:
        parameters = zstandard.ZstdCompressionParameters(**_PARAMETERS)
        self._zstd = zstandard.ZstdCompressor(compression_params=parameters)
        self._planes: U1 = np.empty(0, np.uint8)

    def pack(self, values: AnyArray) -> bytes:
        """Pack ``values``, uint16[i, s] or uint32[i, s]; no bytes if there are none."""
        if values.nbytes == 0:
            return b""
        if self._planes.size < values.nbytes:
            self._planes = np.empty(values.nbytes, np.uint8)
        planes = self._planes[: values.nbytes]
        split_planes(values, planes)
        return self._zstd.compress(planes.data)


class Unpacker:
    """Inverse of `Packer`."""

    def __init__(self) -> None:
        self._zstd = zstandard.ZstdDecompressor()

    def unpack(self, packed: bytes | memoryview, out: AnyArray) -> None:
        """Unpack into ``out``, uint16[i, s] or uint32[i, s] and C-contiguous.

        Raises
        ------
        PackingError
            If the bytes are damaged or hold another number of waveforms. No more is
            allocated than these need.
        """
        if out.nbytes == 0:
            if len(packed):
                raise PackingError(f"{len(packed)} bytes for no waveforms")
            return
        try:
            size = zstandard.frame_content_size(packed)
            if size != out.nbytes:
                raise PackingError(f"{size} bytes unpacked, {out.nbytes} expected")
            planes = self._zstd.decompress(packed, allow_extra_data=False)
        except zstandard.ZstdError as error:
            raise PackingError(f"no zstd frame: {error}") from error
        join_planes(np.frombuffer(planes, np.uint8), out)
