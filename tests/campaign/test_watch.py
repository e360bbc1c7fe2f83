"""The reader of the campaign notices what it is there for."""

import random

import pytest
from campaign.bench import Undisturbed, differences
from campaign.run import shares, table
from campaign.watch import Watch
from runs.commands import hashes
from store.toy_run import IDENTITY, run, write_input

from cta_columnar.store import drop_record, open_store, prepare
from cta_columnar.store.commits import record_path
from cta_columnar.store.layout import parts_on_disk


@pytest.fixture
def root(tmp_path):
    """Return a finished dataset of two shards."""
    run(tmp_path / "dl1", [write_input(tmp_path / str(n), n) for n in (1, 2)])
    return tmp_path / "dl1"


@pytest.fixture
def watch(root):
    """Return a reader that has seen it."""
    found = Watch(root)
    found.look()
    assert not found.problems
    assert found.seen["finished"] == 1
    return found


def a_part(root):
    return root / parts_on_disk(root)[0]


def cut_short(path):
    path.write_bytes(path.read_bytes()[:-100])


def problems(watch):
    watch.look()
    return "\n".join(watch.problems)


def test_a_dataset_that_is_begun_and_finished(root, watch, tmp_path):
    early = Watch(tmp_path / "dl2")
    early.look()
    assert early.seen["not yet"] == 1
    # A run that goes on begins by turning the manifest into records.
    prepare(root, IDENTITY, resume=True)
    assert not problems(watch)
    assert watch.seen["not finished"] == 1


def test_half_a_part_is_seen_whether_it_is_recorded_or_not(root, watch):
    part = a_part(root)
    other = part.with_name("part-0000000009-00000-abc-0123456789ab.parquet")
    other.write_bytes(part.read_bytes()[:-100])
    assert f"{other} is half-written" in problems(watch)
    cut_short(part)
    assert f"{part} is not what its record says" in problems(watch)


def test_another_content_than_its_name_is_seen(root, watch):
    part = a_part(root)
    other = part.with_name("part-0000000009-00000-abc-0123456789ab.parquet")
    other.write_bytes(part.read_bytes())
    assert "has another SHA-256 than its name" in problems(watch)


def test_a_part_that_vanished_is_seen_unless_it_is_known(root, watch):
    part = a_part(root)
    key = open_store(root).records[0].key
    assert key in part.name
    part.unlink()
    assert f"{part} is not what its record says: None" in problems(watch)
    bearing = Watch(root)
    bearing.lost.add(key)
    assert not problems(bearing)


def test_a_record_that_vanished_is_seen(root, watch):
    prepare(root, IDENTITY, resume=True)
    key = open_store(root).records[0].key
    drop_record(root, key)
    assert f"the record {key} has vanished" in problems(watch)


def test_half_a_record_is_seen(root, watch):
    prepare(root, IDENTITY, resume=True)
    path = record_path(root, open_store(root).records[0].key)
    cut_short(path)
    assert f"{path} is not whole" in problems(watch)


def test_a_dataset_that_is_one_no_more_is_seen(root, watch):
    (root / "manifest.json").unlink()
    assert "is no dataset" in problems(watch)


def test_differences_are_named(root):
    undisturbed = Undisturbed(hashes(root), 2, 1.0, 1.0)
    assert differences(root, undisturbed) == []
    part = a_part(root)
    (root / "_tmp").mkdir()
    part.with_name("more").touch()
    part.unlink()
    found = "\n".join(differences(root, undisturbed))
    for word in (f"{part.name} is missing", "more is too much", "_tmp/ is left"):
        assert word in found


def test_rounds_are_divided_and_told():
    assert sum(shares(list("abc"), 5, random.Random(1)).values()) == 5
    told = {"kind": "the command", "struck": True, "commits": 3, "in_the_midst": True}
    told |= {"ended": "SIGKILL", "problems": [], "seen": {"looks": 7}}
    late = told | {"struck": False}
    wrong = told | {"problems": ["a part differs"], "commits": 5}
    (*_, row, whole) = table([told, late, wrong]).splitlines()
    assert row == "| the command | 2 | 1 | 2 | 3-5 | 0 | 1 | 21 | 1 |"
    assert whole.startswith("| all | 2 | 1 |")
