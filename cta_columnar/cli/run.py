"""``ctacol run``: a verb per stage."""

from typing import Any

import typer

from cta_columnar.cli import examples
from cta_columnar.cli.commands import Command, RunCommand
from cta_columnar.cli.options import configuration, execution, in_out
from cta_columnar.cli.planned import EPILOG_P, planned
from cta_columnar.cli.running import run_and_tell

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Run a stage; each reads what the one before wrote.",
)

USAGE_1 = "--input PATH... --output FOLDER [OPTIONS]"
USAGE_3 = "--input DATASET --models FOLDER --output FOLDER [OPTIONS]"
USAGE_T = "--input DATASET... --output MODELS [OPTIONS]"
USAGE_I = "--input DATASET... --output IRF [OPTIONS]"
USAGE_L = "--input DATASET... --irf FOLDER --output FOLDER [OPTIONS]"
USAGE_2 = "--input DATASET --output FOLDER [OPTIONS]"

_OF_STAGE = ("models", "add_to", "interpolate_to", "irf", "observe")
_OF_SOURCE = ("max_events", "allowed_tels", "obs_id", "obs_id_offset")


def _run(stage: str, **given: Any) -> None:  # noqa: ANN401
    """Run a verb with its options."""
    run_and_tell(stage, **keywords_of(given))


def keywords_of(given: dict[str, Any]) -> dict[str, Any]:
    """Return options of a verb under the names that `cta_columnar.run` has for them."""
    given = dict(given)
    keys = {name: given.pop(name, None) for name in _OF_SOURCE}
    choice = given.pop("focal_length_choice", None)
    keys["focal_length_choice"] = choice and choice.value
    keys |= {name: given.pop(name, None) for name in _OF_STAGE}
    return {
        "input": given.pop("inputs"),
        "config": given.pop("config") or (),
        "set": given.pop("settings") or (),
        "plugin": given.pop("plugin") or (),
        **given,
        **{key: value for key, value in keys.items() if value is not None},
    }


@app.command(cls=RunCommand, epilog=examples.REDUCE, options_metavar=USAGE_1)
def reduce(
    inputs: in_out.Inputs,
    output: in_out.Output,
    overwrite: in_out.Overwrite = False,
    skip_bad_inputs: in_out.SkipBadInputs = False,
    config: configuration.Config = None,
    settings: configuration.Settings = None,
    plugin: configuration.Plugin = None,
    max_events: configuration.MaxEvents = None,
    allowed_tels: configuration.AllowedTels = None,
    focal_length_choice: configuration.FocalLengthChoice = None,
    obs_id: configuration.ObsId = None,
    obs_id_offset: configuration.ObsIdOffset = None,
    workers: execution.Workers = None,
    executor: execution.Executor = None,
    scheduler: execution.Scheduler = None,
    cluster: execution.Cluster = None,
    resume: execution.Resume = False,
    dry_run: execution.DryRun = False,
    log_level: execution.Logging = execution.LogLevel.info,
) -> None:
    """Raw camera data to packed waveforms (DL0)."""
    _run("reduce", **locals())


@app.command(cls=RunCommand, epilog=examples.STAGE1, options_metavar=USAGE_1)
def stage1(
    inputs: in_out.Inputs,
    output: in_out.Output,
    overwrite: in_out.Overwrite = False,
    skip_bad_inputs: in_out.SkipBadInputs = False,
    config: configuration.Config = None,
    settings: configuration.Settings = None,
    plugin: configuration.Plugin = None,
    max_events: configuration.MaxEvents = None,
    allowed_tels: configuration.AllowedTels = None,
    focal_length_choice: configuration.FocalLengthChoice = None,
    obs_id: configuration.ObsId = None,
    obs_id_offset: configuration.ObsIdOffset = None,
    workers: execution.Workers = None,
    executor: execution.Executor = None,
    scheduler: execution.Scheduler = None,
    cluster: execution.Cluster = None,
    resume: execution.Resume = False,
    dry_run: execution.DryRun = False,
    log_level: execution.Logging = execution.LogLevel.info,
) -> None:
    """Raw camera data to calibrated images and image parameters."""
    _run("stage1", **locals())


@app.command(cls=RunCommand, epilog=examples.CALIBRATION, options_metavar=USAGE_2)
def calibration(
    inputs: in_out.Dataset,
    output: in_out.Output,
    overwrite: in_out.Overwrite = False,
    config: configuration.Config = None,
    settings: configuration.Settings = None,
    plugin: configuration.Plugin = None,
    workers: execution.Workers = None,
    executor: execution.Executor = None,
    scheduler: execution.Scheduler = None,
    cluster: execution.Cluster = None,
    resume: execution.Resume = False,
    dry_run: execution.DryRun = False,
    log_level: execution.Logging = execution.LogLevel.info,
) -> None:
    """Pedestal and flat-field events to coefficients of cameras."""
    _run("calibration", **locals())


@app.command(cls=RunCommand, epilog=examples.STAGE2, options_metavar=USAGE_2)
def stage2(
    inputs: in_out.Dataset,
    output: in_out.Output,
    overwrite: in_out.Overwrite = False,
    config: configuration.Config = None,
    settings: configuration.Settings = None,
    plugin: configuration.Plugin = None,
    workers: execution.Workers = None,
    executor: execution.Executor = None,
    scheduler: execution.Scheduler = None,
    cluster: execution.Cluster = None,
    resume: execution.Resume = False,
    dry_run: execution.DryRun = False,
    log_level: execution.Logging = execution.LogLevel.info,
) -> None:
    """Image parameters to direction, core and height of showers."""
    _run("stage2", **locals())


@app.command(cls=RunCommand, epilog=examples.TRAIN, options_metavar=USAGE_T)
def train(
    inputs: in_out.Datasets,
    output: in_out.NewModels,
    overwrite: in_out.OverwriteModels = False,
    config: configuration.Config = None,
    settings: configuration.Settings = None,
    workers: execution.Workers = None,
    resume: execution.NoResume = False,
    dry_run: execution.DryRun = False,
    log_level: execution.Logging = execution.LogLevel.info,
) -> None:
    """Train models of energy, particle and direction."""
    _run("train", plugin=None, **locals())


@app.command(cls=RunCommand, epilog=examples.STAGE3, options_metavar=USAGE_3)
def stage3(
    inputs: in_out.Reconstructed,
    output: in_out.Output,
    models: in_out.Models = None,
    overwrite: in_out.Overwrite = False,
    config: configuration.Config = None,
    settings: configuration.Settings = None,
    plugin: configuration.Plugin = None,
    workers: execution.Workers = None,
    executor: execution.Executor = None,
    scheduler: execution.Scheduler = None,
    cluster: execution.Cluster = None,
    resume: execution.Resume = False,
    dry_run: execution.DryRun = False,
    log_level: execution.Logging = execution.LogLevel.info,
) -> None:
    """Trained models to energy, particle and direction."""
    _run("stage3", **locals())


@app.command(cls=RunCommand, epilog=examples.IRF, options_metavar=USAGE_I)
def irf(
    inputs: in_out.Predicted,
    output: in_out.NewResponses,
    add_to: in_out.AddTo = None,
    interpolate_to: in_out.InterpolateTo = None,
    overwrite: in_out.OverwriteResponses = False,
    config: configuration.Config = None,
    settings: configuration.Settings = None,
    workers: execution.Workers = None,
    dry_run: execution.DryRun = False,
    log_level: execution.Logging = execution.LogLevel.info,
) -> None:
    """Predicted events to responses and sensitivity (IRF)."""
    _run("irf", plugin=None, **locals())


@app.command(cls=RunCommand, epilog=examples.DL3, options_metavar=USAGE_L)
def dl3(
    inputs: in_out.WithScores,
    output: in_out.EventLists,
    irf: in_out.Irf = None,
    observe: in_out.Observe = None,
    overwrite: in_out.OverwriteLists = False,
    config: configuration.Config = None,
    settings: configuration.Settings = None,
    workers: execution.Workers = None,
    dry_run: execution.DryRun = False,
    log_level: execution.Logging = execution.LogLevel.info,
) -> None:
    """Events to event lists with their responses, as GADF."""
    _run("dl3", plugin=None, **locals())


app.command(cls=Command, epilog=EPILOG_P)(planned)
