"""Which gain channel each pixel is read from."""

from typing import Annotated

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import F4, U1, U2, AnyArray
from cta_columnar.kernels.gain_selection import channels_by_threshold
from cta_columnar.kernels.stored_pixels import STORED, without_dropped
from cta_columnar.registry import Columns, Option, register
from cta_columnar.schemas import dl1, r1
from cta_columnar.stages.stored_waveforms import selected_channel

SELECTED_GAIN = pa.schema([dl1.IMAGES.field("selected_gain_channel")])


@register("gain_selector", "ThresholdGainSelector", writes=SELECTED_GAIN)
def threshold_gain_selector(
    r0_waveform: U2,
    *,
    threshold: Annotated[
        int, Option(unit="adu", doc="low gain where a high-gain count exceeds it", ge=0)
    ] = 4000,
) -> Columns:
    """Take the low gain where the high gain comes near its end."""
    return {"selected_gain_channel": channels_by_threshold(r0_waveform, threshold)}


@register("gain_selector", "ManualGainSelector", writes=SELECTED_GAIN)
def manual_gain_selector(
    r0_waveform: U2,
    *,
    channel: Annotated[
        int, Option(doc="0 high, 1 low gain; where there is only one, it", ge=0, le=1)
    ] = 0,
) -> Columns:
    """Take the same gain channel for all pixels."""
    n_events, n_channels, n_pixels, _ = r0_waveform.shape
    selected: AnyArray = np.full(
        (n_events, n_pixels), min(channel, n_channels - 1), np.int8
    )
    return {"selected_gain_channel": selected}


@register("gain_selector", "StoredGainSelector", writes=SELECTED_GAIN)
def stored_gain_selector(stored_pixels: U1) -> Columns:
    """Take what was selected when DL0 was made; stage 1 does so by itself."""
    return {"selected_gain_channel": selected_channel(stored_pixels)}


@register("dropped_pixels", "ZeroDroppedPixels", writes=r1.WAVEFORMS)
def zero_dropped_pixels(waveform: F4, stored_pixels: U1) -> Columns:
    """Give pixels whose waveform is not in DL0 samples of 0 p.e., as ctapipe does."""
    if (stored_pixels & STORED).all():
        return {"waveform": waveform}
    return {"waveform": without_dropped(waveform, stored_pixels)}
