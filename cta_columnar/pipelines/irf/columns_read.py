"""Columns of events that responses are made of."""

from cta_columnar.config import IrfConfig
from cta_columnar.pipelines.irf.places import OF_RUNS
from cta_columnar.schemas.keys import EVENT_NAMES
from cta_columnar.stages.irf.event_columns import RECO, TRUTH
from cta_columnar.stages.irf.telescope_types import NAME as TELESCOPE_TYPES
from cta_columnar.store import Store

VALID = "reco_is_valid"


def further_of_events(config: IrfConfig) -> list[str]:
    """Names of further axes that are of events, not of runs."""
    return [name for name in config.axes.further if name not in OF_RUNS]


def columns_read(store: Store, config: IrfConfig) -> list[str]:
    """Return what is read of the events of a dataset, each once."""
    there = store.schema("events").names
    names = [*EVENT_NAMES, *RECO, *TRUTH, "gh_score", "multiplicity"]
    names += [VALID] if VALID in there else []
    names += [column for cut in config.quality for column in cut.columns]
    names += [name for name in further_of_events(config) if name != TELESCOPE_TYPES]
    if TELESCOPE_TYPES in config.axes.further:
        names.append(config.telescopes_column)
    if config.event_types != "none":
        names.append(config.event_types)
    return list(dict.fromkeys(names))
