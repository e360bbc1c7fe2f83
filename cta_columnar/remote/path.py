"""A path whose files lie with a server, where folders are what names have in common.

It takes the place of a `pathlib.Path` in what reads and writes datasets. A folder is
there if a file below it is. What makes a folder by itself puts an empty object into it,
`KEEP`, which is not listed. Objects get their names when they are whole.
"""

import errno
import io
import os
import stat
import tempfile
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path, PosixPath
from typing import Any, NoReturn, Self

import pyarrow as pa
from pyarrow import fs

from cta_columnar.errors import UserError
from cta_columnar.remote.content import RemoteBytes
from cta_columnar.remote.errors import RemoteError, asking
from cta_columnar.remote.scratch import SENT, local_scratch
from cta_columnar.remote.servers import (
    UNLISTED,
    check_missing,
    place_at,
    refuse_writing,
    scheme_of,
    version_at,
)

KEEP = ".folder"
# Asked for at once by who reads a file from its beginning to its end.
READ_BYTES = 8 << 20
_COPY_BYTES = 1 << 20


class RemotePath(PosixPath):
    """A place at a URL. Its parts are those of a path: ``s3:``, bucket, names."""

    def __str__(self) -> str:
        text = super().__str__()
        scheme, colon, rest = text.partition(":/")
        # What is left of one, as by `relative_to`, has no scheme.
        return f"{scheme}://{rest.lstrip('/')}" if colon else text

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __fspath__(self) -> NoReturn:
        raise UserError(
            f"{self}: this needs files of this machine, not a URL; docs/remote.md says "
            "what works at one"
        )

    @property
    def parents(self) -> Sequence[Self]:
        """Folders above; neither the server nor its scheme is one."""
        return tuple(each for each in super().parents if len(each.parts) > 1)

    @property
    def scheme(self) -> str:
        """How the server is spoken to."""
        return scheme_of(str(self))

    # What is there.

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        """Size and time of an object; of a folder, that it is one."""
        del follow_symlinks  # there are none
        found = self._info()
        if found.type == fs.FileType.NotFound:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self))
        is_file = found.type == fs.FileType.File
        mode = stat.S_IFREG if is_file else stat.S_IFDIR
        time_ns = found.mtime_ns or 0
        seconds = time_ns // 1_000_000_000
        fields = (mode | 0o444, 0, 0, 1, 0, 0, found.size or 0, *[seconds] * 3)
        exact = {f"st_{each}time_ns": time_ns for each in "amc"}
        return os.stat_result(fields, exact)

    def version(self) -> str:
        """Return what is another text when an object has another content.

        Raises
        ------
        FileNotFoundError, RemoteError
            If there is none, or it cannot be asked for.
        """
        with self._known(), asking(self):
            return version_at(str(self))

    @contextmanager
    def _known(self) -> Iterator[None]:
        """Let nothing be missing of which a web server only did not tell in time."""
        try:
            yield
        except FileNotFoundError as error:
            is_web = self.scheme in UNLISTED
            if is_web and self._info().type != fs.FileType.NotFound:
                what = "the answer to a request timed out"
                raise RemoteError(str(self), what) from error
            raise

    def _info(self) -> fs.FileInfo:
        served, inside = place_at(str(self))
        try:
            with asking(self):
                found = served.get_file_info(inside)
                if found.type == fs.FileType.NotFound and self.scheme in UNLISTED:
                    check_missing(served, inside)
        except FileNotFoundError:
            return fs.FileInfo(inside, fs.FileType.NotFound)
        return found

    def exists(self, *, follow_symlinks: bool = True) -> bool:
        """Whether there is an object of this name, or one below it."""
        del follow_symlinks
        kind = self._info().type
        if kind == fs.FileType.Directory:
            # Servers keep folders whose last file was removed.
            return any(True for _ in self._files())
        return bool(kind == fs.FileType.File)

    def is_file(self, *, follow_symlinks: bool = True) -> bool:
        """Whether there is an object of this name."""
        del follow_symlinks
        return bool(self._info().type == fs.FileType.File)

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        """Whether there is, or was, an object below this name."""
        del follow_symlinks
        return bool(self._info().type == fs.FileType.Directory)

    def is_symlink(self) -> bool:
        """Return false: servers have none."""
        return False

    def _files(self) -> Iterator[tuple[str, fs.FileInfo]]:
        """Yield names below this place with what is known of each."""
        if self.scheme in UNLISTED:
            return
        if self.scheme != "s3" and not self.is_dir():
            # Not all of them can list what is no folder.
            return
        served, inside = place_at(str(self))
        wanted = fs.FileSelector(inside, allow_not_found=True, recursive=True)
        try:
            with asking(self):
                found = served.get_file_info(wanted)
        except FileNotFoundError:
            return
        for each in found:
            if each.type == fs.FileType.File:
                yield each.path[len(inside) :].strip("/"), each

    def files(self) -> dict[str, int]:
        """Return all files below, by their names from here on, with their sizes.

        Nothing where a server lists nothing, as those of ``http://``.
        """
        found = {name: each.size or 0 for name, each in self._files()}
        return {
            name: size
            for name, size in sorted(found.items())
            if name.rpartition("/")[2] != KEEP
        }

    def newest(self) -> float:
        """Return when something below was last written, seconds since 1970.

        Just now, where a server does not say it.
        """
        times = [each.mtime_ns for _, each in self._files()]
        if None in times:
            return time.time()
        return max(times, default=0) / 1e9

    def iterdir(self) -> Generator[Self, None, None]:
        """Yield what is in a folder."""
        names = {name.partition("/")[0] for name, _ in self._files()} - {KEEP}
        yield from (self / name for name in sorted(names))

    def glob(self, pattern: str, **_: bool | None) -> Generator[Self, None, None]:
        """Yield files below whose names fit, folder by folder."""
        for name in self.files():
            if fits(name, pattern):
                yield self / name

    def rglob(self, pattern: str, **_: bool | None) -> Generator[Self, None, None]:
        """Yield files anywhere below whose last name fits."""
        for name in self.files():
            if fnmatchcase(name.rpartition("/")[2], pattern):
                yield self / name

    # Reading.

    def arrow_file(self) -> pa.NativeFile:
        """Open for reading anywhere; each read is a request."""
        served, inside = place_at(str(self))
        with self._known(), asking(self):
            return served.open_input_file(inside)

    def open(self, mode: str = "r", buffering: int = -1, *_: Any, **__: Any) -> Any:  # noqa: ANN401
        """Open for reading bytes, of which `READ_BYTES` are asked for at once."""
        del buffering
        if mode != "rb":
            raise UserError(f"{self} can be opened for reading bytes only")
        return io.BufferedReader(RemoteBytes(str(self), self.arrow_file()), READ_BYTES)

    def read_bytes(self) -> bytes:
        """Return the content."""
        with asking(self), self.arrow_file() as file:
            return bytes(file.read())

    def read_text(self, encoding: str | None = None, errors: str | None = None) -> str:
        """Return the content as text."""
        return self.read_bytes().decode(encoding or "utf-8", errors or "strict")

    # Writing.

    def write_bytes(self, data: Any) -> int:  # noqa: ANN401
        """Make an object, or put another content in its place, at once.

        By way of a file of this machine: a stream that is closed before its content
        is in it, as by Ctrl-C, would end an empty object.
        """
        if not data:
            served, inside = self._for_writing()
            with asking(self):
                served.open_output_stream(inside).close()
            return 0
        refuse_writing(str(self))
        above = local_scratch()
        above.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=SENT, dir=above) as folder:
            draft = Path(folder) / "object"
            draft.write_bytes(data)
            self.upload(draft)
        return len(data)

    def upload(self, source: Path) -> None:
        """Make an object of a file of this machine.

        Raises
        ------
        RemoteError
            If the server refuses it, or has another size of it then.
        """
        served, inside = self._for_writing()
        with asking(self):
            # Nothing of Python is in between: Ctrl-C cannot end an object too early.
            fs.copy_files(
                str(source),
                inside,
                source_filesystem=fs.LocalFileSystem(),
                destination_filesystem=served,
                chunk_size=_COPY_BYTES,
                use_threads=False,
            )
        size, expected = self._info().size, source.stat().st_size
        if size != expected:
            raise RemoteError(
                str(self), f"{size} bytes are there, {expected} were sent"
            )

    def _for_writing(self) -> tuple[fs.FileSystem, str]:
        refuse_writing(str(self))
        return place_at(str(self))

    def unlink(self, missing_ok: bool = False) -> None:
        """Remove an object."""
        served, inside = self._for_writing()
        try:
            with asking(self):
                served.delete_file(inside)
        except FileNotFoundError:
            if not missing_ok:
                raise

    def mkdir(
        self, mode: int = 0o777, parents: bool = False, exist_ok: bool = False
    ) -> None:
        """Make a folder that is there without a file in it."""
        del mode, parents, exist_ok
        (self / KEEP).write_bytes(b"")

    def rmdir(self) -> None:
        """Take back `mkdir`.

        Raises
        ------
        OSError
            If a file is in it.
        """
        names = [name for name, _ in self._files()]
        if set(names) - {KEEP}:
            reason = os.strerror(errno.ENOTEMPTY)
            raise OSError(errno.ENOTEMPTY, reason, str(self))
        if names:
            (self / KEEP).unlink(missing_ok=True)

    def remove_all(self) -> None:
        """Remove all objects below."""
        for name, _ in list(self._files()):
            (self / name).unlink(missing_ok=True)

    # Names.

    def absolute(self) -> Self:
        """Return the same: a URL is."""
        return self

    def resolve(self, strict: bool = False) -> Self:
        """Return the same: there are no links."""
        del strict
        return self

    def expanduser(self) -> Self:
        """Return the same: there is no home."""
        return self


def fits(name: str, pattern: str) -> bool:
    """Whether each part of a name fits that of a pattern."""
    names, patterns = name.split("/"), pattern.split("/")
    return len(names) == len(patterns) and all(map(fnmatchcase, names, patterns))
