"""Datasets at a URL, with the objects of a server that lives in this process."""

import hashlib
import json
import pickle
from dataclasses import replace
from uuid import uuid4

import polars as pl
import pytest
from pyarrow import fs
from store.toy_run import IDENTITY, LST, run, work, write_input
from toy_conditions import pedestals, write

from cta_columnar import open_store
from cta_columnar.errors import ReadError, UserError
from cta_columnar.pipelines.dl3.conditions import open_conditions
from cta_columnar.pipelines.planning.plan import plan
from cta_columnar.pipelines.reports.run import report_beside
from cta_columnar.remote import (
    RemoteError,
    RemotePath,
    arrow_source,
    check_writing,
    location,
    permission,
)
from cta_columnar.remote import path as remote_path
from cta_columnar.remote.servers import server_of
from cta_columnar.store import (
    Input,
    Journal,
    MixedDatasetError,
    Shard,
    ShardWriter,
    finalize,
    is_changed,
    merge,
    prepare,
    read_journals,
    validate,
    write_skipped,
)
from cta_columnar.store.files import remove_tree
from cta_columnar.store.processes import process_name

PEDESTALS = "monitoring/pedestal_statistics"


@pytest.fixture(autouse=True)
def _scratch(tmp_path, monkeypatch):
    monkeypatch.setenv("CTACOL_SCRATCH", str(tmp_path / "scratch"))


@pytest.fixture
def inputs(tmp_path):
    sizes = {1: 20, 2: 3, 3: 0}
    return [write_input(tmp_path / f"{obs}.json", obs, n) for obs, n in sizes.items()]


@pytest.fixture
def root():
    """Return a place for a dataset, which goes with the test."""
    place = location(f"memory://{uuid4().hex}/dl1")
    yield place
    remove_tree(place)


@pytest.fixture
def local(tmp_path, inputs):
    run(tmp_path / "dl1", inputs)
    return tmp_path / "dl1"


def digests(root):
    names = root.files() if isinstance(root, RemotePath) else names_below(root)
    return {
        name: hashlib.sha256((root / name).read_bytes()).hexdigest()
        for name in names
        if name != "provenance.json" and not name.startswith("_journal/")
    }


def names_below(root):
    return [p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file()]


def test_the_same_bytes_as_here(root, inputs, local):
    run(root, inputs)
    assert digests(root) == digests(local)
    assert validate(root) == []
    assert validate(str(root)) == []
    store, here = open_store(str(root)), open_store(local)
    assert store.is_finished
    assert store.rows("parameters") == 46
    assert store.subarray().digest == here.subarray().digest
    assert store.units("parameters", LST) == here.units("parameters", LST)
    where = pl.col("event_id") > 2
    for table in ("trigger", "parameters"):
        frames = [each.scan(table).filter(where).collect() for each in (store, here)]
        assert frames[0].height
        assert frames[0].equals(frames[1])
    batches = list(store.slices("images", ["image"], LST, n_rows=7))
    assert max(batch.num_rows for batch in batches) == 7


def test_resume_keeps_what_is_there_and_mends_what_is_not(root, inputs, local):
    run(root, inputs[:2])
    half = digests(root)
    with pytest.raises(UserError, match="--resume"):
        run(root, inputs)
    part = next(path for path in root.rglob("part-*") if path.parent.name == "trigger")
    part.unlink()
    assert "missing" in " ".join(validate(root))
    run(root, inputs, resume=True)
    assert digests(root) == digests(local)
    # Cut short, as only somebody else can leave it.
    part.write_bytes(b"short")
    run(root, inputs, resume=True)
    assert digests(root) == digests(local)
    assert half.keys() - digests(root).keys() == set()


def test_a_run_that_fails_leaves_nothing_that_counts(
    root, inputs, local, tmp_path, monkeypatch
):
    def upload(self, source):
        if "trigger" in str(self):
            raise remote_path.RemoteError(str(self), "the line is cut")
        whole(self, source)

    whole = RemotePath.upload
    monkeypatch.setattr(RemotePath, "upload", upload)
    with pytest.raises(ReadError, match="the line is cut; what was finished stays"):
        run(root, inputs)
    assert not open_store(root).records
    assert "no commit record lists it" in " ".join(validate(root))
    assert list((tmp_path / "scratch").iterdir()) == []
    monkeypatch.setattr(RemotePath, "upload", whole)
    run(root, inputs, resume=True)
    assert digests(root) == digests(local)


def test_what_another_writer_sends_is_left_to_it(root, inputs):
    run(root, inputs[:2])
    key = open_store(root).records[0].key
    other = f"{key}-elsewhere.00000000.1.1"
    stray = root / "trigger" / f"part-0000000009-00000-{key}-0123456789ab.parquet"
    stray.write_bytes(b"half")
    (root / "_tmp" / other).mkdir()
    run(root, inputs[:2], resume=True)
    assert stray.exists()
    # It ended: nobody is going to record it.
    remove_tree(root / "_tmp" / other)
    run(root, inputs[:2], resume=True)
    assert not stray.exists()
    assert validate(root) == []


def test_another_array_is_refused(root, inputs, tmp_path):
    run(root, inputs[:1])
    other = write_input(tmp_path / "9.json", 9, array="another")
    with pytest.raises(UserError, match="another array"):
        run(root, [inputs[0], other], resume=True)


def test_another_configuration_at_the_same_time_is_refused(root, inputs, local):
    first, other = prepare(root, IDENTITY), replace(IDENTITY, config_digest="b")
    prepare(root, other)
    shards = [work(root, inputs[0], IDENTITY, first)[0]]
    with pytest.raises(MixedDatasetError, match="begun by another run with another co"):
        work(root, inputs[1], other, {})
    shards += [work(root, path, IDENTITY, first)[0] for path in inputs[1:]]
    finalize(root, shards)
    assert digests(root) == digests(local)


def test_overwriting_takes_all_away(root, inputs):
    run(root, inputs)
    run(root, inputs[1:2], overwrite=True)
    assert open_store(root).rows("trigger") == 3
    assert validate(root) == []


def test_merging_copies(root, inputs, local, tmp_path):
    run(root, inputs[:1])
    run(tmp_path / "rest", inputs[1:])
    both = [root, tmp_path / "rest"]
    for how in ("link", "reference"):
        with pytest.raises(UserError, match="at a URL; use --copy"):
            merge(both, tmp_path / "all", how=how)
    merge(both, tmp_path / "all", how="copy")
    assert digests(tmp_path / "all") == digests(local)
    above = location(f"memory://{root.parts[1]}/all")
    merge(both, above, how="copy")
    assert digests(above) == digests(local)
    assert validate(above) == []


def test_a_journal_is_put_anew(root):
    with Journal(root, stage="stage1", shards=[]) as journal:
        journal.add("shard", inputs=["/raw/a"], outcome="kept")
        assert len(read_journals(root)[0].lines) == 1
    (found,) = read_journals(root)
    assert [line["what"] for line in found.lines] == ["run", "shard", "end"]
    assert found.process == process_name()


def test_a_report_lies_beside_the_journal(root, inputs, monkeypatch, caplog):
    run(root, inputs[:1])
    report_beside(root)
    assert not (root / "_journal").exists()
    with Journal(root, stage="stage1", shards=[]):
        pass
    report_beside(root)
    assert b"<h2>Runs</h2>" in (root / "_journal" / "report.html").read_bytes()
    facts = json.loads((root / "_journal" / "report.json").read_bytes())
    assert facts["status"]["dataset"] == str(root)
    assert caplog.text == ""
    assert validate(root) == []

    def gone(path):
        raise remote_path.RemoteError(str(path), "the line is cut")

    # The run tells of it, if it has not yet ended; this must not hide what it tells.
    with monkeypatch.context() as patch:
        patch.setattr(RemotePath, "is_dir", gone)
        report_beside(root)
    assert "no report of this run could be written" in caplog.text
    assert "the line is cut" in caplog.text


def test_paths_are_those_of_pathlib(root):
    name = root / "a" / "b.parquet"
    assert str(name) == f"{root}/a/b.parquet"
    assert name.parent.parent == root
    assert name.relative_to(root).as_posix() == "a/b.parquet"
    assert [str(each) for each in root.parents] == [str(root).rpartition("/")[0]]
    assert pickle.loads(pickle.dumps(name)) == name
    assert isinstance(pickle.loads(pickle.dumps(name)), RemotePath)
    assert location(name) is name
    assert location("file:///tmp/x").as_posix() == "/tmp/x"
    assert not isinstance(location("dl1"), RemotePath)


def test_a_path_of_a_server_is_none_of_this_machine(root, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for use in (
        lambda: open(root),  # noqa: PTH123, SIM115
        root.chmod,
        lambda: root.replace(tmp_path / "x"),
        root.touch,
    ):
        with pytest.raises((UserError, TypeError), match=r"not a URL|argument"):
            use()
    assert list(tmp_path.iterdir()) == []


def test_folders_are_there_while_something_is_in_them(root):
    assert not root.exists()
    with pytest.raises(FileNotFoundError):
        root.stat()
    (root / "a" / "b").mkdir()
    assert (root / "a").exists()
    assert list(root.iterdir()) == [root / "a"]
    assert root.files() == {}
    (root / "a" / "b" / "c").write_bytes(b"12345")
    with pytest.raises(OSError, match="not empty"):
        (root / "a" / "b").rmdir()
    assert (root / "a" / "b" / "c").stat().st_size == 5
    assert list(root.glob("a/*/c")) == [root / "a" / "b" / "c"]
    assert arrow_source(root / "a" / "b" / "c").read() == b"12345"
    (root / "a" / "b" / "c").unlink()
    (root / "a" / "b").rmdir()
    assert not (root / "a").exists()
    (root / "a").unlink(missing_ok=True)


def test_monitoring_of_event_lists_may_be_at_a_url(root):
    write(root, "calibration", PEDESTALS, {LST: pedestals(LST, 1, [50, 10], [2, 1])})
    conditions = open_conditions(None, [str(root)])
    assert conditions.telescopes(3)[1].pedestal_mean.tolist() == [1.0, 2.0]


def test_a_scheme_that_nobody_knows():
    with pytest.raises(UserError, match="no scheme of ours"):
        location("nil://x/y").exists()


def test_an_endpoint_that_is_none(monkeypatch):
    server_of.cache_clear()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "localhost:9000")
    with pytest.raises(UserError, match="is no http://host:port"):
        location("s3://bucket/dl1").exists()


def test_a_plan_of_a_url_touches_nothing(root, inputs, local, tmp_path):
    run(root, inputs)
    before = digests(root)
    for data, output in ((local, str(root)), ([root], tmp_path / "dl2")):
        with pytest.raises(UserError, match="job arrays want files of this machine"):
            plan("stage2", input=data, output=output, overwrite=True)
    assert digests(root) == before
    assert not (tmp_path / "dl2").exists()


def test_a_changed_input_is_seen(root, monkeypatch):
    path = root.parent / "raw" / "in.json"
    path.write_bytes(b"before")
    known = Input.of(path)
    with ShardWriter(root, Shard(IDENTITY, (known,))) as writer:
        writer.commit()
    assert not is_changed(known)
    write_skipped(root, str(path), "bad")
    assert len(open_store(root).contents.committed) == 1
    path.write_bytes(b"behind")
    assert is_changed(known)
    write_skipped(root, str(path), "bad by now")
    assert open_store(root).contents.committed == ()
    with monkeypatch.context() as patch:
        # Another size tells it without a look at the content.
        path.write_bytes(b"longer than it was")
        patch.setattr(RemotePath, "open", None)
        assert is_changed(known)
    path.write_bytes(b"behind")
    monkeypatch.setattr(RemotePath, "open", refuse)
    assert not is_changed(known)
    path.unlink()
    assert not is_changed(known)


def refuse(path, *_, **__):
    raise RemoteError(str(path), "ACCESS_DENIED")


def test_an_interrupt_leaves_an_object_as_it_was(root, tmp_path, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    (root / "manifest.json").write_bytes(b"whole")
    monkeypatch.setattr(fs, "copy_files", interrupt)
    with pytest.raises(KeyboardInterrupt):
        (root / "manifest.json").write_bytes(b"half")
    assert (root / "manifest.json").read_bytes() == b"whole"
    monkeypatch.setattr(fs, "copy_files", lambda *_, **__: None)
    with pytest.raises(RemoteError, match="5 bytes are there, 6 were sent"):
        (root / "manifest.json").write_bytes(b"longer")
    assert list((tmp_path / "scratch").iterdir()) == []


def test_keys_may_be_for_a_folder_alone(root, inputs, local, monkeypatch):
    def only_below(method):
        def ask(self):
            return method(self) if self.is_relative_to(root) else refuse(self)

        return ask

    for name in ("_info", "arrow_file"):
        monkeypatch.setattr(RemotePath, name, only_below(getattr(RemotePath, name)))
    with pytest.raises(RemoteError):
        root.parent.is_dir()
    run(root, inputs)
    assert digests(root) == digests(local)


@pytest.mark.parametrize(
    ("bucket", "words"),
    [
        (fs.FileType.NotFound, "make the bucket first"),
        (fs.FileType.Directory, "may they do this there"),
        (None, "may they do this there"),
    ],
)
def test_a_bucket_that_may_not_be_asked_for_may_be_there(monkeypatch, bucket, words):
    class Server:
        def get_file_info(self, name):
            assert name == "bucket"
            if bucket is None:
                raise OSError("ACCESS_DENIED")
            return fs.FileInfo(name, bucket)

    path = location("s3://bucket/me/dl1")
    monkeypatch.setattr(permission, "place_at", lambda _: (Server(), "bucket/me/dl1"))
    monkeypatch.setattr(RemotePath, "unlink", lambda *_, **__: None)
    monkeypatch.setattr(RemotePath, "write_bytes", refuse)
    with pytest.raises(RemoteError, match=words):
        check_writing(path)
    monkeypatch.setattr(RemotePath, "write_bytes", lambda *_: 0)
    if bucket == fs.FileType.NotFound:
        # Some servers would make it.
        with pytest.raises(RemoteError, match=words):
            check_writing(path)
    else:
        check_writing(path)
