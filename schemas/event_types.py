"""Types of events: what triggered, or what was triggered for."""

from enum import IntEnum


class EventType(IntEnum):
    """Codes of the CTAO data model, as ctapipe has them."""

    FLATFIELD = 0
    SINGLE_PE = 1
    PEDESTAL = 2
    DARK_PEDESTAL = 3
    ELECTRONIC_PEDESTAL = 4
    SKY_PEDESTAL = 5
    OTHER_CALIBRATION = 15
    MUON = 16
    HARDWARE_STEREO = 17
    RANDOM_MONO = 18
    DAQ = 24
    SUBARRAY = 32
    LONG_EVENT = 33
    UNKNOWN = 255

    @classmethod
    def _missing_(cls, value: object) -> "EventType":  # noqa: ARG003
        return cls.UNKNOWN


# Events that are kept apart from showers, and the tables for them.
CALIBRATION_TYPES = {
    EventType.FLATFIELD: "flatfield",
    EventType.SINGLE_PE: "single_pe",
    EventType.PEDESTAL: "pedestal",
    EventType.DARK_PEDESTAL: "dark_pedestal",
    EventType.SKY_PEDESTAL: "sky_pedestal",
    EventType.OTHER_CALIBRATION: "other",
}
