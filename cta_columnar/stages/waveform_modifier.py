"""Simulated waveforms made more like data: more light of the night sky."""

from typing import Annotated

import numpy as np

from cta_columnar.array_types import F4, I1, I2, I8
from cta_columnar.errors import UserError
from cta_columnar.instrument.pedestals import NoiseLibrary
from cta_columnar.kernels.waveform_modifier import add_waveform_noise
from cta_columnar.registry import Columns, Option, register
from cta_columnar.schemas import r1
from cta_columnar.stages.image_modifier import Seed


@register("waveform_modifier", "WaveformModifier", writes=r1.WAVEFORMS)
def waveform_modifier(
    waveform: F4,
    selected_gain_channel: I1,
    obs_id: I8,
    event_id: I8,
    tel_id: I2,
    noise: NoiseLibrary | None,
    *,
    nsb_level: Annotated[
        int,
        Option(
            doc="recorded events whose noise is added up; there must be twice as many",
            ge=0,
        ),
    ] = 1,
    sample_pixels_independently: Annotated[
        bool, Option(doc="choose the events for each pixel, else for whole cameras")
    ] = True,
    rng_seed: Seed = 1,
) -> Columns:
    """Add recorded noise of the night sky to the samples."""
    # ctapipe adds one of n_noise_realizations sums that it makes beforehand. Here each
    # event has a sum of its own.
    if noise is None:
        raise UserError("waveform_modifier: no pedestal events of such telescopes")
    first, n_recorded = noise.of_telescopes(tel_id)
    too_few = np.unique(tel_id[n_recorded < 2 * nsb_level])
    if too_few.size:
        raise UserError(
            f"waveform_modifier: nsb_level={nsb_level} needs {2 * nsb_level} pedestal "
            f"events of each telescope; there are fewer of {too_few.tolist()}"
        )
    if noise.waveform.shape[2:] != waveform.shape[1:]:
        raise UserError(
            f"waveform_modifier: pedestal events have {noise.waveform.shape[2:]} "
            f"pixels and samples, these events {waveform.shape[1:]}"
        )
    changed = add_waveform_noise(
        waveform,
        selected_gain_channel,
        noise.waveform,
        first,
        n_recorded,
        nsb_level,
        sample_pixels_independently,
        rng_seed,
        obs_id,
        event_id,
        tel_id,
    )
    return {"waveform": changed}
