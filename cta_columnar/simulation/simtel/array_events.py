"""Array events (2010), those of calibration too (2028), and what is in them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cta_columnar.kernels.simtel.block_types import (
    ADC_SAMPLES,
    ADC_SUMS,
    ARRAY_EVENT,
    CALIBRATION_EVENT,
    CENTRAL_EVENT,
    PIXEL_LIST,
    TEL_EVENT_BASE,
    TEL_EVENT_HEADER,
    TRACKING_BASE,
)
from cta_columnar.simulation.simtel.adc import adc_id, adc_samples, adc_sums
from cta_columnar.simulation.simtel.framing import (
    Part,
    block,
    container,
    telescope_type,
)
from cta_columnar.simulation.simtel.telescope_events import (
    TelescopeEventHeader,
    pixel_list,
    pixel_list_id,
    telescope_event_header,
    tracking_id,
    tracking_position,
)
from cta_columnar.simulation.simtel.triggers import ArrayTrigger, array_trigger


@dataclass(frozen=True, eq=False, kw_only=True)
class TelescopeEvent:
    """What one telescope has in an event.

    Attributes
    ----------
    tel_id : int
        Telescope.
    header : TelescopeEventHeader
        Counts and times.
    samples, sums : uint16[c, p, s], uint32[c, p]
        One of the two.
    triggered : int[n] or None
        Pixels that triggered.
    """

    tel_id: int
    header: TelescopeEventHeader
    samples: NDArray[np.uint16] | None = None
    sums: NDArray[np.uint32] | None = None
    triggered: ArrayLike | None = None


def telescope_event(event: int, content: TelescopeEvent) -> bytes:
    """Block 22xx: one telescope in an array event, each block in its default version.

    Parameters
    ----------
    event : int
        Id of the array event.
    content : TelescopeEvent
        What is written.

    Raises
    ------
    ValueError
        If it has neither samples nor sums: readers refuse that.
    """
    c = content
    head = telescope_event_header(c.header)
    blocks = [block(TEL_EVENT_HEADER, c.tel_id, head)]
    if c.samples is not None:
        blocks.append(block(ADC_SAMPLES, adc_id(c.tel_id), *adc_samples(c.samples)))
    if c.sums is not None:
        blocks.append(block(ADC_SUMS, adc_id(c.tel_id), *adc_sums(c.sums)))
    if len(blocks) < 2:
        raise ValueError(f"telescope {c.tel_id} has no data in event {event}")
    if c.triggered is not None:
        listed = pixel_list(c.triggered)
        blocks.append(block(PIXEL_LIST, pixel_list_id(c.tel_id), listed))
    return container(telescope_type(TEL_EVENT_BASE, c.tel_id), event, *blocks)


def tracking(tel_id: int, azimuth: float, altitude: float) -> bytes:
    """Block 21xx: where a telescope points, rad."""
    payload = tracking_position((azimuth, altitude))
    kind = telescope_type(TRACKING_BASE, tel_id)
    return block(kind, tracking_id(tel_id), payload)


def array_event(
    event: int,
    trigger: ArrayTrigger,
    telescopes: Iterable[bytes],
    tracking_blocks: Sequence[bytes],
    *,
    top: bool = True,
) -> bytes:
    """Block 2010: an array event.

    Parameters
    ----------
    event : int
        Its id; of a calibration event, its number.
    trigger : ArrayTrigger
        Trigger of the array; it must list the telescopes.
    telescopes : iterable of bytes
        What `telescope_event` gives.
    tracking_blocks : sequence of bytes
        What `tracking` gives for each telescope, at least for those with data.
    top : bool
        Whether the block stands on its own.
    """
    head = block(CENTRAL_EVENT, event, array_trigger(trigger))
    inner: tuple[Part, ...] = (head, *telescopes, *tracking_blocks)
    return container(ARRAY_EVENT, event, *inner, top=top)


def calibration_event(calibration_type: int, inner: bytes) -> bytes:
    """Block 2028: a calibration event.

    Parameters
    ----------
    calibration_type : int
        0 dark, 1 pedestal, 2 single photo-electrons, 3 flat field.
    inner : bytes
        What `array_event` gives, not on its own. Readers make its number negative.
    """
    return container(CALIBRATION_EVENT, calibration_type, inner, top=True)
