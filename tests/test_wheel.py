"""What gets installed, and under which names."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAPPED = ("configs", "kernels", "schemas")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def isolated(code, folder):
    """Run code as a user would: not in the checkout, nothing added to the path."""
    return subprocess.run(
        [sys.executable, "-I", "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", MAPPED)
def test_mapped_folders_do_not_leak_their_names(name, tmp_path):
    code = (
        f"import importlib.util as u, sys; sys.exit(u.find_spec({name!r}) is not None)"
    )
    done = isolated(code, tmp_path)
    assert done.returncode == 0, f"`import {name}` works for everybody: {done.stderr}"


@pytest.mark.parametrize("name", MAPPED)
def test_mapped_folders_are_imported_below_the_package(name, tmp_path):
    done = isolated(f"import cta_columnar.{name} as m; print(m.__name__)", tmp_path)
    assert done.stdout.strip() == f"cta_columnar.{name}", done.stderr


@pytest.mark.parametrize("name", MAPPED)
def test_mapped_folders_are_linked_for_type_checkers(name):
    link = ROOT / "cta_columnar" / name
    assert link.is_symlink()
    assert link.resolve() == ROOT / name


def test_every_package_is_listed():
    found = set()
    for folder in (ROOT / "cta_columnar", *(ROOT / name for name in MAPPED)):
        for path in folder.rglob("__init__.py"):
            parts = path.parent.relative_to(ROOT).parts
            if parts[0] == "cta_columnar" and parts[1:2] and parts[1] in MAPPED:
                continue  # seen through a link
            name = ".".join(parts)
            found.add(name if parts[0] == "cta_columnar" else f"cta_columnar.{name}")
    assert found == set(PROJECT["tool"]["setuptools"]["packages"])


def test_every_folder_with_modules_is_a_package():
    # A folder without __init__.py works in the checkout and is missing in the wheel.
    for folder in (ROOT / "cta_columnar", *(ROOT / name for name in MAPPED)):
        for path in folder.rglob("*.py"):
            assert (path.parent / "__init__.py").exists(), path


@pytest.mark.parametrize("name", ["", *MAPPED])
def test_data_files_are_listed(name):
    data = PROJECT["tool"]["setuptools"]["package-data"]
    patterns = data.get(f"cta_columnar.{name}".rstrip("."), [])
    for path in (ROOT / (name or "cta_columnar")).rglob("*"):
        if path.is_file() and path.suffix not in {".py", ".pyc"}:
            assert any(path.match(pattern) for pattern in patterns), path


def test_type_checkers_are_told():
    assert "py.typed" in PROJECT["tool"]["setuptools"]["package-data"]["cta_columnar"]
