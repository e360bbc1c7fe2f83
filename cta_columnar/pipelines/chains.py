"""From a configuration to the steps that each telescope runs."""

from collections.abc import Mapping, Sequence
from typing import Any

from cta_columnar import registry
from cta_columnar.config import AlgorithmChoice, Stage1Config, Stage2Config
from cta_columnar.instrument.subarray import SubarrayDescription
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.schemas import dl1
from cta_columnar.stages.chain import Chain, Step
from cta_columnar.stages.dl1 import TelescopeChains

# In place of a gain channel: each pixel has its own.
SELECTED_CHANNEL = -1


def step(kind: str, name: str, options: Mapping[str, Any] | None = None) -> Step:
    """Look up an algorithm and check its options.

    Raises
    ------
    UserError
        If there is no such algorithm or option.
    """
    algorithm = registry.get(kind, name)
    return Step(algorithm, algorithm.validate_options(options or {}))


def _chosen(
    kind: str, choice: AlgorithmChoice, camera: TelescopeType, tel_id: int
) -> Step:
    selection = choice.resolve(camera.name, tel_id)
    return step(kind, selection.name, selection.options)


def image_steps(
    config: Stage1Config, camera: TelescopeType, tel_id: int
) -> tuple[Step, ...]:
    """Return what turns calibrated counts into an image, without the gain selection."""
    choices = {
        "calibrator": config.calibrator,
        "extractor": config.extractor,
        "time_shift": config.time_shift,
        "invalid_pixel_handler": config.invalid_pixel_handler,
    }
    return tuple(
        _chosen(kind, choice, camera, tel_id)
        for kind, choice in choices.items()
        if choice is not None
    )


def parameter_steps(
    config: Stage1Config, camera: TelescopeType, tel_id: int
) -> tuple[Step, ...]:
    """Return what turns an image into parameters."""
    quality = config.image_quality.model_dump()
    steps = [
        _chosen("cleaner", config.cleaner, camera, tel_id),
        step("image_quality", "image_quality", quality),
        *(_chosen("parameters", each, camera, tel_id) for each in config.parameters),
    ]
    if config.write.true_parameters:
        steps.append(step("true_parameters", "true_parameters", quality))
    return tuple(steps)


def dl1_chains(
    config: Stage1Config, subarray: SubarrayDescription
) -> dict[str, TelescopeChains]:
    """Build the chains of showers, by telescope type."""
    chains = {}
    for camera in subarray.types:
        by_telescope = {}
        for tel_id in subarray.tel_ids_of(camera.name).tolist():
            steps = (
                _chosen("gain_selector", config.gain_selector, camera, tel_id),
                *image_steps(config, camera, tel_id),
                *parameter_steps(config, camera, tel_id),
            )
            by_telescope[tel_id] = Chain(steps, _kept(steps, config))
        chains[camera.name] = TelescopeChains(camera, by_telescope)
    return chains


def _kept(steps: Sequence[Step], config: Stage1Config) -> frozenset[str]:
    """Name the columns that are written, or counted in the cut flow."""
    names = {*dl1.TEL_EVENT.names, *dl1.IMAGE_QUALITY.names}
    if config.write.images:
        names |= set(dl1.IMAGES.names)
    for each in steps:
        if each.algorithm.kind in ("parameters", "true_parameters"):
            names |= set(each.algorithm.writes.names)
    return frozenset(names)


def calibration_chains(
    config: Stage1Config, camera: TelescopeType
) -> dict[int, TelescopeChains]:
    """Build the chains of calibration events, by gain channel.

    All channels are kept, unless the configuration asks for one per pixel: that goes
    under `SELECTED_CHANNEL`.
    """
    manual = "ManualGainSelector"
    gains = {
        channel: step("gain_selector", manual, {"channel": channel})
        for channel in range(camera.readout.n_channels)
    }
    if config.source.select_gain:
        gains = {
            SELECTED_CHANNEL: _chosen("gain_selector", config.gain_selector, camera, -1)
        }
    kept = frozenset({"image", "peak_time"})
    images = image_steps(config, camera, -1)
    return {
        channel: TelescopeChains(camera, {-1: Chain((gain, *images), kept)})
        for channel, gain in gains.items()
    }


def reconstructor_steps(config: Stage2Config) -> tuple[Step, ...]:
    """Return the reconstructors of a configuration, in order."""
    return tuple(
        step("reconstructor", each.name, each.options) for each in config.reconstructors
    )


def low_gain_above(config: Stage1Config) -> int | None:
    """Return the count above which the low gain is ever looked at; None: always.

    The source need not decode the low gain of an image that no gain selector would
    choose it for.
    """
    choice = config.gain_selector
    source = config.source
    if not (source.skip_calibration_events or source.select_gain):
        return None
    if choice.name != "ThresholdGainSelector" or choice.rules:
        return None
    return int(choice.options["threshold"])
