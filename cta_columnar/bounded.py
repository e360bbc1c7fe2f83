"""Reading files of others: never more memory than is said here, never without an end.

``docs/security.md`` has a table of all bounds.
"""

import gzip
import io
import json
import stat
from pathlib import Path
from typing import Any

from cta_columnar.errors import UserError

MAX_JSON_BYTES = 512 << 20
"""Of manifests, plans and provenance, which grow by 5 to 20 kB for each shard."""

FREE_JSON_VALUES = 1 << 20
JSON_VALUE_BYTES = 16
"""Of files of more values: bytes for each, on average, or more; ours have 30 to 70.

A dict of one value takes 190 bytes in memory, and 6 in a file.
"""

MAX_YAML_BYTES = 1 << 20
"""Of configurations; those that are shipped have 12 kB at most."""

MAX_FITS_BYTES = 256 << 20
"""An observation of two million events; others are to be cut into shorter ones."""
MAX_TEXT_TABLE_BYTES = 128 << 20

_GZIP = b"\x1f\x8b"


class RefusedFileError(UserError):
    """A file that would take more memory than files of its kind may, or has no end."""


def require_regular(path: Path) -> int:
    """Return the size of a file; refuse a pipe or device, of which nobody sees the end.

    Raises
    ------
    OSError
        If there is none.
    RefusedFileError
        If it is neither a file nor a folder: who opens that is told so.
    """
    found = path.stat()
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
        raise RefusedFileError(f"{path} is a pipe or device, not a file; remove it")
    return found.st_size


def check_size(path: Path, size: int, most: int) -> None:
    """Refuse a file that is larger than those of its kind may be.

    Raises
    ------
    RefusedFileError
        Which says what may be.
    """
    if size > most:
        raise RefusedFileError(
            f"{path}: {size} bytes; files of this kind have {most} at most. Look where "
            "it is from, or make it smaller"
        )


def read_bounded(path: Path, most: int) -> bytes:
    """Read a whole file.

    Parameters
    ----------
    path : pathlib.Path
        A regular file.
    most : int
        Bytes that it may have.

    Raises
    ------
    OSError
        If it is not there, is a folder, or cannot be read.
    RefusedFileError
        If it is larger, or no file.
    """
    size = require_regular(path)
    check_size(path, size, most)
    with path.open("rb") as file:
        # As much as is asked for is allocated.
        content = file.read(size)
        # It may grow meanwhile.
        if more := file.read(1):
            content += more + file.read(most - size)
    check_size(path, len(content), most)
    return content


def unpacked(path: Path, content: bytes, most: int) -> bytes:
    """Return what a gzip file holds; what is no gzip file, as it is.

    Raises
    ------
    OSError, EOFError, zlib.error
        If it is damaged.
    RefusedFileError
        If it holds more than ``most`` bytes: a few may stand for any number.
    """
    if not content.startswith(_GZIP):
        return content
    with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
        found = stream.read(most + 1)
    check_size(path, len(found), most)
    return found


def parse_json(text: bytes | str) -> Any:  # noqa: ANN401
    """Return what JSON says.

    Raises
    ------
    ValueError
        If it is none, lies deeper in itself than anything that is written here, or
        has more values than files of its size have.
    """
    content = text.encode("utf-8", "replace") if isinstance(text, str) else text
    n_values = sum(map(content.count, (b"[", b"{", b",")))
    if n_values > max(FREE_JSON_VALUES, len(content) // JSON_VALUE_BYTES):
        raise ValueError(f"it has {n_values} values in {len(content)} bytes")
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
