"""The house has one direction; this holds it."""

from pathlib import Path

import layering
import pytest

ROOT = Path(__file__).parents[1]
MODULES = dict(layering.modules(ROOT))


@pytest.mark.parametrize("module", MODULES)
def test_module_imports_only_what_it_may(module):
    path = MODULES[module]
    is_package = path.name == "__init__.py"
    source = path.read_text(encoding="utf-8")
    found = layering.complaints(source, module, is_package=is_package)
    assert found == []


def test_every_room_of_the_package_is_looked_at():
    assert {layering.room_of(module) for module in MODULES} >= {
        "",
        "cli",
        "kernels",
        "schemas",
        "sources",
        "stages",
    }
    assert "cta_columnar.kernels._jit" in MODULES


FORBIDDEN = {
    "upward": ("stages.x", "from cta_columnar.pipelines import run"),
    "upward, from the package": ("stages.x", "from cta_columnar import pipelines"),
    "upward, in a function": ("store.x", "def f():\n    import cta_columnar.cli.main"),
    "upward, for types only": (
        "store.x",
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from cta_columnar.pipelines.stage1 import run",
    ),
    "upward, by name": ("store.x", "import_module('cta_columnar.cli.main')"),
    "upward, relative": ("stages.deep.x", "from ...pipelines import stage1"),
    "the face": ("pipelines.x", "from cta_columnar import open_source"),
    "same layer": ("sources.x", "from cta_columnar.store import open_store"),
    "same layer, low": ("config", "from cta_columnar.registry import get"),
    "siblings at the bottom": ("kernels.x", "from cta_columnar.schemas import dl1"),
    "unknown room": ("attic.x", "import numpy"),
    "import of an unknown room": ("cli.x", "import cta_columnar.attic"),
    "numba in a kernel": ("kernels.x", "from numba import njit"),
    "numba outside": ("stages.x", "import numba"),
    "scipy in a kernel": ("kernels.x", "import scipy.special"),
    "standard library in a kernel": ("kernels.x", "import os"),
    "numpy in a schema": ("schemas.x", "import numpy"),
    "dask in another executor": ("executors.processes", "import dask.distributed"),
    "scikit-learn in a stage": ("stages.hillas", "from sklearn import tree"),
    "pyplot in a stage": ("stages.x", "import matplotlib.pyplot as plt"),
    "files in a stage": ("stages.x", "from pathlib import Path"),
    "parquet in a stage": ("stages.x", "from pyarrow import parquet"),
    "open in a stage": ("stages.x", "text = open('x').read()"),
    "physics in an executor": ("executors.x", "from cta_columnar.stages import hillas"),
    "units in an executor": ("executors.x", "import astropy.units as u"),
}


@pytest.mark.parametrize("case", FORBIDDEN)
def test_what_is_forbidden_is_seen(case):
    module, source = FORBIDDEN[case]
    assert len(layering.complaints(source, f"cta_columnar.{module}")) == 1


ALLOWED = {
    "downward": ("pipelines.x", "from cta_columnar.stages import chain"),
    "far downward": ("cli.x", "from cta_columnar.schemas import dl1"),
    "own room": ("stages.x", "from cta_columnar.stages.chain import run"),
    "own room, relative": ("stages.x", "from . import chain"),
    "the version": ("provenance", "from cta_columnar import __version__"),
    "the face looks down": ("__init__", "from cta_columnar.sources import open_source"),
    "numba in its home": ("kernels._jit", "import numba"),
    "dask in its home": ("executors.dask", "from distributed import Client"),
    "scikit-learn in its home": ("stages.training.x", "from sklearn import tree"),
    "arrow in a schema": ("schemas.x", "import pyarrow as pa"),
    "arrow in a stage": ("stages.x", "import pyarrow as pa"),
}


@pytest.mark.parametrize("case", ALLOWED)
def test_what_is_allowed_passes(case):
    module, source = ALLOWED[case]
    name = f"cta_columnar.{module}".removesuffix(".__init__")
    assert layering.complaints(source, name) == []
