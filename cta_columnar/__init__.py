"""Columnar batch processing for Cherenkov telescope data.

========================  ======================================================
`open_source`             events of a raw file, one by one or in batches
`open_store`              tables of a dataset: ``dl1/``, ``dl2/`` ...
`run`                     a stage, as ``ctacol run`` does it
========================  ======================================================
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cta_columnar.pipelines.opening import open_source as open_source
    from cta_columnar.pipelines.run import run as run
    from cta_columnar.store import open_store as open_store

__version__ = "0.1.0"

# Imported when first asked for: `ctacol --help` must not wait for array libraries.
_LAZY = {
    "open_source": "cta_columnar.pipelines.opening",
    "open_store": "cta_columnar.store",
    "run": "cta_columnar.pipelines.run",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return [*globals(), *_LAZY]
