"""True images: photo-electrons per pixel (block 1208)."""

from cta_columnar.kernels._jit import njit
from cta_columnar.kernels._types import I4, I8, U1
from cta_columnar.kernels.simtel import codes
from cta_columnar.kernels.simtel._bytes import i2, i4
from cta_columnar.kernels.simtel.block_table import END, START, VERSION
from cta_columnar.kernels.simtel.payload import ending
from cta_columnar.kernels.simtel.varint import signed

_HAS_AMPLITUDES = 1
_HAS_PHOTONS = 4


@njit
def _pixels(
    data: U1,
    pos: int,
    block: I8,
    n_bytes: int,
    out: I4,
) -> tuple[int, int]:
    """Decode ``count, (pixel, n, n values)...``; returns position behind and a code."""
    end = block[END]
    count = i4(data, pos)
    pos += 4
    for _ in range(count):
        if block[VERSION] > 2:
            p, pos = signed(data, pos, end)
        else:
            p = i2(data, pos) if pos + 2 <= end else 0
            pos += 2
        if not 0 <= pos <= end - 4:
            return pos, codes.TOO_SHORT
        n_pe = i4(data, pos)
        pos += 4
        if not 0 <= p < out.size:
            return pos, codes.BAD_PIXEL
        if not 0 <= n_pe <= (end - pos) // n_bytes:
            return pos, codes.BAD_COUNT
        out[p] = n_pe
        pos += n_bytes * n_pe
    return pos, codes.OK


@njit
def _image_one(data: U1, block: I8, out: I4) -> int:
    """Decode one block into ``out[p]``; returns a code."""
    pos, end, version = block[START], block[END], block[VERSION]
    if not 1 <= version <= 3:
        return codes.BAD_VERSION
    head = 10 if version > 1 else 8
    if pos + head + 4 > end:
        return codes.TOO_SHORT
    if i4(data, pos + 4) != out.size:
        return codes.WRONG_SHAPE
    flags = i2(data, pos + 8) if version > 1 else 0
    out[:] = 0
    # Times, and amplitudes where they are stored: 4 bytes per photo-electron each.
    n_bytes = 8 if flags & _HAS_AMPLITUDES else 4
    pos, code = _pixels(data, pos + head, block, n_bytes, out)
    if code == codes.OK and flags & _HAS_PHOTONS:
        # A count, then a pixel number and a count each.
        pos += 4 + 6 * max(i4(data, pos), 0) if pos + 4 <= end else 4
    return ending(pos, end) if code == codes.OK else code


@njit
def true_images(
    data: U1,
    blocks: I8,
    rows: I8,
    out: I4,
) -> tuple[int, int]:
    """Decode true images of one camera.

    Parameters
    ----------
    data, blocks
        Buffer and its blocks, see `framing.walk`.
    rows : int64[e]
        Rows of the photo-electron blocks; -1 where there is none.
    out : int32[e, p]
        Photo-electrons per pixel; -1 in all pixels without a block.

    Returns
    -------
    done, code : int
        Images decoded, and what is wrong with the next one.
    """
    for e in range(rows.size):
        if rows[e] < 0:
            out[e] = -1
            continue
        code = _image_one(data, blocks[rows[e]], out[e])
        if code != codes.OK:
            return e, code
    return rows.size, codes.OK
