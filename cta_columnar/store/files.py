"""Durable files: written, synced, renamed. Nothing half-written has a final name."""

import errno
import os
from collections.abc import Iterable
from pathlib import Path

from cta_columnar.durable import open_new, sync_folder
from cta_columnar.remote import RemotePath, check_writing
from cta_columnar.store.errors import StoreError, writing
from cta_columnar.store.inside import refuse_linked_scratch

_ATTEMPTS = 100


def check_writable(folder: Path) -> None:
    """Ask whether a folder can be made and written to, as far as that can be told.

    Raises
    ------
    StoreError
        If Arrow cannot open files there, by its name.
    WriteError
        If not.
    """
    try:
        str(folder).encode()
    except UnicodeEncodeError as error:
        raise StoreError(f"{folder}: its name is not UTF-8; choose another") from error
    if isinstance(folder, RemotePath):
        check_writing(folder)
        return
    with writing(folder):
        above = folder.absolute().parents
        there = next(each for each in (folder, *above) if each.exists())
        if not there.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "", str(folder))
        if not os.access(there, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "", str(folder))


def make_folders(root: Path, folder: Path) -> None:
    """Create a folder below the dataset, durably; at a URL there are none."""
    if isinstance(folder, RemotePath):
        return
    with writing(folder):
        if folder.is_dir():
            return
        if folder != root:
            make_folders(root, folder.parent)
        folder.mkdir(parents=True, exist_ok=True)
        sync_folder(folder.parent)


def make_scratch(folder: Path) -> None:
    """Create a folder below ``_tmp/``, which others remove when it is empty.

    Raises
    ------
    StoreError
        If it, or ``_tmp``, is a link, which leads elsewhere.
    WriteError
        If it cannot be made.
    """
    refuse_linked_scratch(folder)
    with writing(folder):
        for attempt in range(_ATTEMPTS):
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except FileNotFoundError:
                if attempt == _ATTEMPTS - 1:
                    raise
            else:
                return


def write_durably(path: Path, content: bytes | Iterable[bytes], scratch: Path) -> None:
    """Write a file by way of another one in ``scratch``, on the same file system.

    An object at a URL has its name when it is whole, and no need of that. Of a large
    file the content may come in pieces.
    """
    with writing(path):
        if isinstance(path, RemotePath):
            path.write_pieces(_pieces(content))
            return
        give_name(write_draft(path.name, content, scratch), path)


def write_draft(name: str, content: bytes | Iterable[bytes], scratch: Path) -> Path:
    """Write a file into ``scratch``, durably."""
    draft = scratch / name
    with writing(draft):
        make_scratch(scratch)
        with open_new(draft) as file:
            file.writelines(_pieces(content))
            file.flush()
            os.fsync(file.fileno())
    return draft


def _pieces(content: bytes | Iterable[bytes]) -> Iterable[bytes]:
    return [content] if isinstance(content, bytes) else content


def give_name(draft: Path, path: Path) -> None:
    """Rename a draft to what it is, durably."""
    if isinstance(path, RemotePath):
        put(draft, path)
        return
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        put(draft, path)
        sync_folder(path.parent)


def put(draft: Path, path: Path) -> None:
    """Rename a draft, or send it to the server where it is to be."""
    with writing(path):
        if isinstance(path, RemotePath):
            path.upload(draft)
            draft.unlink()
        else:
            draft.replace(path)


def sync(folder: Path) -> None:
    """Make renames in a folder survive a power cut; servers see to that themselves."""
    if not isinstance(folder, RemotePath):
        with writing(folder):
            sync_folder(folder)


def remove(path: Path) -> None:
    """Remove a file that may be gone already."""
    with writing(path):
        path.unlink(missing_ok=True)


def remove_tree(folder: Path) -> None:
    """Remove a folder and what is in it, or a link in its place.

    Another process may do the same meanwhile.
    """
    if isinstance(folder, RemotePath):
        folder.remove_all()
        return
    with writing(folder):
        if folder.is_symlink():
            # What lies behind it is of others.
            folder.unlink(missing_ok=True)
            return
        remove_content(folder)
        remove_if_empty(folder)


def remove_content(folder: Path) -> None:
    """Remove what is in a folder."""
    for path in below(folder):
        if path.is_dir() and not path.is_symlink():
            remove_tree(path)
        else:
            path.unlink(missing_ok=True)


def below(folder: Path) -> list[Path]:
    """Return what is in a folder that may vanish meanwhile; nothing for a link."""
    try:
        # What lies behind it belongs to others, and this is asked by who removes.
        return [] if folder.is_symlink() else list(folder.iterdir())
    except FileNotFoundError:
        return []


def remove_if_empty(folder: Path) -> None:
    """Remove a folder unless something is in it."""
    try:
        folder.rmdir()
    except OSError:
        return
