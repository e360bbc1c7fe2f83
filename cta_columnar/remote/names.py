"""From what a user names to a path, and back."""

import glob
import os
import re
from os import PathLike
from pathlib import Path

from cta_columnar.errors import UserError
from cta_columnar.remote.keys import has_keys, without_keys
from cta_columnar.remote.listing import fits
from cta_columnar.remote.path import RemotePath

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")

AnyPath = str | PathLike[str]


def is_url(name: object) -> bool:
    """Whether a name is one of a server."""
    if isinstance(name, RemotePath):
        return True
    return isinstance(name, str) and _URL.match(name) is not None


def is_remote(path: AnyPath) -> bool:
    """Whether a path is at a URL."""
    return isinstance(path, RemotePath)


def location(name: AnyPath) -> Path:
    """Return the path of what a user names: of this machine, or at a URL.

    ``file://`` is this machine.

    Raises
    ------
    UserError
        If a URL names nothing, or says more than a place.
    """
    if isinstance(name, Path):
        return name
    text = os.fspath(name)
    if not is_url(text):
        return Path(text)
    scheme, _, rest = text.partition("://")
    if scheme == "file":
        return Path(rest)
    if scheme == "s3" and re.search(r"[?#@]", rest.partition("/")[0] + rest[-1:]):
        raise UserError(
            f"{without_keys(text)}: s3:// takes a bucket and a name; server and "
            "credentials are those of the environment: AWS_ENDPOINT_URL, "
            "AWS_ACCESS_KEY_ID ..."
        )
    if has_keys(text):
        raise UserError(
            f"{without_keys(text)}: this was given with a user, a password or a query. "
            "A URL is written into records and reports, so it holds server and name "
            "alone; copy here first what wants more"
        )
    if not rest.strip("/"):
        raise UserError(f"{text} names no place")
    return RemotePath(f"{scheme}://{rest}")


def absolute_name(path: AnyPath) -> str:
    """Return a name that is the same from any folder; links stay."""
    place = location(path)
    if isinstance(place, RemotePath):
        return str(place)
    return os.path.abspath(place)  # noqa: PTH100


def real_name(path: AnyPath) -> str:
    """Return the only name of a file: absolute, no links."""
    if isinstance(path, str) and is_url(path) and has_keys(path):
        # As somebody else recorded it; it is never asked for.
        return path
    place = location(path)
    if isinstance(place, RemotePath):
        return str(place)
    # Unlike `Path.resolve` this takes a link that leads to itself.
    return os.path.realpath(place)


def can_be_file(name: str) -> bool:
    """Whether the system could have a file of this name; not all texts are names."""
    try:
        return b"\0" not in os.fsencode(name)
    except UnicodeEncodeError:
        return False


def matching(pattern: RemotePath) -> list[Path]:
    """Return the files at a URL with wild cards; each stands for a part of a name."""
    parts = pattern.parts
    n_plain = next(n for n, each in enumerate(parts) if glob.has_magic(each))
    folder = type(pattern)(*parts[:n_plain])
    wanted = "/".join(parts[n_plain:])
    return [folder / name for name in folder.files() if fits(name, wanted)]


def refuse_url(name: object, why: str) -> None:
    """Refuse a URL where only a folder or file of this machine will do.

    Raises
    ------
    UserError
        With the reason.
    """
    if is_url(name):
        raise UserError(f"{without_keys(str(name))}: {why}")
