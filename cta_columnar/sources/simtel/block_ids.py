"""What the ids of header blocks must be: the format has no checksum, but rules."""

from collections.abc import Collection, Mapping
from typing import Any

from cta_columnar.kernels.simtel.block_types import (
    ATMOSPHERE,
    CAMERA_MONITORING,
    HISTOGRAMS,
    INPUT_CARD,
    MC_RUN_HEADER,
    MC_RUN_STATISTICS,
    RUN_HEADER,
    RUN_STATISTICS,
)
from cta_columnar.sources.simtel.header_blocks import (
    UNREAD_OF_TELESCOPES,
    HeaderError,
)

NO_ID = -1
# Bits for what is in a block of monitoring data.
ALL_OF_MONITORING = 0x7F


def check_id(
    block_type: int,
    block_id: int,
    content: Any,  # noqa: ANN401
    run: Mapping[str, Any] | None,
) -> None:
    """Check the id of a block that is not a telescope's.

    Parameters
    ----------
    block_type, block_id : int
        As in its header.
    content : object
        What eventio made of it; None for blocks of which nothing is read.
    run : mapping or None
        Content of the run header, if that has come.

    Raises
    ------
    HeaderError
        If the id is wrong.
    """
    allowed: Collection[int]
    if block_type == RUN_HEADER:
        allowed = (int(content["run"]),)
    elif block_type in (RUN_STATISTICS, MC_RUN_STATISTICS) and run is not None:
        allowed = (int(run["run"]),)
    elif block_type == MC_RUN_HEADER:
        allowed = (NO_ID,)
    elif block_type == INPUT_CARD:
        allowed = (0,)
    elif block_type == HISTOGRAMS:
        # That of the first one; none where all that a program has are written.
        allowed = (NO_ID, *(each["id"] for each in content[:1]))
    elif block_type == CAMERA_MONITORING:
        allowed = (_monitoring_id(content),)
        if content["what"] > ALL_OF_MONITORING:
            allowed = ()
    else:
        return
    # Signed or not.
    if all((block_id - each) % 2**32 for each in allowed):
        raise HeaderError(block_type, f"its id is {block_id}, which cannot be")


def check_atmosphere(block_id: int, mc_run: Mapping[str, Any] | None) -> None:
    """Check the number of an atmosphere.

    Raises
    ------
    HeaderError
        If the shower program used another one.
    """
    if mc_run is not None and block_id != mc_run["atmosphere"]:
        raise HeaderError(
            ATMOSPHERE, f"it is number {block_id}, used was {mc_run['atmosphere']}"
        )


def check_telescope(
    block_type: int, tel_id: int, run: Mapping[str, Any] | None
) -> None:
    """Check that a telescope is in the array.

    Raises
    ------
    HeaderError
        If it is not, or the run header has not come.
    """
    if run is None:
        raise HeaderError(RUN_HEADER, "has not come yet")
    if tel_id not in run["tel_id"]:
        raise HeaderError(block_type, f"telescope {tel_id} is not in the run header")


def check_skipped(
    block_type: int, block_id: int, run: Mapping[str, Any] | None
) -> None:
    """Check the id of a block of which nothing is read.

    Raises
    ------
    HeaderError
        If it is wrong.
    """
    if block_type in UNREAD_OF_TELESCOPES:
        check_telescope(block_type, block_id, run)
    else:
        check_id(block_type, block_id, None, run)


def _monitoring_id(content: Mapping[str, Any]) -> int:
    """Telescope, and what is in the block."""
    tel_id = content["telescope_id"]
    return int(tel_id & 0xFF | content["what"] << 8 | (tel_id & 0x3F00) << 16)
