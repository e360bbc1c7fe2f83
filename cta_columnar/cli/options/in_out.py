"""What is read and written."""

from typing import Annotated, Any

import typer

PANEL = "Input and output"


def _option(*names: str, metavar: str | None = None, text: str) -> Any:  # noqa: ANN401
    return typer.Option(*names, metavar=metavar, help=text, rich_help_panel=PANEL)


def _input(metavar: str, text: str) -> Any:  # noqa: ANN401
    return _option("--input", "-i", metavar=metavar, text=text)


def _output(text: str) -> Any:  # noqa: ANN401
    return _option("--output", "-o", metavar="FOLDER", text=text)


def _overwrite(text: str) -> Any:  # noqa: ANN401
    return _option("--overwrite", text=text)


Inputs = Annotated[
    list[str],
    _input("PATH...", "Raw files, or folders of them; as many as you like."),
]
Dataset = Annotated[list[str], _input("DATASET", "The folder that stage1 wrote.")]
Reconstructed = Annotated[
    list[str],
    _input("DATASET", "The folder that stage2 wrote, or stage3 with other prefixes."),
]
Datasets = Annotated[
    list[str],
    _input("DATASET...", "Folders that stage2 wrote; as many as you like."),
]
Predicted = Annotated[
    list[str],
    _input("DATASET...", "Folders that stage3 wrote, of signal and background."),
]
WithScores = Annotated[
    list[str],
    _input("DATASET...", "Folders that stage3 wrote; as many as you like."),
]

Models = Annotated[
    str | None,
    _option(
        "--models",
        "-m",
        metavar="FOLDER",
        text="The folder of trained models; the key `models` says the same.",
    ),
]
InterpolateTo = Annotated[
    str | None,
    _option(
        "--interpolate-to",
        metavar="PLACE",
        text="zenith=23,azimuth=170[,nsb=1]: make the responses of one place of those "
        "of a grid, which are the input.",
    ),
]
AddTo = Annotated[
    str | None,
    _option(
        "--add-to",
        metavar="FOLDER",
        text="Responses that the inputs are added to; their configuration stays.",
    ),
]
Irf = Annotated[
    str | None,
    _option(
        "--irf",
        metavar="FOLDER",
        text="The folder of responses; the key `irf` says the same.",
    ),
]
Observe = Annotated[
    str | None,
    _option(
        "--observe",
        metavar="FILE.yaml",
        text="What simulated events are to be observed as.",
    ),
]

Output = Annotated[str, _output("Folder for the dataset; made if it is not there.")]
NewModels = Annotated[
    str, _output("Folder for the models; made when they are complete.")
]
NewResponses = Annotated[
    str, _output("Folder for the responses; made when they are complete.")
]
EventLists = Annotated[
    str, _output("Folder for the event lists; made when they are complete.")
]

Overwrite = Annotated[
    bool,
    _overwrite(
        "Delete the dataset in the output folder first, once all inputs can be "
        "opened; it does not come back if the run fails."
    ),
]
OverwriteModels = Annotated[
    bool,
    _overwrite("Replace the models in the output folder, once new ones are complete."),
]
OverwriteResponses = Annotated[
    bool,
    _overwrite(
        "Replace the responses in the output folder, once new ones are complete."
    ),
]
OverwriteLists = Annotated[
    bool,
    _overwrite(
        "Replace the event lists in the output folder, once new ones are there."
    ),
]
SkipBadInputs = Annotated[
    bool,
    _option(
        "--skip-bad-inputs",
        text="Leave out inputs that cannot be read whole, and list them at the end.",
    ),
]
