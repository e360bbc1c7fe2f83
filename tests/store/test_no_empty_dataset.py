"""A run that fails before anything is in its dataset leaves none."""

import pytest
from store.toy_run import IDENTITY

from cta_columnar.errors import UserError
from cta_columnar.store import no_empty_dataset, prepare


def fail(root, error=UserError):
    with pytest.raises(error), no_empty_dataset(root):
        raise error("told")


def test_it_is_removed_with_its_folder(tmp_path):
    prepare(tmp_path / "dl1", IDENTITY)
    fail(tmp_path / "dl1")
    assert not (tmp_path / "dl1").exists()


def test_what_others_write_stays(tmp_path):
    prepare(tmp_path / "dl1", IDENTITY)
    (tmp_path / "dl1" / "_tmp" / "theirs").mkdir(parents=True)
    fail(tmp_path / "dl1")
    assert (tmp_path / "dl1" / "_commits").is_dir()


def test_files_of_other_origin_stay(tmp_path):
    prepare(tmp_path / "dl1", IDENTITY)
    (tmp_path / "dl1" / "notes.txt").touch()
    fail(tmp_path / "dl1")
    assert [p.name for p in (tmp_path / "dl1").iterdir()] == ["notes.txt"]


def test_what_was_interrupted_stays(tmp_path):
    prepare(tmp_path / "dl1", IDENTITY)
    fail(tmp_path / "dl1", KeyboardInterrupt)
    assert (tmp_path / "dl1" / "_commits").is_dir()
