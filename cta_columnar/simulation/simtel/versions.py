"""Versions of each block that can be written.

The versions are those that pyeventio reads (https://github.com/cta-observatory/
pyeventio); the default is what sim_telarray wrote last.
"""

from cta_columnar.kernels.simtel import block_types as types

# Block type -> versions; the first is the default. Blocks of one telescope that have it
# in their type (21xx, 22xx) are under their base.
VERSIONS: dict[int, tuple[int, ...]] = {
    types.HISTORY: (1,),
    types.COMMAND_LINE: (1,),
    types.CONFIGURATION_LINE: (1,),
    types.HISTORY_META: (0,),
    types.HISTOGRAMS: (2, 1),
    types.TELESCOPE_DATA: (0,),
    types.PHOTO_ELECTRONS: (2, 1, 3),
    types.INPUT_CARD: (0,),
    types.EXTRA_PARAMETERS: (0,),
    types.ATMOSPHERE: (1, 0),
    types.RUN_HEADER: (2, 0, 1),
    types.MC_RUN_HEADER: (4,),
    types.CAMERA_SETTINGS: (5, 0, 1, 2, 3, 4, 6),
    types.CAMERA_ORGANIZATION: (1, 2),
    types.PIXEL_SETTINGS: (3, 0, 1, 2),
    types.DISABLED_PIXELS: (0,),
    types.CAMERA_SOFTWARE: (0,),
    types.POINTING_CORRECTION: (0,),
    types.DRIVE_SETTINGS: (0,),
    types.CENTRAL_EVENT: (3, 0, 1, 2),
    types.ARRAY_EVENT: (0,),
    types.TEL_EVENT_HEADER: (4, 0, 1, 2, 3),
    types.ADC_SUMS: (3,),
    types.ADC_SAMPLES: (3,),
    types.IMAGE_PARAMETERS: (5, 6),
    types.STEREO: (1,),
    types.PIXEL_TIMING: (1, 2),
    types.MC_SHOWER: (1, 0, 2),
    types.MC_EVENT: (1, 0, 2),
    types.CAMERA_MONITORING: (0, 1),
    types.LASER_CALIBRATION: (3, 0, 1, 2),
    types.PE_SUM: (2, 0, 1),
    types.PIXEL_LIST: (0, 1),
    types.CALIBRATION_EVENT: (0,),
    types.DIGITAL_TRACES: (0,),
    types.ANALOG_TRACES: (0,),
    types.PIXEL_TRIGGER_TIMES: (0,),
    types.PIXEL_MONITORING: (0,),
    types.CALIBRATION_PE: (0,),
    types.TRACKING_BASE: (0,),
    types.TEL_EVENT_BASE: (1, 0),
}


def base_type(block_type: int) -> int:
    """Type without the telescope that some types have in them."""
    if block_type < types.TRACKING_BASE:
        return block_type
    is_event = block_type % 1000 >= types.TEL_EVENT_BASE % 1000
    return types.TEL_EVENT_BASE if is_event else types.TRACKING_BASE


def check_version(block_type: int, version: int) -> None:
    """Check that a version can be written.

    Raises
    ------
    ValueError
        If it is not in `VERSIONS`.
    """
    known = VERSIONS[base_type(block_type)]
    if version not in known:
        listed = ", ".join(map(str, sorted(known)))
        raise ValueError(
            f"block {block_type} has no version {version} that can be written: {listed}"
        )
