"""Types of blocks, and the versions of each that can be written.

The versions are those that pyeventio reads (https://github.com/cta-observatory/
pyeventio); the default is what sim_telarray wrote last.
"""

from cta_columnar.kernels.simtel.framing import (
    ADC_SAMPLES,
    ADC_SUMS,
    ARRAY_EVENT,
    CALIBRATION_EVENT,
    CALIBRATION_PE,
    CENTRAL_EVENT,
    HISTORY,
    IMAGE_PARAMETERS,
    MC_EVENT,
    MC_SHOWER,
    PE_SUM,
    PHOTO_ELECTRONS,
    PIXEL_LIST,
    PIXEL_TIMING,
    PIXEL_TRIGGER_TIMES,
    RUN_HEADER,
    STEREO,
    TEL_EVENT_BASE,
    TEL_EVENT_HEADER,
    TELESCOPE_DATA,
    TRACKING_BASE,
)

HISTORY_COMMAND, HISTORY_CONFIG, METADATA = 71, 72, 75
HISTOGRAMS = 100
INPUT_CARD, MC_EXTRA, ATMOSPHERE = 1212, 1215, 1216
MC_RUN_HEADER = 2001
CAMERA_SETTINGS, CAMERA_ORGANIZATION, PIXEL_SETTINGS = 2002, 2003, 2004
DISABLED_PIXELS, CAMERA_SOFTWARE, POINTING_CORRECTION = 2005, 2006, 2007
DRIVE_SETTINGS = 2008
CAMERA_MONITORING, LASER_CALIBRATION = 2022, 2023
DIGITAL_TRACES, ANALOG_TRACES = 2029, 2030
PIXEL_MONITORING = 2033

# Block type -> versions; the first is the default. Blocks of one telescope that have it
# in their type (21xx, 22xx) are under their base.
VERSIONS: dict[int, tuple[int, ...]] = {
    HISTORY: (1,),
    HISTORY_COMMAND: (1,),
    HISTORY_CONFIG: (1,),
    METADATA: (0,),
    HISTOGRAMS: (2, 1),
    TELESCOPE_DATA: (0,),
    PHOTO_ELECTRONS: (2, 1, 3),
    INPUT_CARD: (0,),
    MC_EXTRA: (0,),
    ATMOSPHERE: (1, 0),
    RUN_HEADER: (2, 0, 1),
    MC_RUN_HEADER: (4,),
    CAMERA_SETTINGS: (5, 0, 1, 2, 3, 4, 6),
    CAMERA_ORGANIZATION: (1, 2),
    PIXEL_SETTINGS: (3, 0, 1, 2),
    DISABLED_PIXELS: (0,),
    CAMERA_SOFTWARE: (0,),
    POINTING_CORRECTION: (0,),
    DRIVE_SETTINGS: (0,),
    CENTRAL_EVENT: (3, 0, 1, 2),
    ARRAY_EVENT: (0,),
    TEL_EVENT_HEADER: (4, 0, 1, 2, 3),
    ADC_SUMS: (3,),
    ADC_SAMPLES: (3,),
    IMAGE_PARAMETERS: (5, 6),
    STEREO: (1,),
    PIXEL_TIMING: (1, 2),
    MC_SHOWER: (1, 0, 2),
    MC_EVENT: (1, 0, 2),
    CAMERA_MONITORING: (0, 1),
    LASER_CALIBRATION: (3, 0, 1, 2),
    PE_SUM: (2, 0, 1),
    PIXEL_LIST: (0, 1),
    CALIBRATION_EVENT: (0,),
    DIGITAL_TRACES: (0,),
    ANALOG_TRACES: (0,),
    PIXEL_TRIGGER_TIMES: (0,),
    PIXEL_MONITORING: (0,),
    CALIBRATION_PE: (0,),
    TRACKING_BASE: (0,),
    TEL_EVENT_BASE: (1, 0),
}


def base_type(block_type: int) -> int:
    """Type without the telescope that some types have in them."""
    if block_type < TRACKING_BASE:
        return block_type
    is_event = block_type % 1000 >= TEL_EVENT_BASE % 1000
    return TEL_EVENT_BASE if is_event else TRACKING_BASE


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
