"""Apply trained models to reconstructed events; for frames of whatever origin.

::

    images = {"LST_LST_LSTCam": telescope_rows(events, parameters, telescopes)}
    found = predict(events, images, open_models("models/"))
    found.events.select("event_id", "reco_energy", "gh_score")

See ``docs/models.md``.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from cta_columnar.clock import StepClock
from cta_columnar.models import ModelSource
from cta_columnar.schemas.keys import EVENT_NAMES, TEL_EVENT_NAMES
from cta_columnar.stages.prediction_plan import AS_MODELS_SAY, Plan, Wish, Wishes
from cta_columnar.stages.prediction_planning import plan_of
from cta_columnar.stages.prediction_rows import Columns, Rows
from cta_columnar.stages.selection import add_cut_flows

__all__ = ["Plan", "Predictions", "Wish", "Wishes", "plan_of", "predict"]


@dataclass(frozen=True, eq=False)
class Predictions:
    """What models say.

    Attributes
    ----------
    events : polars.DataFrame
        Keys and new columns, a row for each row of the events that were given.
    telescopes : dict of str to polars.DataFrame
        The same for images, by telescope type.
    cut_flow : pyarrow.Table
        Rows that meet the conditions of each model, and have its features.
    without_model : dict of str to dict of str to int
        Images of telescope types that have no model, by task and type.
    """

    events: pl.DataFrame
    telescopes: dict[str, pl.DataFrame]
    cut_flow: pa.Table
    without_model: dict[str, dict[str, int]]


def predict(
    events: pl.DataFrame,
    images: Mapping[str, pl.DataFrame],
    models: ModelSource,
    wishes: Wishes | Plan = AS_MODELS_SAY,
    clock: StepClock | None = None,
) -> Predictions:
    """Predict energy, particle, direction and errors of events.

    Parameters
    ----------
    events : polars.DataFrame
        A row per array event, in any order: its keys, and what models of whole events
        read.
    images : mapping of str to polars.DataFrame
        By telescope type, a row per image, in any order, as
        `stages.model_rows.telescope_rows` makes them. Units are those of the training:
        frames have none, so none are checked.
    models : ModelSource
        `cta_columnar.store.open_models`, or `cta_columnar.models.Collection`.
    wishes : Wishes or Plan
        Which tasks, and how.
    clock : StepClock, optional
        Takes the time of each task.

    Returns
    -------
    Predictions
        An image that fails the conditions of a model, lacks one of its features, or is
        of a type without one, has NaN and is not valid; so is an event without any
        valid image, or whose weights are all zero.

    Raises
    ------
    UserError
        If the models do not fit each other or the columns, or keys are missing or
        double.
    """
    plan = wishes if isinstance(wishes, Plan) else plan_of(models, wishes)
    rows = Rows(events, images, plan.columns_read(of_events=False), plan.names)
    clock = clock or StepClock()
    for step in plan.steps:
        step.run(rows, models)
        clock.add(step.name)
    return Predictions(
        _frame(events, EVENT_NAMES, rows.of_events),
        {
            name: _frame(images[name], TEL_EVENT_NAMES, rows.of_images[name])
            for name in images
        },
        add_cut_flows(rows.cut_flow),
        rows.without_model,
    )


def _frame(
    keys: pl.DataFrame, names: tuple[str, ...], columns: Columns
) -> pl.DataFrame:
    series = {
        name: pl.from_arrow(each) if isinstance(each, pa.Array) else pl.Series(each)
        for name, each in columns.items()
    }
    return pl.DataFrame({name: keys[name] for name in names} | series)
