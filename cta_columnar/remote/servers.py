"""Which file system of Arrow speaks to a server.

S3 is Arrow's own. All other schemes are those of fsspec, by which a package adds one:
``root://`` comes with fsspec-xrootd, ``http://`` wants aiohttp.
"""

import os
from contextlib import suppress
from functools import lru_cache
from urllib.parse import quote, urlsplit

from pyarrow import fs

from cta_columnar.errors import UserError
from cta_columnar.remote.keys import has_keys, without_keys

# At these, objects appear whole or not at all, can be removed, and stay.
WRITABLE = ("s3",)
# Nothing tells what is there but the files' names.
UNLISTED = ("http", "https")

_EXTRAS = {
    "http": "cta-columnar[http]",
    "https": "cta-columnar[http]",
    "root": "cta-columnar[xrootd]",
}
# By which servers say that a content is another one.
_VERSIONS = ("ETag", "Content-MD5", "Digest", "Last-Modified", "mtime", "created")
_CONNECT_S = 10.0
_REQUEST_S = 60.0
_ATTEMPTS = 4


def scheme_of(url: str) -> str:
    """Return what stands before the colon."""
    return url.partition(":")[0]


@lru_cache
def server_of(scheme: str, host: str) -> fs.FileSystem:
    """Return the file system for a scheme and a host; it may be a bucket.

    Raises
    ------
    UserError
        If the scheme is unknown, or its package is not installed.
    """
    if scheme == "s3":
        return _s3()
    try:
        import fsspec  # noqa: PLC0415 - an extra

        options: dict[str, object] = {}
        if scheme == "root":
            # By what it remembers it takes a file that is not there for a fault.
            options = {"hostid": host, "use_listings_cache": False}
        if scheme in UNLISTED:
            options = {"client_kwargs": {"timeout": _patience()}}
        served = fsspec.filesystem(scheme, **options)
    except ImportError as error:
        what = _EXTRAS.get(scheme, "the package of fsspec for it")
        raise UserError(
            f"{scheme}://{host}: {scheme} wants a package that is not installed: "
            f"pip install '{what}' ({error})"
        ) from error
    except ValueError as error:
        raise UserError(
            f"{scheme}://{host}: no scheme of ours; known are s3, http, https, root, "
            f"and those of fsspec ({error})"
        ) from error
    return fs.PyFileSystem(fs.FSSpecHandler(served))


def _patience() -> object:
    """Return how long a web server may be silent; a whole file may take any time."""
    from aiohttp import ClientTimeout  # noqa: PLC0415 - an extra

    return ClientTimeout(total=None, connect=_CONNECT_S, sock_read=_REQUEST_S)


def check_missing(served: fs.FileSystem, inside: str) -> None:
    """Make sure that a web server said itself that something is not there.

    fsspec takes whatever goes wrong for that.
    """
    with suppress(FileNotFoundError):
        served.handler.fs.cat_file(inside, start=0, end=1)


def version_at(url: str) -> str:
    """Return what a server says of the content of an object, as its ETag.

    Empty where it says nothing but a size.
    """
    served, inside = place_at(url)
    if isinstance(served, fs.PyFileSystem):
        said = dict(served.handler.fs.info(inside))
    else:
        with served.open_input_file(inside) as file:
            said = dict(file.metadata())
    return " ".join(f"{key}={said[key]}" for key in _VERSIONS if said.get(key))


def _s3() -> fs.S3FileSystem:
    """Return S3 as the usual variables of the environment describe it."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get(
        "AWS_ENDPOINT_URL"
    )
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    options: dict[str, str] = {}
    if endpoint:
        parts = urlsplit(endpoint)
        is_web = parts.scheme in ("http", "https") and parts.netloc
        if not is_web or has_keys(endpoint):
            raise UserError(
                f"AWS_ENDPOINT_URL={without_keys(endpoint)} is no http://host:port or "
                "https://host; keys have variables of their own"
            )
        options = {"endpoint_override": parts.netloc, "scheme": parts.scheme}
    if region or endpoint:
        # Servers other than Amazon's mostly have one region, and take any name.
        options["region"] = region or "us-east-1"
    return fs.S3FileSystem(
        connect_timeout=_CONNECT_S,
        request_timeout=_REQUEST_S,
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=_ATTEMPTS),
        # A small object is one request, and not the three of an upload in pieces.
        allow_delayed_open=True,
        **options,
    )


def refuse_writing(url: str) -> None:
    """Refuse to write where that is not safe, or not possible.

    Raises
    ------
    UserError
        Which says where it is.
    """
    scheme = scheme_of(url)
    if scheme not in WRITABLE:
        raise UserError(
            f"{url}: {scheme}:// is read only; write to s3:// or to a folder of "
            "this machine"
        )


def place_at(url: str) -> tuple[fs.FileSystem, str]:
    """Return the file system of a URL, and what it calls the place."""
    scheme = scheme_of(url)
    host, _, rest = url.partition("://")[2].partition("/")
    served = server_of(scheme, host)
    if scheme == "s3":
        return served, f"{host}/{rest}".rstrip("/")
    if scheme in UNLISTED:
        return served, f"{scheme}://{host}/{_escaped(rest)}"
    if scheme == "memory":
        return served, f"/{host}/{rest}".rstrip("/")
    return served, f"/{rest}"


def _escaped(names: str) -> str:
    """Escape the names of telescopes, whose percent signs are part of a file's name.

    Other names are of who gave the URL, and are written as URLs are.
    """
    return "/".join(
        quote(each) if each.startswith("tel_type=") else each
        for each in names.split("/")
    )
