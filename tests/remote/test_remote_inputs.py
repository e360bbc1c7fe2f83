"""Raw files and datasets that a web server has, read in parts."""

import os
import shutil
import tempfile
import threading
import time

import pytest
from range_server import RangeHandler, serving
from store.toy_run import run, write_input

import cta_columnar
from cta_columnar import open_store
from cta_columnar.errors import UserError
from cta_columnar.pipelines.running.inputs import raw_files
from cta_columnar.pipelines.running.remote_inputs import copied
from cta_columnar.remote import (
    CopyError,
    RemoteError,
    is_remote,
    local_scratch,
    location,
    servers,
)
from cta_columnar.remote import path as remote_path
from cta_columnar.sources.base import BadInputError
from cta_columnar.store import Input, merge, validate

NAME = "prod6_south_lsts_gamma.simtel.zst"


@pytest.fixture
def scratch(tmp_path, monkeypatch):
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setenv("CTACOL_SCRATCH", str(folder))
    return folder


@pytest.fixture
def served(tmp_path):
    folder = tmp_path / "www"
    folder.mkdir()
    with serving(folder) as url:
        yield folder, url


def test_a_finished_dataset_is_read(served, tmp_path):
    folder, url = served
    paths = [write_input(tmp_path / f"{obs}.json", obs, 9) for obs in (1, 2)]
    run(folder / "dl1", paths)
    store = open_store(f"{url}/dl1")
    assert store.is_finished
    assert store.scan("trigger").collect().height == 18
    here = open_store(folder / "dl1").read("trigger")
    assert store.read("trigger", ["event_id"]).equals(here.select(["event_id"]))
    assert validate(f"{url}/dl1") == []
    with pytest.raises(UserError, match="http:// is read only"):
        run(location(f"{url}/new"), paths)
    with pytest.raises(UserError, match="does not exist"):
        open_store(f"{url}/nothing")


def test_merging_copies_from_a_web_server(served, tmp_path):
    folder, url = served
    for obs in (1, 2):
        run(folder / str(obs), [write_input(tmp_path / f"{obs}.json", obs, 9)])
    merge([f"{url}/1", f"{url}/2"], tmp_path / "all", how="copy")
    assert validate(tmp_path / "all") == []
    store = open_store(tmp_path / "all")
    assert store.rows("trigger") == 18
    assert store.subarray().digest == open_store(folder / "1").subarray().digest


def test_a_server_that_is_gone_is_not_an_empty_one(served):
    _, url = served
    away = url.rpartition(":")[0] + ":1/dl1"
    with pytest.raises(RemoteError, match="is the server up"):
        open_store(away)


def test_a_copy_of_a_raw_file_goes(served, scratch):
    folder, url = served
    (folder / "run.simtel").write_bytes(b"0123456789")
    path = location(f"{url}/run.simtel")
    with copied(path) as copy:
        assert copy.is_relative_to(scratch)
        assert copy.read_bytes() == b"0123456789"
        known = Input.of(path, copy)
        assert known.path == f"{url}/run.simtel"
        assert known.digest == Input.of(copy).digest == Input.of(path).digest
    assert list(scratch.iterdir()) == []
    with pytest.raises(KeyboardInterrupt), copied(path):
        raise KeyboardInterrupt
    assert list(scratch.iterdir()) == []
    named = pytest.raises(BadInputError, match=f"{url}/run.simtel: bad")
    with named as raised, copied(path) as copy:
        raise BadInputError(copy, 7, "bad", 3)
    assert (raised.value.offset, raised.value.events_read) == (7, 3)
    # Of something else that the work wanted.
    other = pytest.raises(FileNotFoundError, match="a table")
    with other, copied(path):
        raise FileNotFoundError("a table")
    missing = copied(location(f"{url}/nothing.simtel"))
    with pytest.raises(BadInputError, match=r"nothing\.simtel: no such file"), missing:
        pass
    assert list(scratch.iterdir()) == []


def replacing(patch, path):
    """Put another content into the place of a file when half of it was copied."""

    def copy(source, file, _):
        file.write(source.read(5))
        path.write_bytes(b"abcdefghij")
        if not is_remote(path):
            os.utime(path, (1, 1))
        file.write(b"fghij")

    patch.setattr(shutil, "copyfileobj", copy)


@pytest.mark.parametrize("kind", ["http", "memory"])
def test_a_copy_is_of_one_content(kind, served, scratch, monkeypatch):
    folder, url = served
    there = folder / "run.simtel"
    path = location(f"{url}/run.simtel")
    if kind == "memory":
        there = path = location("memory://replaced/run.simtel")
    there.write_bytes(b"0123456789")
    wanted = copied(path)
    with monkeypatch.context() as patch:
        replacing(patch, there)
        with pytest.raises(RemoteError, match="replaced while it was being"), wanted:
            pass
    with copied(path) as copy:
        assert copy.read_bytes() == b"abcdefghij"
    assert list(scratch.iterdir()) == []


BEGIN = 6 << 20
WHOLE = bytes(2 * BEGIN)


class Nothing(RangeHandler):
    """Has nothing to send of what lies further behind."""

    def body(self, content, begin, end):
        return content[begin : min(end, BEGIN)]


def test_a_copy_is_whole_or_an_error(tmp_path, scratch):
    (tmp_path / "run.simtel").write_bytes(WHOLE)
    with serving(tmp_path, Nothing) as url:
        path = location(f"{url}/run.simtel")
        wanted = copied(path)
        with pytest.raises(RemoteError, match=r"ends at byte \d+ of 12582912"), wanted:
            pass
        with pytest.raises(RemoteError, match=r"ends at byte"):
            Input.of(path)
    assert list(scratch.iterdir()) == []


class Silent(RangeHandler):
    """Tells what is there, and never sends it."""

    is_over = threading.Event()

    def body(self, content, begin, end):
        self.is_over.wait(60)
        return content[begin:end]


def test_a_server_that_falls_silent_is_an_error(tmp_path, scratch, monkeypatch):
    (tmp_path / "run.simtel").write_bytes(b"0123456789")
    # fsspec keeps what it has made, by its options.
    monkeypatch.setattr(servers, "_REQUEST_S", 0.5)
    servers.server_of.cache_clear()
    begun = time.monotonic()
    with serving(tmp_path, Silent) as url:
        wanted = copied(location(f"{url}/run.simtel"))
        try:
            with pytest.raises(RemoteError, match="is the server up"), wanted:
                pass
        finally:
            Silent.is_over.set()
    assert time.monotonic() - begun < 30
    assert list(scratch.iterdir()) == []
    servers.server_of.cache_clear()


def test_what_a_server_does_not_tell_in_time_is_not_missing(served, monkeypatch):
    folder, url = served
    (folder / "run.simtel").write_bytes(b"0123456789")
    path = location(f"{url}/run.simtel")

    def fail(_):
        raise FileNotFoundError

    with monkeypatch.context() as patch:
        patch.setattr(remote_path, "version_at", fail)
        with pytest.raises(RemoteError, match="timed out; is the server up"):
            path.version()
        with pytest.raises(FileNotFoundError):
            (path.parent / "nothing").version()


def test_a_copy_has_the_size_that_was_told(served, scratch, monkeypatch):
    folder, url = served
    (folder / "run.simtel").write_bytes(b"0123456789")
    copy = shutil.copyfileobj
    monkeypatch.setattr(
        shutil,
        "copyfileobj",
        lambda source, file, size: (source.read(1), copy(source, file, size)),
    )
    wanted = copied(location(f"{url}/run.simtel"))
    with pytest.raises(RemoteError, match="9 bytes came, and it has 10"), wanted:
        pass
    assert list(scratch.iterdir()) == []


def test_a_copy_for_which_there_is_no_room(served, scratch, monkeypatch):
    folder, url = served
    (folder / "run.simtel").write_bytes(b"0123456789")
    usage = shutil.disk_usage(folder)._replace(free=9)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    wanted = copied(location(f"{url}/run.simtel"))
    with pytest.raises(CopyError, match="name a larger disk by CTACOL_SCRATCH"), wanted:
        pass
    assert list(scratch.iterdir()) == []


def test_a_scratch_folder_of_another_is_not_taken(tmp_path, monkeypatch):
    monkeypatch.delenv("CTACOL_SCRATCH", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = local_scratch()
    assert folder.parent == tmp_path
    assert local_scratch() == folder
    folder.rmdir()
    (tmp_path / "mine").mkdir()
    # The link is of anybody, the folder of who is led there.
    folder.symlink_to(tmp_path / "mine")
    with pytest.raises(UserError, match="no folder of your own"):
        local_scratch()
    folder.unlink()
    folder.touch()
    with pytest.raises(UserError, match="no folder of your own"):
        local_scratch()


def test_events_of_a_raw_file(served, shared):
    folder, url = served
    shutil.copy(shared / "data" / "simtel" / NAME, folder)
    read = []
    for place in (f"{url}/{NAME}", folder / NAME):
        with cta_columnar.open_source(place) as events:
            read.append([event.index.event_id for event in events])
    assert read[0] == read[1]
    assert read[0]


def test_patterns_and_folders_of_raw_files():
    above = location("memory://patterns/runs")
    for name in ("a.simtel.zst", "b.simtel.zst", "b.log", "c/d.simtel.zst"):
        (above / name).write_bytes(b"x")
    assert raw_files(["memory://patterns/runs/*.simtel.zst"]) == (
        above / "a.simtel.zst",
        above / "b.simtel.zst",
    )
    assert len(raw_files(["memory://patterns/runs"])) == 3
    assert raw_files(["memory://patterns/*/?.log"]) == (above / "b.log",)
    with pytest.raises(UserError, match="no file is called"):
        raw_files(["memory://patterns/runs/*.gz"])
    with pytest.raises(UserError, match="stands twice"):
        raw_files([f"{above}/a.simtel.zst", "memory://patterns/runs/a*"])
