"""Links that somebody has put into a dataset: nothing is written through them."""

import os

import pytest
from store.toy_run import IDENTITY, run
from toy_gadf import make_observation

from cta_columnar import durable, page
from cta_columnar.pipelines.planning import marks
from cta_columnar.pipelines.planning.plan_data import Plan, PlannedPiece
from cta_columnar.store import StoreError, WriteError, merge, validate
from cta_columnar.store import files as store_files
from cta_columnar.store.gadf import write_gadf
from cta_columnar.store.journal import Journal
from cta_columnar.store.journal_page import Page
from cta_columnar.store.processes import process_name
from cta_columnar.store.scratch import put_back, take_scratch


@pytest.fixture
def victim(tmp_path):
    """A file of somebody that nobody may change, nor the folder that it is in."""
    path = tmp_path / "home" / "thesis"
    path.parent.mkdir()
    path.write_bytes(b"mine")
    os.utime(path, (0, 0))
    yield path
    assert path.read_bytes() == b"mine"
    assert path.stat().st_mtime == 0
    assert [each.name for each in path.parent.iterdir()] == ["thesis"]


def write_hashed(path):
    file = durable.HashedFile(path)
    file.write(b"ours")
    file.close()


def write_page(path):
    # Its draft has such a name; the page itself has another.
    path.rename(path.with_name(f".page.{os.getpid()}"))
    page.write_whole(path.with_name("page"), "ours")
    path.with_name("page").rename(path)


def write_copy(path):
    path.with_name("source").write_bytes(b"ours")
    durable.copy_new(path.with_name("source"), path)


WRITERS = {
    "part": write_hashed,
    "page": write_page,
    "copy": write_copy,
    "draft": lambda path: store_files.write_draft(path.name, b"ours", path.parent),
}


@pytest.mark.parametrize("kind", ["link", "hard link", "link to nothing"])
@pytest.mark.parametrize("what", WRITERS)
def test_what_has_the_name_of_a_draft_goes(tmp_path, victim, what, kind):
    path = tmp_path / "dl1" / "draft"
    path.parent.mkdir()
    if kind == "hard link":
        path.hardlink_to(victim)
    else:
        path.symlink_to(victim.with_name("thesis" if kind == "link" else "more"))
    WRITERS[what](path)
    assert not path.is_symlink()
    assert path.read_bytes() == b"ours"


@pytest.mark.parametrize("name", ["thesis", "more"])
def test_a_journal_is_a_new_file(tmp_path, victim, name):
    path = tmp_path / "dl1" / "_journal" / "now-me.jsonl"
    path.parent.mkdir(parents=True)
    path.symlink_to(victim.with_name(name))
    one = Page(path)
    one.write(b"a line\n")
    one.close()
    assert path.is_symlink()
    with Journal(tmp_path / "dl1", stage="stage1"):
        pass
    assert len(list(path.parent.glob("*.jsonl"))) == 2


def test_scratch_folders_that_are_links(tmp_path, victim):
    scratch = tmp_path / "dl1" / "_tmp"
    scratch.mkdir(parents=True)
    mine = scratch / "key-me"
    mine.symlink_to(victim.parent)
    take_scratch(mine)
    assert not mine.is_symlink()
    put_back(mine)
    (idle,) = scratch.iterdir()
    idle.rmdir()
    idle.symlink_to(victim.parent)
    with pytest.raises(StoreError, match="key-me is a symbolic link, through which"):
        take_scratch(mine)
    # It has its name by now, and goes.
    take_scratch(mine)
    assert not mine.is_symlink()


def hdus():
    return make_observation(7, 3)


def test_an_event_list_replaces_a_link(tmp_path, victim):
    """Its name, and that of its draft, may lead to files of others."""
    path = tmp_path / "dl3" / "events.fits"
    draft = path.parent / "_tmp" / process_name() / path.name
    draft.parent.mkdir(parents=True)
    for each in (path, draft):
        each.symlink_to(victim)
    write_gadf(path, hdus())
    assert not path.is_symlink()
    assert path.read_bytes().startswith(b"SIMPLE")
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_drafts_of_event_lists_are_not_sought_behind_a_link(tmp_path):
    path = tmp_path / "dl3" / "events.fits"
    path.parent.mkdir()
    thesis = tmp_path / "home" / process_name() / "thesis"
    thesis.parent.mkdir(parents=True)
    thesis.write_bytes(b"mine")
    (path.parent / "_tmp").symlink_to(tmp_path / "home")
    with pytest.raises(StoreError, match="_tmp is a symbolic link, through which"):
        write_gadf(path, hdus())
    assert thesis.read_bytes() == b"mine"
    assert not path.exists()


def test_all_scratch_may_be_a_link(tmp_path, victim):
    (tmp_path / "dl1").mkdir()
    (tmp_path / "dl1" / "_tmp").symlink_to(victim.parent)
    path = tmp_path / "dl1" / "file"
    with pytest.raises(StoreError, match="_tmp is a symbolic link, through which"):
        store_files.write_durably(path, b"ours", path.parent / "_tmp" / "me")
    assert not path.exists()


def test_drafts_of_another_disk_are_brought_through_no_link(
    tmp_path, inputs, victim, monkeypatch
):
    """A link with the name of a copy, put there between two drafts."""
    monkeypatch.setenv("CTACOL_SCRATCH", str(tmp_path / "disk"))
    put = durable.copy_new

    def put_a_link_first(source, target):
        target.symlink_to(victim)
        put(source, target)

    monkeypatch.setattr("cta_columnar.store.drafts.copy_new", put_a_link_first)
    run(tmp_path / "dl1", inputs)
    assert validate(tmp_path / "dl1") == []
    monkeypatch.setattr("cta_columnar.store.bringing.copy_new", put_a_link_first)
    run(tmp_path / "a", inputs[:2])
    run(tmp_path / "b", inputs[2:])
    merge([tmp_path / "a", tmp_path / "b"], tmp_path / "all", how="copy")
    assert validate(tmp_path / "all") == []


@pytest.fixture
def plan(tmp_path):
    pieces = tuple(PlannedPiece((f"/raw/{n}",), 0, 1) for n in range(2))
    (tmp_path / "dl1" / "_plan").mkdir(parents=True)
    return Plan(
        *(tmp_path / "dl1", "/", IDENTITY, (), {}, {}, False, "", True, {}),
        *(pieces, ((0,), (1,))),
    )


def test_marks_of_elements(plan):
    assert [marks.is_first(plan, 0) for _ in range(2)] == [True, False]
    assert marks.is_first(plan, 1)
    assert [marks.were_all_done(plan, n) for n in (1, 1, 0)] == [False, False, True]


@pytest.mark.parametrize("note", [marks.is_first, marks.were_all_done])
def test_marks_that_are_links(plan, victim, note):
    note(plan, 0)
    (mark,) = plan.output.glob("_plan/*/0")
    for name in ("thesis", "more"):
        mark.unlink()
        mark.symlink_to(victim.with_name(name))
        # It counts as noted, if at all.
        assert not note(plan, 0)
    folder = mark.parent
    mark.unlink()
    folder.rmdir()
    folder.symlink_to(victim.parent)
    with pytest.raises(StoreError, match=f"{folder.name} is a symbolic link"):
        note(plan, 0)


def test_a_mark_that_cannot_be_made_is_told(plan):
    marks.is_first(plan, 0)
    (mark,) = plan.output.glob("_plan/*/0")
    mark.unlink()
    mark.parent.rmdir()
    mark.parent.write_text("")
    with pytest.raises(WriteError, match=r"cannot write .*begun-"):
        marks.is_first(plan, 0)
