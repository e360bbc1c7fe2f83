"""What the two kinds of ADC blocks have in common."""

from cta_columnar.kernels._jit import inline

ADC_VERSION = 3
_UNUSED = 0x800


@inline
def zero_suppression(flags: int) -> int:
    """Mode of zero suppression in the id of an ADC block."""
    return flags & 0x1F


@inline
def data_reduction(flags: int) -> int:
    """Mode of data reduction in the id of an ADC block."""
    return flags >> 5 & 0x1F


@inline
def is_list_known(flags: int) -> bool:
    """Tell whether the list of pixels is that of an earlier block."""
    return flags & 0x400 != 0


@inline
def adc_telescope(flags: int) -> int:
    """Telescope in the id of an ADC block; -1 if a bit is set that has no meaning."""
    return -1 if flags & _UNUSED else flags >> 12
