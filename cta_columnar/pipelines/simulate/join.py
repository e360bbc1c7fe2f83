"""Pieces become one file: each is removed when it is in there, and takes room once.

What has been joined is found again by the records of the pieces, which stay to the end.
A run that is killed at any moment therefore leaves every piece in the draft, by itself,
or in both.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from cta_columnar.faults import fault_point
from cta_columnar.pipelines.simulate.piece import PieceRecord
from cta_columnar.store.errors import writing
from cta_columnar.store.files import remove

_CHUNK = 4 << 20


def n_joined(draft: Path, records: Sequence[PieceRecord | None]) -> int:
    """Count the pieces that are in a draft, from the first one on, byte by byte.

    Parameters
    ----------
    draft : Path
        The draft; it may be missing.
    records : sequence of PieceRecord or None
        Of all pieces, in order, None where there is no record.
    """
    if not draft.exists():
        return 0
    with draft.open("rb") as file:
        for number, record in enumerate(records):
            if record is None:
                return number
            sha = hashlib.sha256()
            for chunk in _chunks(file, record.size):
                sha.update(chunk)
            if sha.hexdigest() != record.sha256:
                return number
    return len(records)


def join(
    draft: Path, folder: Path, records: Sequence[PieceRecord], n_there: int, end: bytes
) -> str:
    """Append all pieces to the draft and remove them.

    Parameters
    ----------
    draft : Path
        Where they go.
    folder : Path
        Where they are.
    records : sequence of PieceRecord
        Of all pieces, in order.
    n_there : int
        Pieces that are in the draft already, see `n_joined`.
    end : bytes
        Comes last.

    Returns
    -------
    sha256 : str
        Of the draft.

    Raises
    ------
    WriteError
        If the disk is full, or the draft cannot be written.
    """
    sha = hashlib.sha256()
    with writing(draft):
        draft.touch()
        with draft.open("r+b") as file:
            size = sum(record.size for record in records[:n_there])
            for chunk in _chunks(file, size):
                sha.update(chunk)
            # Behind them may be half a piece.
            file.truncate(size)
            for record in records[n_there:]:
                piece = folder / record.name
                with piece.open("rb") as source:
                    for chunk in _chunks(source, record.size):
                        sha.update(chunk)
                        file.write(chunk)
                _sync(file)
                fault_point("during-joining")
                remove(piece)
            sha.update(end)
            file.write(end)
            _sync(file)
    return sha.hexdigest()


def _chunks(file: BinaryIO, size: int) -> Iterator[bytes]:
    """Read so many bytes, or up to the end."""
    while size and (chunk := file.read(min(size, _CHUNK))):
        size -= len(chunk)
        yield chunk


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
