"""Which columns features may be made of: those of the tables, and earlier predictions.

Sections are trained in the order of `SECTIONS`; what one predicts is a column for those
behind it, under the names that stage 3 gives.
"""

from collections.abc import Sequence

import pyarrow as pa

from cta_columnar.config import TrainConfig
from cta_columnar.config.train import SECTIONS
from cta_columnar.config.train_sections import EventErrorConfig
from cta_columnar.errors import UserError, did_you_mean
from cta_columnar.models import Feature
from cta_columnar.schemas import predictions
from cta_columnar.stages.features import (
    TRUTH,
    WHICH_EVENT,
    columns_read,
    read_features,
)

_STANDARD = {"energy": ("reco_energy", "reco_energy_uncert"), "particle": ("gh_score",)}


def prefix_of(config: TrainConfig, section: str) -> str:
    """Return what the columns of energy, particle or disp begin with."""
    own = getattr(config, section)
    return str(own.prefix or own.estimator.name)


def added_columns(
    config: TrainConfig, section: str, classes: Sequence[str]
) -> tuple[pa.Schema, pa.Schema]:
    """Columns of telescopes and of events that there are before a section is trained.

    Parameters
    ----------
    config : TrainConfig
        The training.
    section : str
        One of `SECTIONS`.
    classes : sequence of str
        Classes of particles that there are.
    """
    of_telescopes: list[pa.Field] = []
    of_events: list[pa.Field] = []
    for each in SECTIONS[: SECTIONS.index(section)]:
        if getattr(config, each) is None:
            continue
        if each in predictions.ERRORS:
            of_events += predictions.ERRORS[each]
            continue
        prefix = prefix_of(config, each.removesuffix("_uncert"))
        of_telescopes += predictions.of_telescopes(each, prefix, classes)
        if each in predictions.OF_EVENTS:
            of_events += predictions.of_events(each, prefix, classes)
        if each == "energy":
            of_telescopes += predictions.STANDARD_TEL
        of_events += [
            predictions.STANDARD.field(name) for name in _STANDARD.get(each, ())
        ]
    return pa.schema(of_telescopes), pa.schema(of_events)


def section_features(
    config: TrainConfig,
    section: str,
    stored: pa.Schema,
    classes: Sequence[str],
) -> tuple[tuple[Feature, ...], pa.Schema]:
    """Read the features of a section, and check them.

    Parameters
    ----------
    config : TrainConfig
        The training.
    section : str
        One of `SECTIONS`, not null.
    stored : pyarrow.Schema
        Columns of the images, their telescopes and events; of the events alone for a
        section about these.
    classes : sequence of str
        Classes of particles that there are.

    Returns
    -------
    features : tuple of Feature
        In the order of the configuration.
    schema : pyarrow.Schema
        All columns that they may be made of.

    Raises
    ------
    UserError
        If one is unknown, cannot be computed, reads the truth, or has the name of a
        column.
    """
    own = getattr(config, section)
    of_telescopes, of_events = added_columns(config, section, classes)
    added = [*([] if isinstance(own, EventErrorConfig) else of_telescopes), *of_events]
    names = {field.name for field in added}
    schema = pa.schema([*(f for f in stored if f.name not in names), *added])
    try:
        expressions = {name: _expression(config, name, schema) for name in own.features}
        features = read_features(expressions, schema)
        for each in features:
            for name in columns_read([each]):
                _check_column(each.name, name)
    except UserError as error:
        raise UserError(f"{section}.features: {error}") from error
    return features, schema


def check_geometry(config: TrainConfig, there: Sequence[str]) -> None:
    """Refuse a reconstructor that the input lacks, if cuts or features read it.

    Parameters
    ----------
    config : TrainConfig
        The training.
    there : sequence of str
        Columns of images, with those of their events.

    Raises
    ------
    UserError
        Which names the reconstructors that there are.
    """
    prefix = f"{config.geometry}_"
    names = {n for own in config.sections.values() for n in own.features}
    read = [config.features.get(name, name) for name in names]
    read += [cut.expression for cut in config.quality]
    if any(n.startswith(prefix) for n in there) or not any(prefix in n for n in read):
        return
    # Every reconstructor has a core, and says whether it is valid.
    known = [n.removesuffix("_core_x") for n in there if n.endswith("_core_x")]
    known = [name for name in known if f"{name}_is_valid" in there]
    raise UserError(
        f"geometry: no column of {config.geometry} is in the input, which cuts or "
        f"features read; name the reconstructor of stage 2: "
        f"{did_you_mean(config.geometry, known)}"
    )


def refuse_truth(reader: str, name: str) -> None:
    """Refuse a column that tells the answer.

    Parameters
    ----------
    reader : str
        Who reads it, for the message.
    name : str
        The column.

    Raises
    ------
    UserError
        If it is of the truth.
    """
    if name.startswith(TRUTH):
        raise UserError(
            f"{reader} reads {name!r}, which is the truth and not there when the model "
            "is applied"
        )


def _check_column(feature: str, name: str) -> None:
    """Refuse what tells the answer, or which event it is."""
    refuse_truth(f"feature {feature!r}", name)
    if name in WHICH_EVENT:
        raise UserError(
            f"feature {feature!r} reads {name!r}: that tells which event it is, and "
            "nothing of others"
        )


def _expression(config: TrainConfig, name: str, schema: pa.Schema) -> str:
    if name not in config.features:
        return name
    if name in schema.names:
        raise UserError(
            f"feature {name!r} has the name of a column; call it something else"
        )
    return config.features[name]
