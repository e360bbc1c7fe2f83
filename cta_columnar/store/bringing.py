"""How a part comes into another dataset: linked, copied or referred to."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

from cta_columnar.durable import copy_new
from cta_columnar.store.errors import StoreError, writing
from cta_columnar.store.shards import real_path

LINK, COPY, REFERENCE = "link", "copy", "reference"


def link(source: Path, draft: Path) -> None:
    """Give a file a second name.

    Raises
    ------
    StoreError
        If the file system does not do that.
    """
    try:
        # What is itself a reference stays one.
        os.link(source, draft, follow_symlinks=False)
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP):
            raise
        raise StoreError(
            f"{source} cannot be linked into the output, which may be on another file "
            "system: use --copy or --reference"
        ) from error


def copy(source: Path, draft: Path) -> None:
    """Copy a file, durably.

    Raises
    ------
    WriteError
        If the disk is full, or the folder cannot be written.
    """
    with writing(draft):
        copy_new(source, draft)


def refer(source: Path, draft: Path) -> None:
    """Make a symbolic link to where a file really is.

    Raises
    ------
    WriteError
        If the file system does not do that.
    """
    with writing(draft):
        draft.symlink_to(real_path(source))


DONE = {LINK: "linked", REFERENCE: "referred to"}

WAYS: dict[str, Callable[[Path, Path], None]] = {
    LINK: link,
    COPY: copy,
    REFERENCE: refer,
}
