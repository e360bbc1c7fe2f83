"""A path whose files lie with a server, where folders are what names have in common.

It takes the place of a `pathlib.Path` in what reads and writes datasets. A folder is
there if a file below it is. What makes a folder by itself puts an empty object into it,
`KEEP`, which is not listed. Objects get their names when they are whole.
"""

import errno
import io
import os
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path, PosixPath
from typing import Any, NoReturn, Self

import pyarrow as pa
from pyarrow import fs

from cta_columnar.errors import UserError
from cta_columnar.remote.content import RemoteBytes
from cta_columnar.remote.errors import RemoteError, asking
from cta_columnar.remote.listing import (
    files_below,
    fits,
    info_of,
    newest_of,
    stat_of,
)
from cta_columnar.remote.sending import delete, drafted, make_empty, send
from cta_columnar.remote.servers import (
    UNLISTED,
    place_at,
    refuse_writing,
    scheme_of,
    version_at,
)

KEEP = ".folder"
# Asked for at once by who reads a file from its beginning to its end.
READ_BYTES = 8 << 20


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
        return stat_of(str(self), self._info())

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
        return info_of(str(self))

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
        # Not all servers can list what is no folder.
        if self.scheme == "s3" or self.is_dir():
            yield from files_below(str(self))

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
        return newest_of(each for _, each in self._files())

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
        """Make an object, or put another content in its place, at once."""
        if data:
            self.write_pieces([data])
        else:
            make_empty(str(self))
        return len(data)

    def write_pieces(self, pieces: Iterable[bytes]) -> None:
        """Do as `write_bytes` with content, not empty, that comes in pieces.

        By way of a file of this machine: a stream that is closed before its content
        is in it, as by Ctrl-C, would end an empty object.
        """
        refuse_writing(str(self))
        with drafted(pieces) as draft:
            self.upload(draft)

    def upload(self, source: Path) -> None:
        """Make an object of a file of this machine.

        Raises
        ------
        RemoteError
            If the server refuses it, or has another size of it then.
        """
        send(source, str(self))
        size, expected = self._info().size, source.stat().st_size
        if size != expected:
            raise RemoteError(
                str(self), f"{size} bytes are there, {expected} were sent"
            )

    def unlink(self, missing_ok: bool = False) -> None:
        """Remove an object."""
        try:
            delete(str(self))
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
