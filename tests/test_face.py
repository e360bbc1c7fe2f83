import subprocess
import sys

import pytest

import cta_columnar


def isolated(code):
    """Standard output of a fresh interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_public_names():
    assert {"open_source", "open_store", "run"} <= set(dir(cta_columnar))
    assert callable(cta_columnar.open_store)
    with pytest.raises(AttributeError, match="no attribute 'open_sauce'"):
        _ = cta_columnar.open_sauce


def test_import_loads_nothing_heavy():
    heavy = "numpy", "pyarrow", "polars", "astropy", "numba", "pydantic"
    loaded = isolated("import cta_columnar, sys; print(*sys.modules)").split()
    assert not set(heavy) & set(loaded)


def test_import_is_quick():
    code = (
        "import time; start = time.process_time(); import cta_columnar;"
        "print(time.process_time() - start)"
    )
    assert min(float(isolated(code)) for _ in range(3)) < 0.05
