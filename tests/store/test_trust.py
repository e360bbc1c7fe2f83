"""A dataset of somebody else cannot lead out of itself; a bad disk destroys nothing."""

import errno
import json
import os
from pathlib import Path

import pytest
from store.toy_run import IDENTITY, run

from cta_columnar.errors import ReadError
from cta_columnar.store import (
    StoreError,
    finalize,
    merge,
    open_store,
    prepare,
    remove_abandoned,
    subarray,
    validate,
)
from cta_columnar.store.layout import is_part_of


def with_path(dataset, path):
    """Let the manifest name another path for a part; return its name."""
    manifest = json.loads((dataset / "manifest.json").read_text())
    manifest["shards"][0]["parts"][0]["path"] = path
    (dataset / "manifest.json").write_text(json.dumps(manifest))


def test_paths_of_parts():
    name = "part-0000000001-00000-0ab1-0123456789ab.parquet"
    for folder in ("trigger", "simulation/runs", "images/tel_type=SST_Toy%2FCam%202"):
        assert is_part_of(f"{folder}/{name}", "0ab1")
        assert not is_part_of(f"{folder}/{name}", "0ab2")
    # As earlier versions named them.
    assert is_part_of("trigger/part-0000000001-00000-0ab1.parquet", "0ab1")
    for folder in (
        *("..", "../trigger", "/trigger", "/", "", ".", "trigger/..", "trigger//x"),
        *("trigger/", "a/b/c", "_commits", "images/tel_type=a/b", "images/tel_type= "),
    ):
        assert not is_part_of(f"{folder}/{name}", "0ab1"), folder
    longest = "images/tel_type=" + "x" * (255 - len("tel_type="))
    assert is_part_of(f"{longest}/{name}", "0ab1")
    assert not is_part_of(f"{longest}x/{name}", "0ab1")
    assert not is_part_of(f"trigger/part-{'1' * 255}-00000-0ab1.parquet", "0ab1")
    arabic = "\N{ARABIC-INDIC DIGIT ONE}" * 9
    assert not is_part_of(f"trigger/part-{arabic}-00000-0ab1.parquet", "0ab1")
    for path in (name, f"trigger/../{name}", "trigger/notes.txt", "", 7, None):
        assert not is_part_of(path, "0ab1"), path


@pytest.mark.parametrize("path", ["../../victim", "/etc/passwd", "trigger/victim"])
def test_a_path_that_leads_elsewhere_is_refused_by_name(
    dataset, inputs, tmp_path, path
):
    victim = tmp_path.parent / "victim"
    victim.write_text("mine")
    run(tmp_path / "b", [inputs[0]])
    with_path(dataset, path)
    for action in (
        lambda: open_store(dataset),
        lambda: prepare(dataset, IDENTITY, resume=True),
        lambda: finalize(dataset),
        lambda: merge([dataset, tmp_path / "b"], tmp_path / "all"),
    ):
        with pytest.raises(StoreError, match=rf"manifest.json: .*'{path}' is no part"):
            action()
    assert len(validate(dataset)) == 1
    assert victim.read_text() == "mine"
    # Replacing it removes what is in it, and nothing else.
    run(dataset, inputs, overwrite=True)
    assert victim.read_text() == "mine"


@pytest.mark.parametrize(
    "name", ["trigger", "images", "_tmp", "_commits", "subarray", "_journal", "_plan"]
)
def test_a_folder_that_is_a_link_is_refused_by_name(dataset, inputs, tmp_path, name):
    victim = tmp_path / "home"
    if (dataset / name).exists():
        (dataset / name).rename(victim)
    victim.mkdir(exist_ok=True)
    (victim / "thesis").mkdir()
    (victim / "thesis" / "text").write_text("mine")
    os.utime(victim / "thesis", (0, 0))
    os.utime(victim / "thesis" / "text", (0, 0))
    (dataset / name).symlink_to(victim)
    before = sorted(victim.rglob("*"))
    for action in (
        lambda: open_store(dataset),
        lambda: prepare(dataset, IDENTITY, resume=True),
        lambda: finalize(dataset),
    ):
        with pytest.raises(StoreError, match=f"{name} is a symbolic link"):
            action()
    if name.startswith("_") or name == "subarray":
        with pytest.raises(StoreError, match=f"{name} is a symbolic link"):
            prepare(dataset, IDENTITY, overwrite=True)
    remove_abandoned(dataset)
    assert sorted(victim.rglob("*")) == before
    assert (dataset / name).is_symlink()


def test_a_dataset_may_itself_be_called_by_a_link(dataset, inputs, tmp_path):
    (tmp_path / "link").symlink_to(dataset)
    run(tmp_path / "link", inputs, resume=True)
    assert validate(tmp_path / "link") == []


def refusing(what, path, monkeypatch):
    """Let the system fail to read one file, as a bad disk or server does."""
    name = getattr(Path, what)

    def fail(self, *words, **more):
        if self == path:
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(self))
        return name(self, *words, **more)

    monkeypatch.setattr(Path, what, fail)


@pytest.mark.parametrize("what", ["stat", "open"])
def test_a_part_that_cannot_be_read_is_not_taken_for_damaged(
    dataset, inputs, hashes, monkeypatch, what
):
    before = hashes(dataset)
    part = dataset / open_store(dataset).records[1].parts[0].path
    with monkeypatch.context() as patch:
        refusing(what, part, patch)
        with pytest.raises(
            ReadError, match=rf"{part.name}: Input/output error; what is there stays"
        ):
            run(dataset, inputs, resume=True)
        if what == "open":
            (problem,) = validate(dataset)[:1]
            assert "Input/output error" in problem or "not finished" in problem
    assert all((dataset / name).exists() for name in before if name[0] != "m")
    assert len(open_store(dataset).records) == len(inputs)
    run(dataset, inputs, resume=True)
    assert hashes(dataset) == before


@pytest.mark.parametrize("how", ["resume", "overwrite"])
def test_a_manifest_that_cannot_be_read_is_not_replaced(
    dataset, inputs, hashes, monkeypatch, how
):
    before = hashes(dataset)
    with monkeypatch.context() as patch:
        refusing("open", dataset / "manifest.json", patch)
        with pytest.raises(ReadError, match=r"manifest.json: Input/output error"):
            run(dataset, inputs, **{how: True})
    assert hashes(dataset) == before


def test_an_array_that_cannot_be_read_is_not_damaged(dataset, monkeypatch):
    def fail(path):
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))

    monkeypatch.setattr(subarray.pq, "read_metadata", fail)
    with pytest.raises(ReadError, match=r"telescopes.parquet: Input/output error"):
        subarray.stored_digest(dataset)
