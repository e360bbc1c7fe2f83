"""What somebody should know of a training before it begins."""

from collections.abc import Sequence

from cta_columnar.config import TrainConfig
from cta_columnar.pipelines.train.inputs import TrainingInput
from cta_columnar.pipelines.train.rows import DatasetRows
from cta_columnar.schemas.predictions import ERRORS
from cta_columnar.stages.training.plan import Plan

ENOUGH_FOLDS = 4
"""With fewer, a model of a fold is trained on two thirds of the showers, or half."""


def warnings_before(
    inputs: Sequence[TrainingInput], rows: DatasetRows, plan: Plan, config: TrainConfig
) -> list[str]:
    """Return warnings that follow from inputs and configuration alone.

    Parameters
    ----------
    inputs : sequence of TrainingInput
        The datasets.
    rows : DatasetRows
        Their images, counted.
    plan : Plan
        What is to be trained.
    config : TrainConfig
        The training.
    """
    return [
        *_different_inputs(inputs),
        *_few_folds(plan, config),
        *_drawn(rows, config),
    ]


def _different_inputs(inputs: Sequence[TrainingInput]) -> list[str]:
    """Tell of inputs that may not belong together."""
    made = {e.store.identity.config_digest for e in inputs if e.store.identity}
    if len(made) < 2:
        return []
    return [
        "the inputs were made with different configurations; where these differ in "
        "what becomes of an image, models learn that, too"
    ]


def _few_folds(plan: Plan, config: TrainConfig) -> list[str]:
    """Tell that classes of events will not be equal shares of new events."""
    tasks = [each for each in ERRORS if plan.of(each)]
    if config.folds >= ENOUGH_FOLDS or not tasks:
        return []
    return [
        f"folds {config.folds}: where classes of events end is found with models of "
        "the other folds, which have seen much less than the final ones; so of new "
        f"events the classes of {' and '.join(tasks)} will not be equal shares. Set "
        f"folds to {ENOUGH_FOLDS} or more"
    ]


def _drawn(rows: DatasetRows, config: TrainConfig) -> list[str]:
    """Tell how many images are not trained on since there are too many."""
    drawn = rows.tally.drawn().items()
    if not drawn:
        return []
    listed = ", ".join(f"{n:,} of {of:,} images of {name}" for name, (n, of) in drawn)
    return [
        f"max_rows {config.max_rows:,}: {listed} are drawn. All showers of the share "
        "count as trained on all the same, these or not; with a smaller fraction more "
        "are left"
    ]
