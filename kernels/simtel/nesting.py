"""Which block may lie in which, in which versions.

The format has no checksum: a bit that flips in the head of a block is only seen because
few types, versions and flags make sense in its place.
"""

import numpy as np

from cta_columnar.kernels._jit import inline
from cta_columnar.kernels._types import I8
from cta_columnar.kernels.simtel import block_types as types
from cta_columnar.kernels.simtel import codes
from cta_columnar.kernels.simtel.block_table import END, START, TYPE, VERSION

# Of all other blocks the readers of single ones know better what they understand.
_MAX_VERSION = 15
_MAX_TEL_EVENT_VERSION = 1
# Oldest and newest version of blocks that are never, or not always, read.
_VERSIONS = {
    types.INPUT_CARD: (0, 0),
    types.CAMERA_SOFTWARE: (0, 0),
    types.POINTING_CORRECTION: (0, 0),
    types.DRIVE_SETTINGS: (0, 0),
    types.PIXEL_MONITORING: (0, 0),
    types.PHOTO_ELECTRONS: (1, 3),
    types.STEREO: (1, 1),
    types.IMAGE_PARAMETERS: (5, 6),
    types.PIXEL_TIMING: (1, 2),
    types.PIXEL_LIST: (0, 1),
    types.DIGITAL_TRACES: (0, 0),
    types.ANALOG_TRACES: (0, 0),
    types.PIXEL_TRIGGER_TIMES: (0, 0),
}
_N_FIXED = types.TRACKING_BASE
_OLDEST = np.zeros(_N_FIXED, np.int64)
_NEWEST = np.full(_N_FIXED, _MAX_VERSION, np.int64)
for _type, (_oldest, _newest) in _VERSIONS.items():
    _OLDEST[_type], _NEWEST[_type] = _oldest, _newest


@inline
def telescope_of(block_type: int, base: int) -> int:
    """Telescope id in the type of a tracking or telescope event block; -1 if none."""
    rest = block_type - base
    if rest < 0 or rest % 1000 >= 100:
        return -1
    return rest % 1000 + 100 * (rest // 1000)


@inline
def is_container(block_type: int, parent: int) -> bool:
    """Tell whether blocks of this type in one of type ``parent`` consist of others."""
    if parent == types.ARRAY_EVENT:
        return telescope_of(block_type, types.TEL_EVENT_BASE) >= 0
    return block_type in (
        types.ARRAY_EVENT,
        types.CALIBRATION_EVENT,
        types.TELESCOPE_DATA,
        types.CALIBRATION_PE,
    )


@inline
def _is_known_top(block_type: int) -> bool:
    """Tell whether sim_telarray writes the type, and it stands on its own."""
    if block_type < types.RUN_HEADER:
        # What else CORSIKA knows is not taken over: it differs by a bit from these.
        return block_type in (
            types.HISTORY,
            types.HISTORY_META,
            types.HISTOGRAMS,
            types.TELESCOPE_DATA,
            types.LONGITUDINAL,
            types.INPUT_CARD,
            types.EXTRA_PARAMETERS,
            types.ATMOSPHERE,
        )
    is_event_part = block_type == types.PIXEL_LIST or (
        types.DIGITAL_TRACES <= block_type <= types.PIXEL_TRIGGER_TIMES
    )
    if types.CENTRAL_EVENT <= block_type < types.MC_SHOWER:
        return block_type == types.ARRAY_EVENT
    return block_type <= types.CALIBRATION_PE and not is_event_part


@inline
def _is_known(block_type: int, parent: int) -> bool:
    """Tell whether a block of this type may lie in one of type ``parent`` (0: top)."""
    if parent == 0:
        return _is_known_top(block_type)
    if parent == types.ARRAY_EVENT:
        return (
            block_type in (types.CENTRAL_EVENT, types.STEREO)
            or telescope_of(block_type, types.TEL_EVENT_BASE) >= 0
            or telescope_of(block_type, types.TRACKING_BASE) >= 0
        )
    if parent == types.CALIBRATION_EVENT:
        return block_type == types.ARRAY_EVENT
    if parent == types.CALIBRATION_PE:
        return block_type == types.TELESCOPE_DATA
    if parent == types.TELESCOPE_DATA:
        return block_type in (types.PHOTONS, types.PHOTO_ELECTRONS)
    # In a telescope event.
    return (
        types.TEL_EVENT_HEADER <= block_type <= types.PIXEL_CALIBRATION
        and block_type != types.STEREO
    ) or block_type in (
        types.PIXEL_LIST,
        types.DIGITAL_TRACES,
        types.ANALOG_TRACES,
        types.PIXEL_TRIGGER_TIMES,
    )


@inline
def _is_version_known(block_type: int, version: int, parent: int) -> bool:
    if is_container(block_type, parent):
        is_tel_event = parent == types.ARRAY_EVENT
        return version <= (_MAX_TEL_EVENT_VERSION if is_tel_event else 0)
    if block_type >= _N_FIXED:
        return version <= _MAX_VERSION
    return bool(_OLDEST[block_type] <= version <= _NEWEST[block_type])


@inline
def check_nesting(row: I8, has_blocks: bool, parent: int) -> int:
    """Code for a block that lies in one of type ``parent`` (0: top).

    ``has_blocks`` is what the block says itself about its content.
    """
    block_type = row[TYPE]
    if not _is_known(block_type, parent):
        return codes.UNKNOWN_TYPE
    if not _is_version_known(block_type, row[VERSION], parent):
        return codes.BAD_VERSION
    if block_type == types.HISTORY:
        # What is in it is left to the readers of headers; it may be empty.
        is_right = has_blocks or row[END] == row[START]
        return codes.OK if is_right else codes.NOT_A_CONTAINER
    if is_container(block_type, parent):
        return codes.OK if has_blocks else codes.NOT_A_CONTAINER
    return codes.NOT_A_LEAF if has_blocks else codes.OK
