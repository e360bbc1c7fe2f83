"""Disks that fail: the errors come from the kernel. Both need the right to mount."""

import os
import shutil
import subprocess
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

DISK_BYTES = 96 << 20
# Behind the tables of the file system, before most of the files.
LEFT_BYTES = 8 << 20


def _do(*words):
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@contextmanager
def mounted_tmpfs(folder, size):
    """Mount an empty disk of a size."""
    folder.mkdir()
    _do("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder)
    try:
        yield folder
    finally:
        _do("umount", "--lazy", folder)


def fill(disk):
    """Take all the room there is on a disk, as somebody else's files do."""
    with (disk / "ballast").open("wb", buffering=0) as file:
        for piece in (1 << 20, 1 << 12):
            with suppress(OSError):
                while True:
                    file.write(bytes(piece))


def empty(disk):
    """Take that away again."""
    (disk / "ballast").unlink(missing_ok=True)


class FailingDisk:
    """A file system with copies of some files, on a loop device that can be cut short.

    What lies behind its end then cannot be read: the block layer of the kernel answers
    with EIO, as for a disk with bad sectors.

    Attributes
    ----------
    files : list of Path
        The copies.
    """

    def __init__(self, folder, files):
        self._image, self._copy = folder / "image", folder / "copy"
        self._mounted = folder / "mounted"
        self._from = files
        self.files = [self._mounted / each.name for each in files]

    def __enter__(self):
        self._mounted.mkdir(parents=True)
        with self._image.open("wb") as file:
            file.truncate(DISK_BYTES)
        _do("mkfs.ext4", "-q", "-O", "^has_journal", self._image)
        with ExitStack() as stack:
            self._device = _do("losetup", "--show", "--find", self._image)
            stack.callback(_do, "losetup", "--detach", self._device)
            _do("mount", self._device, self._mounted)
            stack.callback(_do, "umount", "--lazy", self._mounted)
            for each in self._from:
                shutil.copy2(each, self._mounted)
            # Read again from the device, not from memory.
            _do("umount", self._mounted)
            _do("mount", "-o", "ro", self._device, self._mounted)
            shutil.copyfile(self._image, self._copy)
            self._stack = stack.pop_all()
        return self

    def cut(self):
        """Lose the end; what is in memory of the files is forgotten, too."""
        os.truncate(self._image, LEFT_BYTES)
        _do("losetup", "--set-capacity", self._device)
        self._forget()

    def mend(self):
        """Put a disk with the same content in its place."""
        with self._copy.open("rb") as good, self._image.open("r+b") as bad:
            shutil.copyfileobj(good, bad, 1 << 20)
        _do("losetup", "--set-capacity", self._device)
        self._forget()

    def _forget(self):
        for each in self.files:
            # A look at an unreadable folder fails, too.
            with suppress(OSError), each.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    def __exit__(self, *_):
        self._stack.close()


def why_not(kind):
    """Say why there can be no disk for a kind of fault; empty if one could be made."""
    with TemporaryDirectory() as folder:
        try:
            if kind == "disk full":
                disk = mounted_tmpfs(Path(folder, "small"), "64k")
            else:
                disk = FailingDisk(Path(folder), [])
            with disk:
                return ""
        except subprocess.CalledProcessError as error:
            # What else it says is advice.
            return error.stderr.strip().partition("\n")[0] or str(error)
        except FileNotFoundError as error:
            return f"there is no {error.filename}"
