"""What the audit counts as known, and what it looks at."""

import runpy
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def audit():
    return runpy.run_path(str(Path(__file__).parents[1] / ".ci" / "audit.py"))


@pytest.mark.parametrize(
    "text",
    [
        "BSD License",
        "BSD-3-Clause AND 0BSD AND MIT AND Zlib AND CC0-1.0",
        "BSD-2-Clause AND Apache-2.0 WITH LLVM-exception",
        "ISC License (ISCL)",
        "Mozilla Public License 2.0 (MPL 2.0)",
        "Python Software Foundation License",
    ],
)
def test_licences_that_ask_to_be_named(audit, text):
    assert audit["is_known"](text)


@pytest.mark.parametrize(
    "text",
    [
        "miscellaneous",
        "limited use",
        "not stated",
        "GPL-3.0-only AND MIT",
        "LGPLv3",
        "",
    ],
)
def test_others(audit, text):
    assert not audit["is_known"](text)


def test_what_users_install_is_looked_at(audit):
    """Those of extras, and what they need in their turn; not what is for us."""
    needed, absent = audit["closure"]()
    assert needed["numpy"] == "us"
    assert needed["threadpoolctl"] == "us"  # scikit-learn needs it, too
    assert needed["distributed"] == "us, [dask]"
    assert needed["tornado"] == "distributed"
    assert {"jinja2", "cryptography", "aiohttp"} <= needed.keys()
    assert not {"pytest", "hypothesis", "mypy"} & needed.keys()
    assert not needed.keys() & set(absent)
