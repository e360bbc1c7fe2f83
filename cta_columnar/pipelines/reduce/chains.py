"""From the configuration of a reduction to the steps that each telescope runs."""

from functools import partial

from cta_columnar.config import AlgorithmChoice, ReduceConfig
from cta_columnar.config.reduce import ALL_PIXELS
from cta_columnar.instrument.subarray import SubarrayDescription
from cta_columnar.pipelines.stage1.chains import chosen_of, of_types, step, variants
from cta_columnar.stages.chain import Chain
from cta_columnar.stages.dl1 import TelescopeChains
from cta_columnar.stages.wiring import check_wiring


def reduction_chain(config: ReduceConfig, tel_type: str, tel_id: int) -> Chain:
    """Build what decides which waveforms of one telescope are stored.

    Raises
    ------
    UserError
        If its steps do not fit together.
    """
    choices: dict[str, AlgorithmChoice | None] = {"gain_selector": config.gain_selector}
    kept = {"selected_gain_channel"}
    # Which needs no image to choose pixels by.
    if config.reducer != ALL_PIXELS:
        choices |= {
            "calibrator": config.calibrator,
            "extractor": config.extractor,
            "invalid_pixel_handler": config.invalid_pixel_handler,
            "reducer": config.reducer,
        }
        kept.add("pixel_mask")
    steps = chosen_of(choices, tel_type, tel_id)
    if config.invalid_pixel_handler is not None and "pixel_mask" in kept:
        steps += (step("kept_neighbors", "KeepNeighborsOfBroken"),)
    check_wiring(steps, kept)
    return Chain(steps, frozenset(kept))


def reduction_chains(
    config: ReduceConfig, subarray: SubarrayDescription
) -> dict[str, TelescopeChains]:
    """Build what decides which waveforms are stored, by telescope type."""
    return of_types(subarray, partial(reduction_chain, config))


def check_reduction(config: ReduceConfig) -> None:
    """Check before any telescope is known that the steps fit together.

    Raises
    ------
    UserError
        If they do not.
    """
    for variant in variants(config):
        reduction_chain(variant, "", 0)
