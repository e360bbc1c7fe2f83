"""Run a stage: what the command line and notebooks call."""

import importlib
import os
from collections.abc import Callable, Iterable, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cta_columnar import registry
from cta_columnar.config import STAGES, Section
from cta_columnar.config.layers import Layer
from cta_columnar.config.merge import inner_section
from cta_columnar.errors import UserError, did_you_mean
from cta_columnar.executors import DaskPlace
from cta_columnar.pipelines.images.origin import origin_layer
from cta_columnar.pipelines.reports.run import report_beside
from cta_columnar.pipelines.running import inputs
from cta_columnar.pipelines.running.common import Progress, RunOptions, RunSummary
from cta_columnar.pipelines.running.of_this_machine import refuse_urls
from cta_columnar.pipelines.running.settings import configure, observation_layer
from cta_columnar.pipelines.running.workers import place_of
from cta_columnar.remote import location

if TYPE_CHECKING:
    from cta_columnar.pipelines.running.shards import Work

AnyPath = str | PathLike[str]

# Imported when it runs: stage 2 needs no reader of raw data.
_PIPELINES: dict[str, tuple[str, Callable[[Iterable[Path]], Any]]] = {
    "simulate": ("cta_columnar.pipelines.simulate.run", inputs.nothing),
    "reduce": ("cta_columnar.pipelines.reduce.run", inputs.raw_files),
    "stage1": ("cta_columnar.pipelines.stage1.run", inputs.raw_files_or_dataset),
    "calibration": ("cta_columnar.pipelines.calibration.run", inputs.one_dataset),
    "stage2": ("cta_columnar.pipelines.stage2.run", inputs.one_dataset),
    "train": ("cta_columnar.pipelines.train.run", inputs.datasets),
    "stage3": ("cta_columnar.pipelines.stage3.run", inputs.one_dataset),
    "irf": ("cta_columnar.pipelines.irf.run", inputs.datasets_or_responses),
    "dl3": ("cta_columnar.pipelines.dl3.run", inputs.datasets),
}

# Not made of shards whose results are small.
_ON_ONE_MACHINE = ("train", "irf", "dl3")


def run(
    stage: str,
    *,
    input: AnyPath | Iterable[AnyPath] = (),  # noqa: A002 - as on the command line
    output: AnyPath | None = None,
    config: AnyPath | Iterable[AnyPath] = (),
    set: str | Iterable[str] = (),  # noqa: A002 - likewise
    workers: int | None = None,
    executor: str | None = None,
    scheduler: str | None = None,
    cluster: AnyPath | None = None,
    resume: bool = False,
    overwrite: bool = False,
    dry_run: bool = False,
    skip_bad_inputs: bool = False,
    plugin: AnyPath | Iterable[AnyPath] = (),
    on_progress: Callable[[Progress], None] | None = None,
    handle: "Callable[[Work], RunSummary] | None" = None,
    **settings: Any,  # noqa: ANN401
) -> RunSummary:
    """Run a stage; the keywords are those of ``ctacol run``.

    Parameters
    ----------
    stage : str
        ``"simulate"``: showers to raw files. ``"reduce"``: raw files to packed
        waveforms. ``"stage1"``: either to images and parameters, or stored images to
        other parameters. ``"calibration"``: calibration events to coefficients.
        ``"stage2"``: parameters to directions. ``"train"``: these to models.
        ``"stage3"``: energy, particle, direction and quality of events, by the models
        in the folder ``models=``. ``"irf"``: these to cuts, responses and sensitivity;
        with ``add_to=`` to those of a folder besides; with ``interpolate_to=`` a folder
        of responses to those of one place. ``"dl3"``: event lists, with the responses
        in the folder ``irf=``; simulated events are observed as ``observe=`` says, a
        file or its keys.
    input : path or iterable of path
        Raw files, folders or patterns for `reduce` and stage 1; one dataset of
        `reduce` or of stage 1 for stage 1, one of stage 2 or 3 for stage 3, several of
        these for training, several of stage 3 for responses and event lists, one of
        stage 1 for the others.
    output : path
        Folder of the dataset or models to write; for simulations the name of the file,
        by default that of the configuration.
    config : path or iterable of path
        YAML files; a later one changes an earlier one.
    set : str or iterable of str
        Single keys, ``"extractor.window_width=5"``.
    workers : int, optional
        Processes; None takes the processors this process may use.
    executor : str, optional
        ``"processes"``, which is the default, or ``"dask"``.
    scheduler : str, optional
        Address of a Dask scheduler whose workers do the work.
    cluster : path, optional
        YAML file of a batch system (`ClusterConfig`) that Dask has its workers from.
    resume, overwrite, dry_run, skip_bad_inputs : bool
        See `RunOptions`.
    plugin : path or iterable of path
        Python files that register algorithms.
    on_progress : callable, optional
        Called with a `Progress` now and then.
    handle : callable, optional
        Gets the shards instead of their being run: for `plan`.
    **settings : object
        Keys of the configuration: ``gain_selector="ManualGainSelector"``,
        ``cleaner={"picture_threshold_pe": 8}``, ``source={"max_events": 100}``. Those
        of ``source`` may be given by themselves, as in ``max_events=100``.

    Returns
    -------
    RunSummary
        Counts, survivors per cut, time per step.

    Raises
    ------
    UserError
        With everything that is wrong with the call, the configuration or an input.

    Notes
    -----
    A script with several workers calls this below ``if __name__ == "__main__":``, as
    all that starts processes: each imports the script.

    Examples
    --------
    >>> run("simulate", output="run.simtel.zst", particle="proton", n_showers=5000)
    >>> run("stage1", input="run.simtel.zst", output="dl1", max_events=100)
    """
    configs, programs = _several(config), _several(plugin)
    refuse_urls(stage, output, settings, (*configs, *programs, cluster))
    plugins = tuple(map(Path, programs))
    paths = [location(each) for each in _several(input)]
    values = _values(stage, settings, output)
    observed = _observed(values)
    for each in plugins:
        # They may have made the images.
        registry.load_plugin(each)
    below = _below(stage, paths, values)
    layers = configs, _several(set), values
    resolved = configure(stage, *layers, plugins, below, observed)
    if below is None and getattr(resolved, "add_to", None):
        raise UserError("add_to: name the responses with --add-to, not in a setting")
    place = _place(stage, executor, scheduler, cluster, workers)
    if resume and overwrite:
        raise UserError("resume keeps what is there, overwrite deletes it: choose one")
    options = RunOptions(
        workers=workers,
        resume=resume,
        overwrite=overwrite,
        dry_run=dry_run,
        skip_bad_inputs=skip_bad_inputs,
        plugins=plugins,
        dask=place,
        on_progress=on_progress,
        handle=handle,
    )
    output = output if output is not None else getattr(resolved, "output", None)
    if output is None:
        raise UserError("output: name the folder for the dataset")
    return execute(stage, paths, location(output), resolved, options)


def _values(
    stage: str, settings: dict[str, Any], output: AnyPath | None
) -> dict[str, Any]:
    """Return what was given as keywords as a file of the configuration says it."""
    values = _nested(stage, settings)
    if stage == "simulate" and output is not None:
        values["output"] = os.fspath(output)
    for key in ("models", "add_to", "irf"):
        if isinstance(values.get(key), PathLike):
            values[key] = os.fspath(values[key])
    return values


def _observed(values: dict[str, Any]) -> Layer | None:
    """Take the file of observations out of what was given, and read it."""
    if isinstance(values.get("observe"), str | PathLike):
        return observation_layer(Path(values.pop("observe")))
    return None


def _below(stage: str, paths: Sequence[Path], values: dict[str, Any]) -> Layer | None:
    """Return the configuration of what is gone on with: images, or responses."""
    if stage == "irf" and values.get("add_to"):
        from cta_columnar.pipelines.irf.add import earlier_layer  # noqa: PLC0415

        return earlier_layer(Path(values["add_to"]))
    return origin_layer(paths) if stage == "stage1" else None


def _place(
    stage: str,
    executor: str | None,
    scheduler: str | None,
    cluster: AnyPath | None,
    workers: int | None,
) -> DaskPlace | None:
    """Say where Dask's workers are, if it is to be used."""
    if workers is not None and workers < 1:
        raise UserError(f"workers: must be >= 1, got {workers}")
    file = None if cluster is None else Path(cluster)
    place = place_of(executor, scheduler, file, workers)
    if place is not None and stage in _ON_ONE_MACHINE:
        raise UserError(f"executor: {stage} is done on one machine, without Dask")
    return place


def execute(
    stage: str,
    paths: Iterable[Path],
    output: Path,
    config: Section,
    options: RunOptions,
) -> RunSummary:
    """Run a stage with a configuration that is complete."""
    _, find_inputs = _PIPELINES[stage]
    found = find_inputs(paths)
    pipeline = load(stage)
    if options.dry_run or options.handle is not None:
        return pipeline(found, output, config, options)
    try:
        return pipeline(found, output, config, options)
    finally:
        report_beside(output)


def load(stage: str) -> Callable[..., RunSummary]:
    """Import what runs a stage, and return it."""
    module, _ = _PIPELINES[stage]
    pipeline: Callable[..., RunSummary] = getattr(
        importlib.import_module(module), f"run_{stage}"
    )
    return pipeline


def _several(value: Any) -> list[Any]:  # noqa: ANN401
    """One thing or several: a path or text is one."""
    return [value] if isinstance(value, str | PathLike) else list(value)


def _nested(stage: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Put keys of the source where they belong."""
    if stage not in _PIPELINES:
        raise UserError(f"no stage {stage!r}; {did_you_mean(stage, _PIPELINES)}")
    source = inner_section(STAGES[stage].model_fields.get("source"))
    shortcuts = set(source.model_fields) if source else set()
    nested = {key: settings[key] for key in settings.keys() - shortcuts}
    if given := {key: settings[key] for key in settings.keys() & shortcuts}:
        nested["source"] = {**nested.get("source", {}), **given}
    return nested
