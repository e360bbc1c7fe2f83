"""From the configuration of stage 1 to the steps that each telescope runs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from cta_columnar import registry
from cta_columnar.config import AlgorithmChoice, Section, Stage1Config
from cta_columnar.config.section import algorithm_keys
from cta_columnar.errors import UserError
from cta_columnar.instrument.subarray import SubarrayDescription
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.pipelines.stage1.choices import resolve
from cta_columnar.schemas import dl1
from cta_columnar.stages.chain import Chain, Step
from cta_columnar.stages.dl1 import TelescopeChains
from cta_columnar.stages.wiring import check_wiring

S = TypeVar("S", bound=Section)

# Of DL0, whose gain is selected already.
STORED_GAIN = AlgorithmChoice("StoredGainSelector")

# Finite where an image has a ring: only such rows go to the table.
IS_RING = "muonring_radius"


def step(kind: str, name: str, options: Mapping[str, Any] | None = None) -> Step:
    """Look up an algorithm and check its options.

    Raises
    ------
    UserError
        If there is no such algorithm or option.
    """
    algorithm = registry.get(kind, name)
    return Step(algorithm, algorithm.validate_options(options or {}))


def chosen(kind: str, choice: AlgorithmChoice, tel_type: str, tel_id: int) -> Step:
    """Look up the algorithm that is chosen for a telescope."""
    return Step(*resolve(kind, choice, tel_type, tel_id))


def image_steps(config: Stage1Config, tel_type: str, tel_id: int) -> tuple[Step, ...]:
    """Return what turns calibrated counts into an image, without the gain selection."""
    choices = {
        "calibrator": config.calibrator,
        "waveform_modifier": config.waveform_modifier,
        "waveform_time_shift": config.waveform_time_shift,
        "extractor": config.extractor,
        "time_shift": config.time_shift,
        "invalid_pixel_handler": config.invalid_pixel_handler,
    }
    steps = []
    for each in chosen_of(choices, tel_type, tel_id):
        if each.algorithm.kind == "extractor" and config.gain_selector == STORED_GAIN:
            # Behind the noise that is added: what is not there has none.
            steps.append(step("dropped_pixels", "ZeroDroppedPixels"))
        steps.append(each)
    return tuple(steps)


def chosen_of(
    choices: Mapping[str, AlgorithmChoice | None], tel_type: str, tel_id: int
) -> tuple[Step, ...]:
    """Look up the algorithms by kind; None leaves a step out."""
    return tuple(
        chosen(kind, choice, tel_type, tel_id)
        for kind, choice in choices.items()
        if choice is not None
    )


def parameter_steps(
    config: Stage1Config, tel_type: str, tel_id: int
) -> tuple[Step, ...]:
    """Return what turns an image into parameters."""
    of_tables = [("parameters", choice) for choice in config.parameters]
    if config.muons is not None:
        of_tables.append(("muons", config.muons))
    for key, choice in of_tables:
        if any(rule.name not in (None, choice.name) for rule in choice.rules):
            raise UserError(
                f"{key}: {choice.name} cannot be another algorithm for some "
                "telescopes, since all rows of a table have the same columns"
            )
    cuts = [(cut.name, cut.expression) for cut in config.image_quality.cuts]
    quality = config.image_quality.model_dump() | {"cuts": cuts}
    choices = {
        "image_modifier": config.image_modifier,
        "cleaner": config.cleaner,
        "island_selector": config.island_selector,
    }
    steps = [
        *chosen_of(choices, tel_type, tel_id),
        step("image_quality", "image_quality", quality),
        *(chosen("parameters", each, tel_type, tel_id) for each in config.parameters),
    ]
    if config.muons is not None:
        rings = chosen("muons", config.muons, tel_type, tel_id)
        if IS_RING not in rings.algorithm.writes.names:
            raise UserError(f"{rings.algorithm} must write {IS_RING} too")
        steps.append(rings)
    if config.write.true_parameters:
        steps.append(step("true_parameters", "true_parameters", quality))
    return tuple(steps)


def dl1_chain(config: Stage1Config, tel_type: str, tel_id: int) -> Chain:
    """Build the chain of showers of one telescope.

    Raises
    ------
    UserError
        If its steps do not fit together.
    """
    steps = (
        chosen("gain_selector", config.gain_selector, tel_type, tel_id),
        *image_steps(config, tel_type, tel_id),
        *parameter_steps(config, tel_type, tel_id),
    )
    kept = _kept(steps, config)
    check_wiring(steps, kept)
    return Chain(steps, kept)


def dl1_chains(
    config: Stage1Config, subarray: SubarrayDescription
) -> dict[str, TelescopeChains]:
    """Build the chains of showers, by telescope type."""
    return of_types(subarray, partial(dl1_chain, config))


def image_chain(config: Stage1Config, tel_type: str, tel_id: int) -> Chain:
    """Build what one telescope runs on images that are there already.

    Raises
    ------
    UserError
        If an option is wrong.
    """
    steps = parameter_steps(config, tel_type, tel_id)
    return Chain(steps, _kept(steps, config))


def image_chains(
    config: Stage1Config, subarray: SubarrayDescription
) -> dict[str, TelescopeChains]:
    """Build what runs on images that are there already, by telescope type."""
    return of_types(subarray, partial(image_chain, config))


def of_types(
    subarray: SubarrayDescription, chain_of: Callable[[str, int], Chain]
) -> dict[str, TelescopeChains]:
    """Build the chains of all telescopes, by telescope type.

    ``chain_of`` takes the type and the id of a telescope.
    """
    return {
        camera.name: chains_of_type(camera, subarray, partial(chain_of, camera.name))
        for camera in subarray.types
    }


def chains_of_type(
    camera: TelescopeType,
    subarray: SubarrayDescription,
    chain_of: Callable[[int], Chain],
) -> TelescopeChains:
    """Build the chain of each telescope of a type.

    ``chain_of`` takes the id of a telescope.
    """
    tel_ids = subarray.tel_ids_of(camera.name).tolist()
    by_telescope = {tel_id: chain_of(tel_id) for tel_id in tel_ids}
    return TelescopeChains(camera, by_telescope, subarray)


def check_chains(config: Stage1Config) -> None:
    """Check before any telescope is known that the steps fit together.

    Raises
    ------
    UserError
        If they do not.
    """
    for variant in variants(config):
        dl1_chain(variant, "", 0)


def variants(config: S) -> Iterator[S]:
    """Yield the defaults alone, then each exception that names another algorithm."""
    choices = {
        key: getattr(config, key)
        for key, _, _ in algorithm_keys(config)
        # Exceptions among the parameters, and for muons, change options only.
        if isinstance(getattr(config, key), AlgorithmChoice) and key != "muons"
    }
    plain = {key: replace(choice, rules=()) for key, choice in choices.items()}
    yield config.model_copy(update=plain)
    for key, choice in choices.items():
        for rule in choice.rules:
            if rule.name is not None:
                other = AlgorithmChoice(rule.name, rule.options)
                yield config.model_copy(update={**plain, key: other})


def _kept(steps: Sequence[Step], config: Stage1Config) -> frozenset[str]:
    """Name the columns that are written, or counted in the cut flow."""
    names = {*dl1.TEL_EVENT.names, *dl1.IMAGE_QUALITY.names}
    if config.write.images != "none":
        names |= set(dl1.IMAGES.names)
    for each in steps:
        if each.algorithm.kind in ("parameters", "muons", "true_parameters"):
            names |= set(each.algorithm.writes.names)
    return frozenset(names)
