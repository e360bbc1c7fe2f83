"""Where and when figures were taken: figures without that mean nothing."""

import datetime
import os
import platform
from importlib import metadata
from pathlib import Path


def here() -> dict[str, str]:
    """Date, processor, load."""
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "processor": _processor(),
        "load": _load(),
    }


def describe(core: int, peer: str) -> dict[str, str]:
    """Date, processor, software."""
    libraries = ("numpy", "numba", "pyarrow", "polars")
    facts = here()
    return {
        "date": facts["date"],
        "processor": f"{facts['processor']}, core {core} alone",
        "system": f"{platform.system()} {platform.machine()}, load {facts['load']}",
        "ours": f"cta_columnar {metadata.version('cta-columnar')} on Python "
        f"{platform.python_version()}, "
        + ", ".join(f"{name} {metadata.version(name)}" for name in libraries),
        "peer": peer,
    }


def _load() -> str:
    """Load average; above 0.5 or so others disturb caches and so the figures."""
    return f"{os.getloadavg()[0]:.1f} at the start, {os.cpu_count()} cores"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
