"""Objects of a server made and removed; who may not write is refused before."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pyarrow import fs

from cta_columnar.remote.errors import asking
from cta_columnar.remote.scratch import SENT, local_scratch
from cta_columnar.remote.servers import place_at, refuse_writing

_COPY_BYTES = 1 << 20


def send(source: Path, url: str) -> None:
    """Make an object of a file of this machine.

    Raises
    ------
    RemoteError
        If the server refuses it.
    """
    served, inside = _for_writing(url)
    with asking(url):
        # Nothing of Python is in between: Ctrl-C cannot end an object too early.
        fs.copy_files(
            str(source),
            inside,
            source_filesystem=fs.LocalFileSystem(),
            destination_filesystem=served,
            chunk_size=_COPY_BYTES,
            use_threads=False,
        )


@contextmanager
def drafted(pieces: Iterable[bytes]) -> Iterator[Path]:
    """Have content in a file of this machine meanwhile, to be sent."""
    above = local_scratch()
    above.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=SENT, dir=above) as folder:
        draft = Path(folder) / "object"
        with draft.open("wb") as file:
            file.writelines(pieces)
        yield draft


def make_empty(url: str) -> None:
    """Make an object without content.

    Raises
    ------
    RemoteError
        If the server refuses it.
    """
    served, inside = _for_writing(url)
    with asking(url):
        served.open_output_stream(inside).close()


def delete(url: str) -> None:
    """Remove an object.

    Raises
    ------
    FileNotFoundError
        If there is none.
    RemoteError
        If the server refuses it.
    """
    served, inside = _for_writing(url)
    with asking(url):
        served.delete_file(inside)


def _for_writing(url: str) -> tuple[fs.FileSystem, str]:
    refuse_writing(url)
    return place_at(url)
