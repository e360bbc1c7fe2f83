"""Configuration: files, single keys, and options that are keys."""

from enum import StrEnum
from typing import Annotated

import typer

from cta_columnar.cli import values

PANEL = "Configuration"


class FocalLength(StrEnum):
    """As `SourceConfig.focal_length_choice`."""

    effective = "EFFECTIVE"
    equivalent = "EQUIVALENT"


Config = Annotated[
    list[str] | None,
    typer.Option(
        "--config",
        "-c",
        metavar="FILE.yaml",
        help="Configuration; may be repeated, a later file changes an earlier one.",
        rich_help_panel=PANEL,
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        "-s",
        metavar="KEY=VALUE",
        help="Change one key; may be repeated.",
        rich_help_panel=PANEL,
    ),
]
Plugin = Annotated[
    list[str] | None,
    typer.Option(
        "--plugin",
        metavar="FILE.py",
        help="Python file with algorithms of your own; may be repeated.",
        rich_help_panel=PANEL,
    ),
]
MaxEvents = Annotated[
    int | None,
    typer.Option(
        "--max-events",
        metavar="N",
        help="Stop after N array events of each input.",
        rich_help_panel=PANEL,
    ),
]
AllowedTels = Annotated[
    values.Integers | None,
    typer.Option(
        "--allowed-tels",
        metavar="IDS",
        parser=values.telescope_ids,
        help="Only these telescopes, e.g. 1-4,7.",
        rich_help_panel=PANEL,
    ),
]
FocalLengthChoice = Annotated[
    FocalLength | None,
    typer.Option(
        "--focal-length-choice",
        metavar="CHOICE",
        help="EFFECTIVE (default) or EQUIVALENT, for angles in the camera.",
        rich_help_panel=PANEL,
        case_sensitive=False,
    ),
]
ObsId = Annotated[
    int | None,
    typer.Option(
        "--obs-id",
        metavar="N",
        help="Write this obs_id instead of the one in the file.",
        rich_help_panel=PANEL,
    ),
]
ObsIdOffset = Annotated[
    int | None,
    typer.Option(
        "--obs-id-offset",
        metavar="N",
        help="Add N to the obs_id, where files of several productions repeat it.",
        rich_help_panel=PANEL,
    ),
]
