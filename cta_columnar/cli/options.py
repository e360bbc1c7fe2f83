"""Options that several verbs have, declared once."""

from enum import StrEnum
from typing import Annotated

import typer

from cta_columnar.cli import values
from cta_columnar.pipelines.running.executor_names import ExecutorName

IN_OUT = "Input and output"
CONFIGURATION = "Configuration"
RUNNING = "How it runs"


class LogLevel(StrEnum):
    """How much is said on the way."""

    debug = "debug"
    info = "info"
    warning = "warning"
    error = "error"


class FocalLength(StrEnum):
    """As `SourceConfig.focal_length_choice`."""

    effective = "EFFECTIVE"
    equivalent = "EQUIVALENT"


def _at_least_one(number: int | None) -> int | None:
    if number is not None and number < 1:
        raise typer.BadParameter(f"{number} is less than 1")
    return number


Inputs = Annotated[
    list[str],
    typer.Option(
        "--input",
        "-i",
        metavar="PATH...",
        help="Raw files, or folders of them; as many as you like.",
        rich_help_panel=IN_OUT,
    ),
]
Dataset = Annotated[
    list[str],
    typer.Option(
        "--input",
        "-i",
        metavar="DATASET",
        help="The folder that stage1 wrote.",
        rich_help_panel=IN_OUT,
    ),
]
Reconstructed = Annotated[
    list[str],
    typer.Option(
        "--input",
        "-i",
        metavar="DATASET",
        help="The folder that stage2 wrote, or stage3 with other prefixes.",
        rich_help_panel=IN_OUT,
    ),
]
Models = Annotated[
    str | None,
    typer.Option(
        "--models",
        "-m",
        metavar="FOLDER",
        help="The folder of trained models; the key `models` says the same.",
        rich_help_panel=IN_OUT,
    ),
]
Datasets = Annotated[
    list[str],
    typer.Option(
        "--input",
        "-i",
        metavar="DATASET...",
        help="Folders that stage2 wrote; as many as you like.",
        rich_help_panel=IN_OUT,
    ),
]
Predicted = Annotated[
    list[str],
    typer.Option(
        "--input",
        "-i",
        metavar="DATASET...",
        help="Folders that stage3 wrote, of signal and background.",
        rich_help_panel=IN_OUT,
    ),
]
NewResponses = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        metavar="FOLDER",
        help="Folder for the responses; made when they are complete.",
        rich_help_panel=IN_OUT,
    ),
]
OverwriteResponses = Annotated[
    bool,
    typer.Option(
        "--overwrite",
        help="Replace the responses in the output folder, once new ones are complete.",
        rich_help_panel=IN_OUT,
    ),
]
InterpolateTo = Annotated[
    str | None,
    typer.Option(
        "--interpolate-to",
        metavar="PLACE",
        help="zenith=23,azimuth=170[,nsb=1]: make the responses of one place of those "
        "of a grid, which are the input.",
        rich_help_panel=IN_OUT,
    ),
]
AddTo = Annotated[
    str | None,
    typer.Option(
        "--add-to",
        metavar="FOLDER",
        help="Responses that the inputs are added to; their configuration stays.",
        rich_help_panel=IN_OUT,
    ),
]
NewModels = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        metavar="FOLDER",
        help="Folder for the models; made when they are complete.",
        rich_help_panel=IN_OUT,
    ),
]
OverwriteModels = Annotated[
    bool,
    typer.Option(
        "--overwrite",
        help="Replace the models in the output folder, once new ones are complete.",
        rich_help_panel=IN_OUT,
    ),
]
WithScores = Annotated[
    list[str],
    typer.Option(
        "--input",
        "-i",
        metavar="DATASET...",
        help="Folders that stage3 wrote; as many as you like.",
        rich_help_panel=IN_OUT,
    ),
]
Irf = Annotated[
    str | None,
    typer.Option(
        "--irf",
        metavar="FOLDER",
        help="The folder of responses; the key `irf` says the same.",
        rich_help_panel=IN_OUT,
    ),
]
Observe = Annotated[
    str | None,
    typer.Option(
        "--observe",
        metavar="FILE.yaml",
        help="What simulated events are to be observed as.",
        rich_help_panel=IN_OUT,
    ),
]
EventLists = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        metavar="FOLDER",
        help="Folder for the event lists; made when they are complete.",
        rich_help_panel=IN_OUT,
    ),
]
OverwriteLists = Annotated[
    bool,
    typer.Option(
        "--overwrite",
        help="Replace the event lists in the output folder, once new ones are there.",
        rich_help_panel=IN_OUT,
    ),
]
Output = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        metavar="FOLDER",
        help="Folder for the dataset; made if it is not there.",
        rich_help_panel=IN_OUT,
    ),
]
Overwrite = Annotated[
    bool,
    typer.Option(
        "--overwrite",
        help="Delete the dataset in the output folder first, once all inputs can be "
        "opened; it does not come back if the run fails.",
        rich_help_panel=IN_OUT,
    ),
]
SkipBadInputs = Annotated[
    bool,
    typer.Option(
        "--skip-bad-inputs",
        help="Leave out inputs that cannot be read whole, and list them at the end.",
        rich_help_panel=IN_OUT,
    ),
]
Config = Annotated[
    list[str] | None,
    typer.Option(
        "--config",
        "-c",
        metavar="FILE.yaml",
        help="Configuration; may be repeated, a later file changes an earlier one.",
        rich_help_panel=CONFIGURATION,
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        "-s",
        metavar="KEY=VALUE",
        help="Change one key; may be repeated.",
        rich_help_panel=CONFIGURATION,
    ),
]
Plugin = Annotated[
    list[str] | None,
    typer.Option(
        "--plugin",
        metavar="FILE.py",
        help="Python file with algorithms of your own; may be repeated.",
        rich_help_panel=CONFIGURATION,
    ),
]
MaxEvents = Annotated[
    int | None,
    typer.Option(
        "--max-events",
        metavar="N",
        help="Stop after N array events of each input.",
        rich_help_panel=CONFIGURATION,
    ),
]
AllowedTels = Annotated[
    values.Integers | None,
    typer.Option(
        "--allowed-tels",
        metavar="IDS",
        parser=values.telescope_ids,
        help="Only these telescopes, e.g. 1-4,7.",
        rich_help_panel=CONFIGURATION,
    ),
]
FocalLengthChoice = Annotated[
    FocalLength | None,
    typer.Option(
        "--focal-length-choice",
        metavar="CHOICE",
        help="EFFECTIVE (default) or EQUIVALENT, for angles in the camera.",
        rich_help_panel=CONFIGURATION,
        case_sensitive=False,
    ),
]
ObsId = Annotated[
    int | None,
    typer.Option(
        "--obs-id",
        metavar="N",
        help="Write this obs_id instead of the one in the file.",
        rich_help_panel=CONFIGURATION,
    ),
]
ObsIdOffset = Annotated[
    int | None,
    typer.Option(
        "--obs-id-offset",
        metavar="N",
        help="Add N to the obs_id, where files of several productions repeat it.",
        rich_help_panel=CONFIGURATION,
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        "-w",
        metavar="N",
        callback=_at_least_one,
        help="Processes; by default one per processor. Results are the same.",
        rich_help_panel=RUNNING,
    ),
]
Executor = Annotated[
    ExecutorName | None,
    typer.Option(
        "--executor",
        metavar="NAME",
        help="processes (default), or dask, which is for several machines.",
        rich_help_panel=RUNNING,
        case_sensitive=False,
    ),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        metavar="ADDRESS",
        help="Dask scheduler whose workers do the work, e.g. tcp://host:8786.",
        rich_help_panel=RUNNING,
    ),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="FILE.yaml",
        help="Batch system that begins Dask workers: ctacol config show cluster.",
        rich_help_panel=RUNNING,
    ),
]
Resume = Annotated[
    bool,
    typer.Option(
        "--resume",
        help="Go on with a run that was stopped: what is done stays.",
        rich_help_panel=RUNNING,
    ),
]
NoResume = Annotated[
    bool,
    # Not in the help, and not unknown either: the answer says what to do.
    typer.Option("--resume", hidden=True),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        help="Check everything and say what would be done, but write nothing.",
        rich_help_panel=RUNNING,
    ),
]
Logging = Annotated[
    LogLevel,
    typer.Option(
        "--log-level",
        metavar="LEVEL",
        help="debug, info, warning or error.",
        rich_help_panel=RUNNING,
        case_sensitive=False,
    ),
]
