"""The folder of this machine for drafts and copies."""

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from cta_columnar.errors import UserError

SCRATCH_VARIABLE = "CTACOL_SCRATCH"
# Begins the names of folders for a single object on its way.
SENT = "ctacol-sent-"


def local_scratch() -> Path:
    """Return the folder of this machine for drafts and copies.

    Raises
    ------
    UserError
        If it is of somebody else, or a link, which leads anywhere.
    """
    folder = _place()
    if os.environ.get(SCRATCH_VARIABLE):
        return folder
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise UserError(
            f"{folder} is no folder of your own: name a folder of yours by "
            f"{SCRATCH_VARIABLE}"
        )
    return folder


def scratch_content() -> list[Path]:
    """Return what of this user lies in that folder; nothing is made for that.

    A disk that was named may be of many users, whose drafts are theirs.
    """
    folder = _place()
    is_given = bool(os.environ.get(SCRATCH_VARIABLE))
    if not is_given and (folder.is_symlink() or not _is_mine(folder)):
        return []
    try:
        found = list(folder.iterdir())
    except OSError:
        return []
    return [each for each in found if _is_mine(each)]


def _place() -> Path:
    given = os.environ.get(SCRATCH_VARIABLE)
    if given:
        return Path(given)
    return Path(tempfile.gettempdir()) / f"ctacol-{os.getuid()}"


def _is_mine(path: Path) -> bool:
    with suppress(OSError):
        return path.lstat().st_uid == os.getuid()
    return False
