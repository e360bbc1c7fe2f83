"""The folder below ``_tmp/`` that a process has from shard to shard.

Some file systems take milliseconds to make a folder where many were removed lately:
ext4 keeps their places free for a minute, and looks at each of them in turn. So it is
not removed at the end of a shard, but gets another name until the next one begins.
"""

import os
from contextlib import suppress
from pathlib import Path

from cta_columnar.remote import is_remote
from cta_columnar.store.errors import writing
from cta_columnar.store.files import (
    below,
    make_scratch,
    remove_content,
    remove_if_empty,
    remove_tree,
)
from cta_columnar.store.layout import SCRATCH
from cta_columnar.store.processes import process_name

_IDLE = "idle-"


def take_scratch(folder: Path) -> None:
    """Have an empty scratch folder: the one that `put_back` kept, or a new one."""
    remove_tree(folder)
    if not is_remote(folder):
        with writing(folder), suppress(FileNotFoundError):
            _idle(folder).rename(folder)
            # It may have been idle for long, and old folders are taken for abandoned.
            os.utime(folder)
    make_scratch(folder)


def put_back(folder: Path) -> None:
    """Empty a scratch folder, and keep it for the next shard of this process."""
    if is_remote(folder):
        # There are no folders that would take time to make.
        remove_tree(folder)
        return
    with writing(folder):
        remove_content(folder)
        try:
            folder.rename(_idle(folder))
        except OSError:
            remove_if_empty(folder)


def _idle(folder: Path) -> Path:
    return folder.with_name(f"{_IDLE}{process_name()}")


def is_at_rest(root: Path) -> bool:
    """Whether no process is about to commit a shard of a dataset, perhaps the first."""
    return all(map(is_idle, below(root / SCRATCH)))


def is_idle(folder: Path) -> bool:
    """Whether nobody works in a scratch folder: who wants it makes another then."""
    return folder.name.startswith(_IDLE)
