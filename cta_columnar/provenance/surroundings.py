"""What a run depends on besides its inputs: software, machine, user."""

import getpass
import os
import platform
import socket
from importlib import metadata

from cta_columnar import __version__

_LIBRARIES = (
    "astropy",
    "eventio",
    "isal",
    "llvmlite",
    "numba",
    "numpy",
    "polars",
    "pyarrow",
    "scikit-learn",
    "zstandard",
)


def software() -> dict[str, str]:
    """Return the versions of everything that takes part."""
    versions = {"cta_columnar": __version__, "python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def machine() -> dict[str, str]:
    """Return what ran it: host, system, processor."""
    return {
        "host": socket.gethostname(),
        "system": platform.platform(),
        "processor": _processor(),
        "processors": str(os.cpu_count()),
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:  # noqa: PTH123
            names = (line for line in file if line.startswith("model name"))
            return next(names).partition(":")[2].strip()
    except (OSError, StopIteration):
        return platform.processor()


def user() -> str:
    """Return who ran it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # in a container, an id without a name
        return str(os.getuid()) if hasattr(os, "getuid") else "unknown"
