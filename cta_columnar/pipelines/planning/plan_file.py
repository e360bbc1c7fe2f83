"""A planned run on the disk."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cta_columnar.errors import UserError
from cta_columnar.pipelines.planning.plan_data import FORMAT, Plan, PlannedPiece
from cta_columnar.remote import can_be_file
from cta_columnar.store import (
    PLAN,
    Identity,
    read_beside,
    refuse_links,
    write_beside,
)

NAME = "plan.json"
LOGS = "logs"
STATUSES = "exit"
_LISTS = ("inputs", "digests")
# What writes shards into its output, and nothing anywhere else.
STAGES = ("reduce", "stage1", "calibration", "stage2", "stage3")


def folder_of(output: Path) -> Path:
    """Where the plan of a dataset lies, its logs and exit statuses."""
    return output / PLAN


def stamp_of(path: str) -> list[int]:
    """Size and time of change of a file; [0, 0] if it cannot be asked."""
    try:
        stat = os.stat(path)  # noqa: PTH116 - a name, not a path, in plans
    except OSError:
        return [0, 0]
    return [stat.st_size, stat.st_mtime_ns]


def write_plan(plan: Plan) -> Path:
    """Write a plan into its dataset, in place of an earlier one; return where.

    Raises
    ------
    StoreError, WriteError
        If a folder that scripts are to write into is a link, or nothing can be written.
    """
    path = folder_of(plan.output) / NAME
    refuse_links(plan.output, [f"{PLAN}/{name}/" for name in (LOGS, STATUSES)])
    _remove_links(path.parent)
    write_beside(plan.output, path, plan.to_plain())
    # The batch system opens logs before the first line of the script.
    (path.parent / LOGS).mkdir(exist_ok=True)
    return path


def _remove_links(folder: Path) -> None:
    """Remove links in the place of logs and statuses: scripts would write elsewhere."""
    for name in (LOGS, STATUSES):
        for path in (folder / name).glob("*"):
            if path.is_symlink():
                path.unlink()


def read_plan(output: str | Path) -> Plan:
    """Read the plan of a dataset.

    It may be of somebody else: its output is the dataset in which it lies, and its
    plugins are names, which nobody loads.

    Raises
    ------
    UserError
        If there is none, it is damaged, or a folder of the dataset is a link.
    """
    root = Path(os.path.abspath(output))  # noqa: PTH100 - links stay
    refuse_links(root)
    path = folder_of(root) / NAME
    try:
        plain = read_beside(path)
    except (FileNotFoundError, NotADirectoryError) as error:
        hint = "make one with ctacol plan"
        raise UserError(f"{output} has no plan ({error.strerror}): {hint}") from error
    try:
        return _from_plain(root, plain)
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
    ) as error:
        raise UserError(f"{path} is not a plan of this version: {error}") from error


def _from_plain(root: Path, plain: Any) -> Plan:  # noqa: ANN401
    if plain["format"] != FORMAT:
        raise ValueError(f"format {plain['format']!r}, expected {FORMAT!r}")
    identity = Identity(**plain["identity"])
    if identity.stage not in STAGES:
        raise ValueError(f"{identity.stage!r} is none of {', '.join(STAGES)}")
    pieces = tuple(
        PlannedPiece(
            tuple(map(str, each["inputs"])),
            int(each["seq"]),
            int(each["size"]),
            tuple(map(str, each["digests"])),
        )
        for each in plain["pieces"]
    )
    elements = tuple(tuple(map(int, each)) for each in plain["elements"])
    _check_types(plain)
    if sorted(n for each in elements for n in each) != list(range(len(pieces))):
        raise ValueError("its elements are not all shards, each once")
    return Plan(
        root,
        str(plain["folder"]),
        identity,
        tuple(map(str, plain["inputs"])),
        plain["configuration"],
        {str(path): str(digest) for path, digest in plain["plugins"].items()},
        bool(plain["skip_bad_inputs"]),
        str(plain["array"]),
        bool(plain["is_fresh"]),
        plain["stamps"],
        pieces,
        elements,
    )


def _check_types(plain: Mapping[str, Any]) -> None:
    """Refuse what would be taken apart as something else: a text has letters, too.

    Raises
    ------
    TypeError
        Which says where.
    """
    lists = [plain["inputs"], *(p[key] for p in plain["pieces"] for key in _LISTS)]
    if any(type(each) is not list for each in lists):
        raise TypeError("inputs or digests are no list")
    if any(type(plain[key]) is not dict for key in ("configuration", "stamps")):
        raise TypeError("configuration or stamps are no mapping")
    for stamp in plain["stamps"].values():
        if [type(each) for each in stamp] != [int, int]:
            raise TypeError("a stamp is not a size and a time")
    if any(type(each) is not str for each in plain["identity"].values()):
        raise TypeError("a digest is no text")
    paths = [path for each in lists for path in each]
    paths += [plain["folder"], *plain["plugins"], *plain["stamps"]]
    if any(type(each) is not str or not can_be_file(each) for each in paths):
        raise TypeError("a path is no text, or none that a file can have")
