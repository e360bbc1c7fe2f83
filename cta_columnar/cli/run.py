"""``ctacol run``: a verb per stage."""

from typing import Any

import typer

from cta_columnar.cli import options
from cta_columnar.cli.commands import Command, RunCommand
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

EPILOG_0 = """\
\b
Examples:
  ctacol run reduce --input run.simtel.zst --output dl0
  ctacol run reduce --input run.simtel.zst --output dl0 \\
      --set reducer=TailCutsDataVolumeReducer

Waveforms of the selected gain come to lie in dl0/waveforms, packed without loss. With a
reducer, those of pixels without light are left out. Next:
  ctacol run stage1 --input dl0 --output dl1
"""

EPILOG_1 = """\
\b
Examples:
  ctacol run stage1 --input run.simtel.zst --output dl1
  ctacol run stage1 --input prod6/*.simtel.zst --output dl1 --workers 4
  ctacol run stage1 --input dl0 --output dl1          what reduce made
  ctacol run stage1 --input dl1 --output mars --set cleaner=MARSImageCleaner
  ctacol run stage1 --input run.simtel.zst --output dl1 --overwrite \\
      --set extractor.window_width=5 --set cleaner.picture_threshold_pe=8
  ctacol config show stage1 > my.yaml                 all keys, to be edited
  ctacol run stage1 --input run.simtel.zst --output dl1 --config my.yaml

Images come to lie in dl1/images, their parameters in dl1/parameters, by telescope
type. Next: ctacol run stage2 --input dl1 --output dl2
"""

EPILOG_2 = """\
\b
Examples:
  ctacol run stage2 --input dl1 --output dl2
  ctacol run stage2 --input dl1 --output dl2 --overwrite \\
      --set quality.enough_charge="hillas_intensity > 100"

\b
The result as a table, in Python:
  import polars as pl
  pl.scan_parquet("dl2/events/*.parquet").select("^reco_.*$").collect()
"""

EPILOG_T = """\
\b
Examples:
  ctacol run train --input gamma/dl2 proton/dl2 --output models
  ctacol run train --input gamma/dl2 --output models --set particle=null
  ctacol run train --input gamma/dl2 proton/dl2 --output models --overwrite \\
      --set energy.estimator=HistGradientBoostingRegressor
  ctacol config show train > my.yaml                  all keys, to be edited

A model for each task and telescope type comes to lie in models. Half of the showers are
left for IRFs, see the key fraction.

\b
Next:
  ctacol info models                                  how good they are
  ctacol run stage3 --input dl2 --models models --output dl2-full
"""

EPILOG_3 = """\
\b
Examples:
  ctacol run stage3 --input dl2 --models models --output dl2-full
  ctacol run stage3 --input dl2 --models models --output dl2-full \\
      --set energy.weights=inverse-variance --set best_direction=disp
  ctacol run stage3 --input dl2 --models models --output rest \\
      --set trained_on=drop

Models are what ctacol run train wrote. Events that they were trained on are refused,
unless trained_on says what to do with them.

\b
The result as a table, in Python:
  import polars as pl
  pl.scan_parquet("dl2-full/events/*.parquet").select("reco_energy").collect()
"""

EPILOG_I = """\
\b
Examples:
  ctacol run irf --input gamma/dl2-full proton/dl2-full electron/dl2-full \\
      --output irf
  ctacol run irf --input gamma/dl2-full proton/dl2-full --output irf \\
      --set background='[proton]' --set cuts.method=optimise-gh
  ctacol run irf --input */dl2-full --output irf --set enclosure=point-like
  ctacol run irf --input more/dl2-full --add-to irf --output irf2
  ctacol run irf --input irf --interpolate-to zenith=23,azimuth=170 \\
      --output there
  ctacol config show irf > my.yaml                    all keys, to be edited

Cuts, effective area, energy dispersion, PSF, background, sensitivity and resolutions
come to lie in irf: a Parquet table of each, FITS files (GADF) in irf/fits, ECSV in
irf/ecsv. Half of the showers are left to be observed, see the key fraction.

\b
Next:
  ctacol info irf                                     how good they are
  ctacol report irf                                   the same in pictures
  ctacol run dl3 --input */dl2-full --irf irf --observe observation.yaml \\
      --output dl3
"""

EPILOG_L = """\
\b
Examples:
  ctacol config show observation > observation.yaml      what to observe, to be edited
  ctacol run dl3 --input gamma/ proton/ electron/ --irf irf/ \\
      --observe observation.yaml --output dl3
  ctacol run dl3 --input recorded/ --irf irf/ --output dl3
  ctacol run dl3 --input recorded/ --irf irf/ --output dl3 \\
      --set background=off-region --set off_region.offset_bins=6

A file of GADF for each observation, and their index. Simulated events become
observations by --observe; those that made the responses are not among them.

\b
In gammapy:
  from gammapy.data import DataStore
  DataStore.from_dir("dl3").get_observations()
"""

EPILOG_C = """\
\b
Examples:
  ctacol run stage1 --input run.simtel.zst --output dl1 \\
      --set source.skip_calibration_events=false --set invalid_pixel_handler=null
  ctacol run calibration --input dl1 --output calibration --set chunks.size=1000
  ctacol run stage1 --input run.simtel.zst --output dl1_calibrated \\
      --set monitoring.calibration=calibration
"""


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


@app.command(cls=RunCommand, epilog=EPILOG_0, options_metavar=USAGE_1)
def reduce(
    inputs: options.Inputs,
    output: options.Output,
    overwrite: options.Overwrite = False,
    skip_bad_inputs: options.SkipBadInputs = False,
    config: options.Config = None,
    settings: options.Settings = None,
    plugin: options.Plugin = None,
    max_events: options.MaxEvents = None,
    allowed_tels: options.AllowedTels = None,
    focal_length_choice: options.FocalLengthChoice = None,
    obs_id: options.ObsId = None,
    obs_id_offset: options.ObsIdOffset = None,
    workers: options.Workers = None,
    executor: options.Executor = None,
    scheduler: options.Scheduler = None,
    cluster: options.Cluster = None,
    resume: options.Resume = False,
    dry_run: options.DryRun = False,
    log_level: options.Logging = options.LogLevel.info,
) -> None:
    """Raw camera data to packed waveforms (DL0)."""
    _run("reduce", **locals())


@app.command(cls=RunCommand, epilog=EPILOG_1, options_metavar=USAGE_1)
def stage1(
    inputs: options.Inputs,
    output: options.Output,
    overwrite: options.Overwrite = False,
    skip_bad_inputs: options.SkipBadInputs = False,
    config: options.Config = None,
    settings: options.Settings = None,
    plugin: options.Plugin = None,
    max_events: options.MaxEvents = None,
    allowed_tels: options.AllowedTels = None,
    focal_length_choice: options.FocalLengthChoice = None,
    obs_id: options.ObsId = None,
    obs_id_offset: options.ObsIdOffset = None,
    workers: options.Workers = None,
    executor: options.Executor = None,
    scheduler: options.Scheduler = None,
    cluster: options.Cluster = None,
    resume: options.Resume = False,
    dry_run: options.DryRun = False,
    log_level: options.Logging = options.LogLevel.info,
) -> None:
    """Raw camera data to calibrated images and image parameters."""
    _run("stage1", **locals())


@app.command(cls=RunCommand, epilog=EPILOG_C, options_metavar=USAGE_2)
def calibration(
    inputs: options.Dataset,
    output: options.Output,
    overwrite: options.Overwrite = False,
    config: options.Config = None,
    settings: options.Settings = None,
    plugin: options.Plugin = None,
    workers: options.Workers = None,
    executor: options.Executor = None,
    scheduler: options.Scheduler = None,
    cluster: options.Cluster = None,
    resume: options.Resume = False,
    dry_run: options.DryRun = False,
    log_level: options.Logging = options.LogLevel.info,
) -> None:
    """Pedestal and flat-field events to coefficients of cameras."""
    _run("calibration", **locals())


@app.command(cls=RunCommand, epilog=EPILOG_2, options_metavar=USAGE_2)
def stage2(
    inputs: options.Dataset,
    output: options.Output,
    overwrite: options.Overwrite = False,
    config: options.Config = None,
    settings: options.Settings = None,
    plugin: options.Plugin = None,
    workers: options.Workers = None,
    executor: options.Executor = None,
    scheduler: options.Scheduler = None,
    cluster: options.Cluster = None,
    resume: options.Resume = False,
    dry_run: options.DryRun = False,
    log_level: options.Logging = options.LogLevel.info,
) -> None:
    """Image parameters to direction, core and height of showers."""
    _run("stage2", **locals())


@app.command(cls=RunCommand, epilog=EPILOG_T, options_metavar=USAGE_T)
def train(
    inputs: options.Datasets,
    output: options.NewModels,
    overwrite: options.OverwriteModels = False,
    config: options.Config = None,
    settings: options.Settings = None,
    workers: options.Workers = None,
    resume: options.NoResume = False,
    dry_run: options.DryRun = False,
    log_level: options.Logging = options.LogLevel.info,
) -> None:
    """Train models of energy, particle and direction."""
    _run("train", plugin=None, **locals())


@app.command(cls=RunCommand, epilog=EPILOG_3, options_metavar=USAGE_3)
def stage3(
    inputs: options.Reconstructed,
    output: options.Output,
    models: options.Models = None,
    overwrite: options.Overwrite = False,
    config: options.Config = None,
    settings: options.Settings = None,
    plugin: options.Plugin = None,
    workers: options.Workers = None,
    executor: options.Executor = None,
    scheduler: options.Scheduler = None,
    cluster: options.Cluster = None,
    resume: options.Resume = False,
    dry_run: options.DryRun = False,
    log_level: options.Logging = options.LogLevel.info,
) -> None:
    """Trained models to energy, particle and direction."""
    _run("stage3", **locals())


@app.command(cls=RunCommand, epilog=EPILOG_I, options_metavar=USAGE_I)
def irf(
    inputs: options.Predicted,
    output: options.NewResponses,
    add_to: options.AddTo = None,
    interpolate_to: options.InterpolateTo = None,
    overwrite: options.OverwriteResponses = False,
    config: options.Config = None,
    settings: options.Settings = None,
    workers: options.Workers = None,
    dry_run: options.DryRun = False,
    log_level: options.Logging = options.LogLevel.info,
) -> None:
    """Predicted events to responses and sensitivity (IRF)."""
    _run("irf", plugin=None, **locals())


@app.command(cls=RunCommand, epilog=EPILOG_L, options_metavar=USAGE_L)
def dl3(
    inputs: options.WithScores,
    output: options.EventLists,
    irf: options.Irf = None,
    observe: options.Observe = None,
    overwrite: options.OverwriteLists = False,
    config: options.Config = None,
    settings: options.Settings = None,
    workers: options.Workers = None,
    dry_run: options.DryRun = False,
    log_level: options.Logging = options.LogLevel.info,
) -> None:
    """Events to event lists with their responses, as GADF."""
    _run("dl3", plugin=None, **locals())


app.command(cls=Command, epilog=EPILOG_P)(planned)
