import hashlib
import os

import pytest
from store.toy_run import run, write_input


@pytest.fixture
def inputs(tmp_path):
    """Four inputs of unequal size, one of them without events."""
    folder = tmp_path / "in"
    folder.mkdir()
    sizes = {1: 20, 2: 3, 3: 0, 4: 40}
    return [write_input(folder / f"{obs}.json", obs, n) for obs, n in sizes.items()]


@pytest.fixture
def dataset(tmp_path, inputs):
    """Return a finished dataset of them."""
    root = tmp_path / "dl1"
    run(root, inputs)
    return root


def hashes(root):
    """Digest of every file of a dataset but its provenance and journal, by path."""
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
        and path.name != "provenance.json"
        and "_journal" not in path.parts
    }


@pytest.fixture(name="hashes")
def hashes_fixture():
    return hashes


@pytest.fixture(autouse=True)
def _no_power_cuts(monkeypatch):
    """Processes get killed here, disks do not lose power: waiting for them is idle."""
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)


@pytest.fixture
def halves(tmp_path, inputs):
    """Return two datasets, of two inputs each."""
    run(tmp_path / "a", inputs[:2])
    run(tmp_path / "b", inputs[2:])
    return [tmp_path / "a", tmp_path / "b"]
