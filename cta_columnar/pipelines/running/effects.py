"""Keys of a configuration that would do nothing: an error, since someone wants them.

Keys that say what the default says are none: a file with all keys is a configuration.
"""

from collections.abc import Iterable

from cta_columnar import registry
from cta_columnar.config import AlgorithmChoice, ReduceConfig, Stage1Config, load
from cta_columnar.config.section import algorithm_keys
from cta_columnar.errors import UserError
from cta_columnar.stages.image_modifier import THAT_CHANGE

# Inputs of algorithms that come of pedestal events: the scatter of their charges, and
# their samples.
_OF_PEDESTALS = frozenset({"pedestal_std", "noise"})


def check_effects(config: Stage1Config) -> None:
    """Check that pedestals have a reader, files are split, a modifier changes images.

    Raises
    ------
    UserError
        If not; it names the key.
    """
    if config.monitoring.pedestals is not None and not _reads_pedestals(config):
        raise UserError(
            "monitoring.pedestals: nothing reads them; choose cleaner=NSBImageCleaner "
            "or waveform_modifier=WaveformModifier, or leave it out"
        )
    source = config.source
    if source.section_size is not None and not source.is_split:
        raise UserError(
            "source.section_size: no file is split with max_events or calibration "
            "events; leave it out"
        )
    modifier = config.image_modifier
    if modifier is not None and not _changes_images(modifier):
        raise UserError(
            f"image_modifier: with 0 for {', '.join(THAT_CHANGE)} it changes nothing; "
            "give one of them, or null for no modifier"
        )


def _reads_pedestals(config: Stage1Config) -> bool:
    return any(
        _OF_PEDESTALS & set(registry.get(kind, name).reads)
        for _, kind, choices in algorithm_keys(config)
        for choice in choices
        for name in _names(choice)
    )


def _names(choice: AlgorithmChoice) -> Iterable[str]:
    return {choice.name, *(rule.name for rule in choice.rules if rule.name)}


def _changes_images(choice: AlgorithmChoice) -> bool:
    """Whether it changes those of some telescope."""
    if any(name != "ImageModifier" for name in _names(choice)):
        return True
    options = (choice.options, *(rule.options for rule in choice.rules))
    return any(each.get(key) for each in options for key in THAT_CHANGE)


def check_reduction_effects(config: ReduceConfig) -> None:
    """Check that what serves a reducer is given to one, and no file is to be split.

    Raises
    ------
    UserError
        If not; it names the key.
    """
    plain = load("reduce", [], registry)
    if not isinstance(plain, ReduceConfig):
        raise TypeError(f"{type(plain)} is no configuration of reduce")
    if config.source.section_size is not None:
        raise UserError("source.section_size: reduce splits no file; leave it out")
    if config.reducer != plain.reducer:
        return
    for key in ("calibrator", "extractor"):
        if getattr(config, key) != getattr(plain, key):
            raise UserError(
                f"{key}: waveforms of all pixels are kept as they are, so it has no "
                "effect; give it to stage1, or choose "
                "reducer=TailCutsDataVolumeReducer"
            )
