"""Training: datasets with their truth to a folder of models."""

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from cta_columnar.clock import StepClock
from cta_columnar.config import TrainConfig
from cta_columnar.digests import sha256_of
from cta_columnar.errors import UserError
from cta_columnar.executors import default_workers
from cta_columnar.models import ARRAY, Model
from cta_columnar.pipelines.running.common import (
    CutFlowRow,
    PlannedShard,
    Progress,
    RunOptions,
    RunSummary,
)
from cta_columnar.pipelines.train.inputs import TrainingInput, open_inputs
from cta_columnar.pipelines.train.rows import DatasetRows
from cta_columnar.pipelines.train.seen import refuse_seen
from cta_columnar.pipelines.train.warnings import warnings_before
from cta_columnar.provenance import Activity
from cta_columnar.schemas import training
from cta_columnar.stages.training.memory import largest_training
from cta_columnar.stages.training.plan import Plan, count_fits
from cta_columnar.stages.training.session import Results
from cta_columnar.stages.training.train import check_training, train_models
from cta_columnar.store import (
    TrainingShare,
    check_models_output,
    load_training_share,
    new_models,
    recorded,
    save_classes,
    save_model,
    save_table,
    save_training_share,
)
from cta_columnar.store.models.listing import TRAINING

_log = logging.getLogger(__name__)


def run_train(
    datasets: Sequence[Path], output: Path, config: TrainConfig, options: RunOptions
) -> RunSummary:
    """Train models on reconstructed events.

    Parameters
    ----------
    datasets : sequence of pathlib.Path
        Datasets of stage 2 or stage 3, simulated.
    output : pathlib.Path
        Folder of the models.
    config : TrainConfig
        Complete, as `cta_columnar.config.load` returns it.
    options : RunOptions
        How to run.

    Raises
    ------
    UserError
        If something cannot be trained, or the output is in use: before any work.
    """
    if options.resume:
        raise UserError(
            "a training is done as a whole: there is nothing to resume. Start it again "
            "without --resume; what an interrupted one left is removed"
        )
    started = time.perf_counter()
    clock = StepClock()
    check_models_output(output, overwrite=options.overwrite)
    inputs = open_inputs(datasets, output, config)
    rows = DatasetRows(inputs, config)
    plan = check_training(config, rows)
    refuse_seen(rows, plan, config)
    clock.add("count")
    told = warnings_before(inputs, rows, plan, config)
    _state(rows, plan, config, told)
    if options.dry_run:
        planned = _planned(plan)
        told += plan.skipped
        return RunSummary("train", output, shards=planned, warnings=told, what="models")
    activity = Activity("train", config.model_dump(mode="json"))
    with (
        new_models(output, overwrite=options.overwrite) as draft,
        recorded(draft, activity),
    ):
        n_models, results = _train(draft, inputs, rows, plan, config, options, clock)
        flow = pa.concat_tables([rows.tally.cut_flow, *results.cut_flow])
        _write(draft, config, inputs, results, flow)
        _note(activity, inputs, draft)
        told += results.warnings
        activity.warned(told)
        clock.add("write")
    images = sum(sum(each.values()) for each in rows.tally.counts.values())
    return RunSummary(
        "train",
        output,
        {"telescope_images": images, "models": n_models},
        _told(rows.tally.cut_flow, results.cut_flow),
        clock.seconds,
        seconds=time.perf_counter() - started,
        warnings=told,
    )


def _train(
    draft: Path,
    inputs: Sequence[TrainingInput],
    rows: DatasetRows,
    plan: Plan,
    config: TrainConfig,
    options: RunOptions,
    clock: StepClock,
) -> tuple[int, Results]:
    """Train what is planned; each model is written at once, and counted."""
    n_models = 0

    def keep(model: Model) -> None:
        nonlocal n_models
        clock.add("train")
        save_model(draft, model)
        n_models += 1
        clock.add("write")

    results = train_models(
        rows,
        config,
        keep,
        plan=plan,
        inputs={each.name: each.digest for each in inputs},
        on_fit=_tracker(plan, config, options),
        workers=options.workers or default_workers(),
    )
    clock.add("train")
    return n_models, results


def _told(chosen: pa.Table, lessons: Sequence[pa.Table]) -> list[CutFlowRow]:
    """Return the cut flow worth a line: lessons only if features are missing."""
    flows = [chosen.to_pylist(), *(each.to_pylist() for each in lessons)]
    told = flows[:1]
    for flow in flows[1:]:
        if flow[-1]["n_survivors"] < flow[-2]["n_survivors"]:
            told.append(flow)
    return [CutFlowRow(**row) for flow in told for row in flow]


def _planned(plan: Plan) -> list[PlannedShard]:
    return [
        PlannedShard(
            f"{each.task}/{each.tel_type}",
            (f"{each.n_rows:,} {'events' if each.tel_type == ARRAY else 'images'}",),
        )
        for each in plan.lessons
    ]


def _state(
    rows: DatasetRows, plan: Plan, config: TrainConfig, told: Sequence[str]
) -> None:
    """Say how much is read, before anything is."""
    counts = rows.tally.counts
    for tel_type, own in counts.items():
        found = ", ".join(f"{n:,} {name}" for name, n in own.items() if n)
        _log.info("%s: %s images", tel_type, found or "no")
    for each in (*told, *plan.skipped):
        _log.warning("%s", each)
    size = -(-largest_training(plan, counts, config) // 1_000_000)
    n_fits = count_fits(plan, config.folds)
    _log.info(
        "%d models, %d fits, at most %d MB of memory", len(plan.lessons), n_fits, size
    )


def _tracker(
    plan: Plan, config: TrainConfig, options: RunOptions
) -> Callable[[str], None]:
    total, done = count_fits(plan, config.folds), 0

    def on_fit(name: str) -> None:
        nonlocal done
        done += 1
        if options.on_progress is not None:
            options.on_progress(Progress(done, total, label=name, what="fits"))

    return on_fit


def _write(
    draft: Path,
    config: TrainConfig,
    inputs: Sequence[TrainingInput],
    results: Results,
    cut_flow: pa.Table,
) -> None:
    """Write what lies beside the models."""
    for task, classes in results.classes.items():
        save_classes(draft, task, classes)
    empty = {name: schema.empty_table() for name, schema in training.TABLES.items()}
    importance = [empty["importance"], *results.importance]
    performance = [empty["cross_validation"], *results.performance]
    save_table(draft, "importance", pa.concat_tables(importance))
    save_table(draft, "cross_validation", pa.concat_tables(performance))
    save_table(draft, "cut_flow", cut_flow)
    runs = sorted(run for each in inputs for run in each.runs.items())
    share = TrainingShare(config.seed, config.fraction, tuple(runs))
    # At last, since it lists all files.
    save_training_share(draft, share)


def _note(activity: Activity, inputs: Sequence[TrainingInput], draft: Path) -> None:
    """Note in the provenance what was read, and every file that came of it."""
    sources = [
        activity.used(str(each.store.root.absolute()), each.digest, each.store.size)
        for each in inputs
    ]
    files = load_training_share(draft).files
    for name, sha256 in {**files, TRAINING: sha256_of(draft / TRAINING)}.items():
        is_table = name.endswith(".parquet")
        n_rows = pq.read_metadata(draft / name).num_rows if is_table else None
        activity.produced(name, sha256, n_rows, sources)
