"""What is refused of the inputs of responses before events are read."""

from collections.abc import Sequence

import polars as pl
import pyarrow.types as pt

from cta_columnar.config import IrfConfig
from cta_columnar.config.irf_sections import OWN_AXES
from cta_columnar.errors import UserError, did_you_mean
from cta_columnar.pipelines.irf.columns_read import further_of_events
from cta_columnar.pipelines.irf.places import OF_RUNS
from cta_columnar.stages.irf.telescope_types import NAME as TELESCOPE_TYPES
from cta_columnar.store import Store

# What stage 3 adds for whom, to be told where it is missing.
_PREDICTED = {
    "reco_energy": "a model of the energy",
    "gh_score": "a model of the particle",
    "reco_alt": "a direction",
    "reco_az": "a direction",
}


def check_particles(particles: Sequence[str], config: IrfConfig) -> None:
    """Refuse to go on without the signal, or a background that is wanted.

    Raises
    ------
    UserError
        If one is missing; it says which setting does without it.
    """
    if config.signal not in particles:
        raise UserError(
            f"no input has {config.signal}, the signal: responses are made of it; "
            f"there are {', '.join(sorted(set(particles))) or 'none'}"
        )
    wants = config.wanting_background
    missing = [name for name in config.background if name not in particles]
    if missing and wants:
        rest = [name for name in config.background if name not in missing]
        less = f"background='[{', '.join(rest)}]'"
        without = " ".join(f"--set {each}" for each in wants)
        raise UserError(
            f"no input has {' or '.join(missing)}, which is background: name such a "
            + ("dataset, " if not rest else f"dataset, do without it by --set {less}, ")
            + f"or without all that wants a background by {without}"
        )


def check_columns(store: Store, config: IrfConfig) -> None:
    """Refuse a dataset without the columns that are needed.

    Raises
    ------
    UserError
        If one is missing, and it says what makes it; or if a further axis is of one
        that has no numbers.
    """
    names = store.schema("events").names
    for name, maker in _PREDICTED.items():
        if name not in names:
            raise UserError(
                f"{store.root} has no {name}: apply {maker} with ctacol run stage3"
            )
    wanted = {column for cut in config.quality for column in cut.columns}
    if config.event_types != "none":
        wanted.add(config.event_types)
    if TELESCOPE_TYPES in config.axes.further:
        wanted.add(config.telescopes_column)
    for name in sorted(wanted):
        if name not in names:
            hint = did_you_mean(name, names)
            raise UserError(f"{store.root}: events have no {name!r}; {hint}")
    _check_further(store, config)


def _check_further(store: Store, config: IrfConfig) -> None:
    events = store.schema("events")
    numbers = [
        field.name
        for field in events
        if pt.is_integer(field.type) or pt.is_floating(field.type)
    ]
    for name in further_of_events(config):
        if name == TELESCOPE_TYPES or name in numbers:
            continue
        where = f"axes.further: {store.root}: events have "
        if name in events.names:
            raise UserError(
                f"{where}no numbers in {name!r}, but {events.field(name).type}"
            )
        known = {*OF_RUNS, TELESCOPE_TYPES, *numbers} - OWN_AXES
        raise UserError(f"{where}no column {name!r}; {did_you_mean(name, known)}")


def check_untrained(store: Store, config: IrfConfig) -> None:
    """Refuse events that models were trained on, unless they are wanted.

    Raises
    ------
    UserError
        If there are any.
    """
    flag = "was_trained_on"
    if config.trained_on == "keep" or flag not in store.schema("events").names:
        return
    told = store.scan("events").select(pl.col(flag).sum())
    count = told.collect(engine="streaming").item()
    if count:
        raise UserError(
            f"{count} of {store.rows('events')} events in {store.root} are of showers "
            "that its models were trained on: responses would be too good. Make it "
            "anew by ctacol run stage3 with trained_on=drop, or set trained_on=keep"
        )
