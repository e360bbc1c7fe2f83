"""The algorithms of each level: batch in, columns out."""

import importlib
import pkgutil


def load() -> None:
    """Import every module of this room, which registers its algorithms.

    The registry calls this through an entry point, as it does for other packages, since
    it lies below the stages and cannot import them.
    """
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
