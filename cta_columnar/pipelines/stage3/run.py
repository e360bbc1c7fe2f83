"""Stage 3: trained models applied; a shard of DL2 makes one or more of the result."""

import logging
from dataclasses import replace
from pathlib import Path

from cta_columnar.config import Stage3Config, digest
from cta_columnar.digests import value_digest
from cta_columnar.errors import UserError
from cta_columnar.pipelines.running.blocks import CutShards
from cta_columnar.pipelines.running.common import RunOptions, RunSummary
from cta_columnar.pipelines.running.dataset_shards import (
    check_input,
    identity_of,
    input_of,
    run_on_shards,
)
from cta_columnar.pipelines.stage3.applied_models import (
    check_models,
    files_used,
    models_used,
    wishes_of,
    without_model,
)
from cta_columnar.pipelines.stage3.column_origins import origins_of
from cta_columnar.pipelines.stage3.shard import Stage3Job, process_shard
from cta_columnar.pipelines.stage3.trained_events import find_trained
from cta_columnar.schemas.predictions import UNPREFIXED
from cta_columnar.stages.model_rows import telescope_schema
from cta_columnar.stages.prediction import Plan, plan_of
from cta_columnar.stages.prediction_weights import changed_weights
from cta_columnar.store import Store, open_models, open_store

_log = logging.getLogger(__name__)


def run_stage3(
    dataset: Path, output: Path, config: Stage3Config, options: RunOptions
) -> RunSummary:
    """Apply models to the events of a DL2 dataset.

    Parameters
    ----------
    dataset : pathlib.Path
        The DL2 dataset: of stage 2, or of stage 3 with other prefixes.
    output : pathlib.Path
        Folder of the result, which has all that the input has.
    config : Stage3Config
        Complete, as `cta_columnar.config.load` returns it.
    options : RunOptions
        How to run.

    Raises
    ------
    UserError
        If the input is not a finished DL2 dataset, models are damaged, do not fit each
        other or it, were trained on its events, or the output is in use.
    """
    if config.models is None:
        raise UserError("models: name the folder of the models, with --models")
    store = open_store(dataset)
    check_input(store, output, ["stage2", "stage3"], "stage3")
    models = open_models(config.models)
    made = origins_of(store)
    plan = plan_of(models, wishes_of(config), made)
    _check_columns(store, plan)
    check_models(models, plan)
    used = models_used(models, plan)
    trained = find_trained(store, models.root, config.trained_on)
    told = [*changed_weights(plan), *trained.warnings]
    for each in told:
        _log.warning("%s", each)
    # Models are what they contain, wherever they lie.
    known = [
        digest(config.model_copy(update={"models": None})),
        [(each.title, each.digest) for each in used],
        models.identity,
    ]
    identity = identity_of("stage3", store, value_digest(known), options)
    cut = CutShards.of(store, config.block_size)
    pieces = [
        ((record,), shard)
        for record in store.records
        for shard in cut.made_of(record, identity, input_of(store, record))
    ]
    job = Stage3Job(dataset, output, config, used, tuple(made.items()), trained)
    summary = run_on_shards(
        store,
        identity,
        pieces,
        process_shard,
        job,
        options,
        beside=files_used(models.root, used),
    )
    if not options.dry_run:
        return summary
    lacking = without_model(plan, store.tel_types("parameters"))
    return replace(summary, warnings=[*summary.warnings, *told, *lacking])


def _check_columns(store: Store, plan: Plan) -> None:
    """Ask for every column and unit before anything is written."""
    of_events = store.schema("events")
    images = {}
    for tel_type in store.tel_types("telescopes"):
        of_type = store.schema("telescopes", tel_type)
        _check_new(plan, of_type.names, tel_type, of_events=False)
        rows = telescope_schema(
            of_events, store.schema("parameters", tel_type), of_type
        )
        images[tel_type] = {f.name: f.metadata[b"unit"].decode() for f in rows}
    _check_new(plan, of_events.names, "events", of_events=True)
    plan.check(images, store.units("events"))


def _check_new(plan: Plan, there: list[str], where: str, *, of_events: bool) -> None:
    """Refuse to write a column for the second time."""
    new = set(plan.columns(of_events=of_events).names) - UNPREFIXED
    if double := sorted(new & set(there)):
        raise UserError(
            f"{where} have {', '.join(double)} already: choose another prefix, or the "
            "dataset that stage2 made as input"
        )
