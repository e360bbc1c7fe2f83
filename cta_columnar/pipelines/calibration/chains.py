"""From the configuration of stage 1 to the steps of calibration events."""

from collections.abc import Sequence
from functools import partial

from cta_columnar.config import Stage1Config
from cta_columnar.errors import UserError
from cta_columnar.instrument.subarray import SubarrayDescription
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.pipelines.stage1.chains import (
    chains_of_type,
    chosen,
    image_steps,
    step,
)
from cta_columnar.stages.chain import Chain
from cta_columnar.stages.dl1 import TelescopeChains

# In place of a gain channel: each pixel has its own.
SELECTED_CHANNEL = -1

# They look for the same shower in all pixels.
NEED_ONE_GAIN = frozenset({"TwoPassWindowSum"})


def calibration_chains(
    config: Stage1Config,
    subarray: SubarrayDescription,
    with_waveforms: bool = False,
) -> dict[str, dict[int, TelescopeChains]]:
    """Build the chains of calibration events, by telescope type and gain channel.

    They end in images and peak times, if asked for in calibrated waveforms too. All
    channels are kept, unless the configuration asks for one per pixel: that goes under
    `SELECTED_CHANNEL`.

    Raises
    ------
    UserError
        If there are to be calibration events, and an extractor cannot do with both
        gain channels.
    """
    kept = frozenset({"image", "peak_time", *(["waveform"] if with_waveforms else [])})
    return {
        camera.name: {
            channel: chains_of_type(
                camera,
                subarray,
                partial(_calibration_chain, config, camera, channel, kept),
            )
            for channel in _calibration_channels(config, camera)
        }
        for camera in subarray.types
    }


def _calibration_channels(config: Stage1Config, camera: TelescopeType) -> Sequence[int]:
    if config.source.select_gain:
        return (SELECTED_CHANNEL,)
    return range(camera.readout.n_channels)


def _calibration_chain(
    config: Stage1Config,
    camera: TelescopeType,
    channel: int,
    kept: frozenset[str],
    tel_id: int,
) -> Chain:
    if channel == SELECTED_CHANNEL:
        gain = chosen("gain_selector", config.gain_selector, camera.name, tel_id)
    else:
        gain = step("gain_selector", "ManualGainSelector", {"channel": channel})
        _check_needs_no_selection(config, camera, tel_id)
    steps = (gain, *image_steps(config, camera.name, tel_id))
    return Chain(steps, kept)


def _check_needs_no_selection(
    config: Stage1Config, camera: TelescopeType, tel_id: int
) -> None:
    if config.source.skip_calibration_events or camera.readout.n_channels == 1:
        return
    name = config.extractor.resolve(camera.name, tel_id).name
    if name in NEED_ONE_GAIN:
        raise UserError(
            f"extractor {name} of telescope {tel_id} ({camera.name}) needs one gain "
            "channel per pixel, but calibration events keep both: set "
            "source.select_gain=true, or source.skip_calibration_events=true"
        )
