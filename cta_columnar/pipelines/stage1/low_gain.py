"""When the low gain need not be decoded."""

from cta_columnar import registry
from cta_columnar.config import ReduceConfig, Section, Stage1Config
from cta_columnar.config.section import algorithm_keys


def low_gain_above(config: ReduceConfig | Stage1Config) -> int | None:
    """Return the count above which the low gain is ever looked at; None: always.

    The source need not decode the low gain of an image that no gain selector would
    choose it for, if nobody else reads raw counts.
    """
    choice = config.gain_selector
    source = config.source
    if not (source.skip_calibration_events or source.select_gain):
        return None
    if choice.name != "ThresholdGainSelector" or choice.rules or _readers_of_r0(config):
        return None
    return int(choice.options["threshold"])


def _readers_of_r0(config: Section) -> set[str]:
    """Names of algorithms that may read the raw counts of both gains."""
    names = {
        (kind, name)
        for _, kind, choices in algorithm_keys(config)
        for choice in choices
        for name in (choice.name, *(rule.name for rule in choice.rules if rule.name))
    }
    readers = {
        name for kind, name in names if "r0_waveform" in registry.get(kind, name).reads
    }
    return readers - {"ThresholdGainSelector", "SimTelCalibrator"}
