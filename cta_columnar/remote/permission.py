"""Whether something may be written, asked before hours of work."""

from contextlib import suppress
from uuid import uuid4

from pyarrow import fs

from cta_columnar.remote.errors import RemoteError, asking
from cta_columnar.remote.path import RemotePath
from cta_columnar.remote.servers import place_at, refuse_writing


def check_writing(path: RemotePath) -> None:
    """Ask whether something can be written below a place.

    Raises
    ------
    RemoteError
        If the server refuses it, or there is no such bucket.
    UserError
        If nothing is written to servers of its scheme.
    """
    refuse_writing(str(path))
    if path.scheme == "s3":
        _check_bucket(path)
    # Nothing less tells whether that is allowed.
    probe = path / f".asked-{uuid4().hex}"
    probe.write_bytes(b"")
    probe.unlink(missing_ok=True)


def _check_bucket(path: RemotePath) -> None:
    """Refuse a bucket that is not there: some servers make it of a mistyped name."""
    served, inside = place_at(str(path))
    bucket = inside.partition("/")[0]
    kind = None
    # Keys may be for a folder in it alone; whether they are, writing tells.
    with suppress(RemoteError), asking(path):
        kind = served.get_file_info(bucket).type
    if kind == fs.FileType.NotFound:
        raise RemoteError(str(path), f"NO_SUCH_BUCKET: there is no {bucket!r}")
