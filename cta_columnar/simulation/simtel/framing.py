"""Frame payloads as blocks.

A block is a header of three or four little-endian 32-bit words and a payload, filled up
to a multiple of four bytes; one that stands on its own begins with a sync marker. See
`cta_columnar.kernels.simtel.framing` for the words.
"""

from cta_columnar.kernels.simtel.framing import SYNC
from cta_columnar.simulation.simtel.packing import pack
from cta_columnar.simulation.simtel.versions import VERSIONS, base_type, check_version

ALIGNMENT = 4
_EXTENDED = 1 << 17
_ONLY_BLOCKS = 1 << 30
_LENGTH_BITS = 30
_MAX_LENGTH = 1 << 42
# Telescopes whose number fits the type of their event blocks, which has 16 bits.
_MAX_TEL_ID = 0x3FFF

# Encoders give views, which need not be copied once more.
Part = bytes | memoryview


def header(
    block_type: int,
    ident: int,
    length: int,
    version: int,
    *,
    only_blocks: bool = False,
    extended: bool = False,
) -> bytes:
    """Header of a block.

    Parameters
    ----------
    block_type, ident, version : int
        What the block is.
    length : int
        Bytes of the payload.
    only_blocks : bool
        Whether it consists of blocks.
    extended : bool
        Write the fourth word, with the high bits of the length, even if they are 0.

    Raises
    ------
    ValueError
        If the length does not fit.
    """
    if not 0 <= length < _MAX_LENGTH:
        raise ValueError(f"a block of {length} bytes cannot be framed")
    high = length >> _LENGTH_BITS
    has_extension = extended or high > 0
    low = length & ((1 << _LENGTH_BITS) - 1)
    word = block_type | version << 20 | (_EXTENDED if has_extension else 0)
    # Ids are stored as signed numbers; some have flags in their highest bit.
    ident = (ident + (1 << 31)) % (1 << 32) - (1 << 31)
    head = pack("IiI", word, ident, low | (_ONLY_BLOCKS if only_blocks else 0))
    return head + pack("I", high) if has_extension else head


def block(
    block_type: int,
    ident: int,
    *parts: Part,
    version: int | None = None,
    top: bool = False,
    extended: bool = False,
    only_blocks: bool = False,
) -> bytes:
    """Frame a payload.

    Parameters
    ----------
    block_type, ident : int
        What the block is, and its id.
    *parts : bytes
        The payload, in pieces; what is missing to a multiple of four bytes is added.
    version : int, optional
        Version of the payload; the default one of its type if left out.
    top : bool
        Whether the block stands on its own.
    extended, only_blocks : bool
        As in `header`.
    """
    if version is None:
        version = VERSIONS[base_type(block_type)][0]
    check_version(block_type, version)
    length = sum(map(len, parts))
    filling = -length % ALIGNMENT
    head = header(
        block_type,
        ident,
        length + filling,
        version,
        only_blocks=only_blocks,
        extended=extended,
    )
    sync = pack("I", SYNC) if top else b""
    return b"".join((sync, head, *parts, bytes(filling)))


def container(
    block_type: int,
    ident: int,
    *blocks: Part,
    version: int | None = None,
    top: bool = False,
    extended: bool = False,
) -> bytes:
    """Frame blocks as one that contains them; parameters as in `block`."""
    return block(
        block_type,
        ident,
        *blocks,
        version=version,
        top=top,
        extended=extended,
        only_blocks=True,
    )


def telescope_type(base: int, tel_id: int) -> int:
    """Type of the tracking or event block of a telescope.

    Parameters
    ----------
    base : int
        2100 or 2200.
    tel_id : int
        Telescope.

    Raises
    ------
    ValueError
        If the number does not fit.
    """
    found = base + tel_id % 100 + 1000 * (tel_id // 100)
    if tel_id < 0 or found > 0xFFFF:
        raise ValueError(f"telescope {tel_id} cannot have event blocks")
    return found


def packed_telescope(tel_id: int) -> int:
    """Telescope in bits 0-7 and 24-29 of an id.

    Raises
    ------
    ValueError
        If the number does not fit.
    """
    if not 0 <= tel_id <= _MAX_TEL_ID:
        raise ValueError(f"telescope {tel_id} does not fit an id")
    return tel_id & 0xFF | (tel_id & 0x3F00) << 16
