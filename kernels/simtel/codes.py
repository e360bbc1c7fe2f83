"""What can be wrong with a block. Kernels return these; sources turn them to text."""

OK = 0
# Framing.
LOST_SYNC = 1
BIG_ENDIAN = 2
RESERVED_BITS = 3
BLOCK_TOO_LARGE = 4
CHILD_TOO_LONG = 5
UNKNOWN_TYPE = 6
NOT_A_CONTAINER = 7
NOT_A_LEAF = 8
# Payload.
TOO_SHORT = 10
LEFT_OVER = 11
BAD_VERSION = 12
BAD_VARINT = 13
BAD_COUNT = 14
BAD_PIXEL = 15
BAD_VALUE = 16
UNSUPPORTED_MODE = 17
# Blocks that contradict each other or the run header.
WRONG_TELESCOPE = 20
UNKNOWN_TELESCOPE = 21
DUPLICATE = 22
NO_TRIGGER = 23
NO_HEADER = 24
NO_ADC = 25
NO_POINTING = 26
WRONG_EVENT = 27
WRONG_SHAPE = 28
NO_MC_EVENT = 29
MISSING_TELESCOPE = 30
NO_PE_SUM = 31
OUT_OF_ORDER = 32

MESSAGES = {
    LOST_SYNC: "no block starts here (lost sync)",
    BIG_ENDIAN: "the block is big-endian, which is not supported",
    RESERVED_BITS: "reserved bits of the block header are set",
    BLOCK_TOO_LARGE: "the block claims an absurd size",
    CHILD_TOO_LONG: "the block is longer than the one that contains it",
    UNKNOWN_TYPE: "a block of this type has no place here",
    NOT_A_CONTAINER: "the block should contain other blocks, but does not say so",
    NOT_A_LEAF: "the block says that it contains only blocks, but it must have data",
    TOO_SHORT: "the block is too short for what it counts",
    LEFT_OVER: "the block is longer than what it counts",
    BAD_VERSION: "the version of the block is not supported",
    BAD_VARINT: "the block holds an invalid variable-length integer",
    BAD_COUNT: "the block holds an impossible count",
    BAD_PIXEL: "the block holds a pixel number that the camera does not have",
    BAD_VALUE: "the block holds an impossible value",
    UNSUPPORTED_MODE: "the data reduction mode of the block is not supported",
    WRONG_TELESCOPE: "the block belongs to another telescope",
    UNKNOWN_TELESCOPE: "the run header does not know the telescope of the block",
    DUPLICATE: "the telescope has two such blocks in one event",
    NO_TRIGGER: "the array event does not start with its trigger block",
    NO_HEADER: "the telescope event does not start with its header block",
    NO_ADC: "the telescope event has no ADC data",
    NO_POINTING: "the array event has no tracking position of the telescope",
    WRONG_EVENT: "the block belongs to another event",
    WRONG_SHAPE: "channels, pixels or samples are not those of the telescope",
    NO_MC_EVENT: "the array event has no simulated event before it",
    NO_PE_SUM: "some array events have sums of photo-electrons, but not all",
    OUT_OF_ORDER: "the block has no higher id than the one of its kind before it",
    MISSING_TELESCOPE: "the array event lacks a telescope that its trigger block lists",
}
