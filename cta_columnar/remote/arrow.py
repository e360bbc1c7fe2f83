"""What Arrow wants of a path: itself, or a file that asks a server."""

from pathlib import Path

import pyarrow as pa
from pyarrow import fs

from cta_columnar.remote.path import RemotePath
from cta_columnar.remote.servers import place_at


def arrow_source(path: Path) -> Path | pa.NativeFile:
    """Return what Parquet files are read from."""
    return path.arrow_file() if isinstance(path, RemotePath) else path


def arrow_place(path: Path) -> tuple[fs.FileSystem, str]:
    """Return the file system of a path, and its name there."""
    if isinstance(path, RemotePath):
        return place_at(str(path))
    return fs.LocalFileSystem(), str(path)
