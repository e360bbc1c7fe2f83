"""Runs on a real S3 server: `make test-remote`; collected only when it is named."""

import hashlib
import os
import shutil
import signal
import socket
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import polars as pl
import pytest
from remote.s3_server import BUCKET, MEMBER, READER, running_server, why_not
from runs.commands import hashes, stage1, stage2, start

import cta_columnar as c
from cta_columnar.errors import UserError
from cta_columnar.remote import RemoteError, at_hand, local_scratch, location
from cta_columnar.remote.servers import server_of
from cta_columnar.store import merge, validate

pytest_plugins = ["undisturbed"]

PATIENCE_S = 120
RENAMED = "between-rename-and-record"
# Each as a power cut at that moment; then `--resume`.
KILLS = [
    ("before-rename:2", 1),
    ("during-rename:3", 1),
    (f"{RENAMED}:1", 2),
    (f"{RENAMED}:4", 1),
    ("after-record:2", 1),
    ("before-manifest:1", 2),
    ("after-manifest:1", 1),
]


@pytest.fixture(scope="module", autouse=True)
def server(tmp_path_factory):
    if reason := why_not():
        pytest.skip(f"no S3 server: {reason}")
    with (
        running_server(tmp_path_factory.mktemp("server")) as found,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, value in found.environment().items():
            patch.setenv(name, value)
        server_of.cache_clear()
        yield found
    server_of.cache_clear()


@pytest.fixture(scope="module")
def raw(raw):
    """Return four raw files of simulated events."""
    return raw[:4]


@pytest.fixture
def url(request):
    """Return a place for a dataset of this test alone."""
    name = hashlib.sha256(request.node.name.encode()).hexdigest()[:8]
    return f"s3://{BUCKET}/{name}/dl1"


@pytest.fixture
def scratch(tmp_path, monkeypatch):
    monkeypatch.setenv("CTACOL_SCRATCH", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    return tmp_path / "scratch"


def digests(root):
    """SHA-256 of every object of a dataset, as `hashes` says it of files."""
    root = location(root)
    return {
        name: hashlib.sha256((root / name).read_bytes()).hexdigest()
        for name in root.files()
        if name != "provenance.json"
        if name.partition("/")[0] not in ("_journal", "_plan")
    }


def parts(found):
    """Leave out the manifest, which names inputs by their URLs."""
    return {name: each for name, each in found.items() if name != "manifest.json"}


def ended(process):
    """Wait for a run; return its exit status and what it said."""
    out, err = process.communicate(timeout=PATIENCE_S)
    return process.returncode, out + err


def is_clean(scratch):
    return not list(scratch.iterdir())


def test_every_object_is_the_file_of_a_local_run(raw, alone, url, scratch, caplog):
    stage1(raw, url, workers=2)
    assert (location(url) / "_journal" / "report.html").is_file()
    assert (location(url) / "_journal" / "report.json").is_file()
    assert "report" not in caplog.text
    assert digests(url) == hashes(alone)
    assert is_clean(scratch)
    assert validate(url) == []
    here, there = c.open_store(alone), c.open_store(url)
    assert there.is_finished
    assert there.tables() == here.tables()
    for table, types in here.tables().items():
        for tel_type in types or (None,):
            read = [each.read(table, tel_type=tel_type) for each in (here, there)]
            assert read[0].schema.equals(read[1].schema, check_metadata=True)
            # Unlike Arrow, polars takes NaN for NaN.
            assert pl.DataFrame(read[0]).equals(pl.DataFrame(read[1]))
    wanted = pl.col("hillas_intensity") > 50
    frames = [
        store.scan("parameters").filter(wanted).select("event_id", "tel_type").collect()
        for store in (here, there)
    ]
    assert frames[0].height
    assert frames[0].equals(frames[1])


def test_raw_files_and_datasets_from_the_server(raw, alone, url, scratch, tmp_path):
    above = location(url).parent
    for path in raw:
        (above / "raw" / path.name).upload(path)
    stage1([f"{above}/raw/*.simtel*"], tmp_path / "dl1", workers=2)
    assert parts(hashes(tmp_path / "dl1")) == parts(hashes(alone))
    stage1([f"{above}/raw"], url)
    assert parts(digests(url)) == parts(hashes(alone))
    assert is_clean(scratch)

    stage2(alone, tmp_path / "dl2")
    stage2(url, tmp_path / "dl2-of-server")
    stage2(url, f"{above}/dl2", workers=2)
    expected = parts(hashes(tmp_path / "dl2"))
    assert parts(hashes(tmp_path / "dl2-of-server")) == expected
    assert parts(digests(f"{above}/dl2")) == expected
    assert validate(f"{above}/dl2") == []


@pytest.mark.parametrize(("fault", "workers"), KILLS)
def test_killed_and_gone_on_with(raw, alone, url, scratch, fault, workers):
    status, said = ended(start("stage1", raw, url, "--workers", workers, fault=fault))
    assert status != 0, said
    found = digests(url)
    assert found != hashes(alone)
    listed = {part.path for r in c.open_store(url).records for part in r.parts}
    # What counts is whole, and what is there has the bytes that it is to have.
    assert listed <= found.keys()
    expected = hashes(alone)
    assert all(expected[name] == found[name] for name in listed)
    status, said = ended(start("stage1", raw, url, "--workers", 2, "--resume"))
    assert status == 0, said
    assert digests(url) == expected
    assert validate(url) == []
    assert is_clean(scratch)


@pytest.mark.parametrize("attempt", range(4))
def test_two_writers_at_once(raw, alone, url, attempt):
    """What one of them calls done is whole, and nobody has to mend it."""
    runs = [start("stage1", raw, url, "--workers", 1)]
    # The second one looks what is there at another moment each time.
    time.sleep(0.2 * attempt)
    runs.append(start("stage1", raw, url, "--workers", 1))
    said = [ended(each) for each in runs]
    assert 0 in [status for status, _ in said], said
    assert "Traceback" not in str(said)
    assert digests(url) == hashes(alone)
    assert validate(url) == []


@contextmanager
def cut_off_after(port, limit):
    """Stand before the server; once a client has sent ``limit`` bytes, hang up."""
    listening = socket.create_server(("127.0.0.1", 0))
    sent, opened, threads = [0], [listening], []

    def pump(source, target, counted):
        with suppress(OSError):
            while data := source.recv(1 << 16):
                sent[0] += len(data) * counted
                if sent[0] > limit:
                    break
                target.sendall(data)
        hang_up(source, target)

    def hang_up(*ends):
        for each in ends:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def serve():
        with suppress(OSError):
            while True:
                client, _ = listening.accept()
                opened.append(client)
                if sent[0] > limit:
                    hang_up(client)
                    continue
                behind = socket.create_connection(("127.0.0.1", port))
                opened.append(behind)
                begin(pump, client, behind, True)
                begin(pump, behind, client, False)

    def begin(what, *arguments):
        threads.append(threading.Thread(target=what, args=arguments))
        threads[-1].start()

    begin(serve)
    try:
        yield listening.getsockname()[1]
    finally:
        hang_up(*opened)
        for each in threads:
            each.join(PATIENCE_S)
        for each in opened:
            each.close()


@pytest.mark.parametrize("limit", [20_000, 90_000])
def test_the_connection_is_lost(raw, alone, url, scratch, server, limit):
    with cut_off_after(server.port, limit) as port:
        environment = server.environment(port=port)
        process = start("stage1", raw, url, "--workers", 1, **environment)
        status, said = ended(process)
    assert status == 1
    assert "s3://" in said
    assert "AWS_ENDPOINT_URL" in said
    assert "Traceback" not in said
    assert is_clean(scratch)
    if location(url).is_dir():
        expected = hashes(alone)
        found = digests(url)
        assert all(
            expected.get(name) == each
            for name, each in parts(found).items()
            if name.endswith(".parquet")
        )
    stage1(raw, url, resume=True)
    assert digests(url) == hashes(alone)


def test_a_copy_is_of_one_content(url, scratch, monkeypatch):
    """Another content of the same size in the same second, which its ETag tells."""
    path = location(url).parent / "run.simtel"
    path.write_bytes(b"0123456789")

    def copy(source, file, _):
        file.write(source.read(5))
        path.write_bytes(b"abcdefghij")
        file.write(b"fghij")

    monkeypatch.setattr(shutil, "copyfileobj", copy)
    with pytest.raises(RemoteError, match="replaced while it was being copied"):
        at_hand(path, scratch / "raw").__enter__()
    assert is_clean(scratch)


def test_ctrl_c_leaves_no_copy(raw, alone, url, scratch, tmp_path):
    above = location(url).parent
    for path in raw:
        (above / "raw" / path.name).upload(path)
    process = start("stage1", [f"{above}/raw"], url, "--workers", 2)
    end = time.monotonic() + PATIENCE_S
    while not list(scratch.glob("raw-*")) and process.poll() is None:
        assert time.monotonic() < end
        time.sleep(0.002)
    os.killpg(process.pid, signal.SIGINT)
    status, said = ended(process)
    assert status == 130, said
    assert is_clean(scratch)
    stage1([f"{above}/raw"], url, resume=True)
    assert parts(digests(url)) == parts(hashes(alone))


def test_a_changed_and_a_missing_input(raw, url):
    above = location(url).parent
    names = [above / "raw" / path.name for path in raw[:2]]
    for name, path in zip(names, raw, strict=False):
        name.upload(path)
    stage1([names[0]], url)
    before = digests(url)
    with pytest.raises(UserError, match="no such file"):
        stage1([*names, above / "raw" / "nothing.simtel.zst"], url, resume=True)
    # What was good is there.
    assert parts(before).items() <= digests(url).items()
    stage1(names[:1], url, overwrite=True)
    assert digests(url) == before
    # Another content under the same name.
    names[0].upload(raw[2])
    stage1(names[:1], url, resume=True)
    assert is_rid_of(before, url)
    assert validate(url) == []
    before = digests(url)
    names[0].write_bytes(raw[2].read_bytes()[:-1000])
    summary = stage1(names, url, resume=True, skip_bad_inputs=True)
    assert [each.path for each in summary.skipped] == [names[0]]
    assert is_rid_of(before, url)


def is_rid_of(before, url):
    """Whether no part of a dataset is there any more."""
    return not digests(url).keys() & {name for name in before if "/part-" in name}


def test_merging(raw, alone, url, tmp_path):
    above = location(url).parent
    halves = [f"{above}/a", str(tmp_path / "b")]
    stage1(raw[:2], halves[0])
    stage1(raw[2:], halves[1])
    with pytest.raises(UserError, match="linked at a URL; use --copy"):
        merge(halves, url)
    merge(halves, url, how="copy")
    assert parts(digests(url)) == parts(hashes(alone))
    merge(halves, tmp_path / "all", how="copy")
    assert parts(hashes(tmp_path / "all")) == parts(hashes(alone))


def test_what_is_damaged_is_seen_and_mended(raw, url):
    stage1(raw[:2], url)
    before = digests(url)
    part = c.open_store(url).paths("trigger")[0]
    content = part.read_bytes()
    part.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert "SHA-256" in " ".join(validate(url))
    part.unlink()
    assert "missing" in " ".join(validate(url))
    stage1(raw[:2], url, resume=True)
    assert digests(url) == before


def test_refusals_say_what_to_do(raw, alone, url, server):
    def refused(output, **environment):
        status, said = ended(start("stage2", [alone], output, **environment))
        assert status == 1
        assert "Traceback" not in said
        return said

    nobody = refused(f"s3://no-such-{BUCKET}/dl2")
    assert "make the bucket first" in nobody
    stranger = refused(url, **server.environment(who=("stranger", "x")))
    assert "AWS_ACCESS_KEY_ID" in stranger
    reader = refused(url, **server.environment(who=READER))
    assert "may they do this there?" in reader
    away = refused(url, **server.environment(port=1))
    assert "is the server up" in away
    inside = refused(f"{url}/dl2/inside/http", AWS_ENDPOINT_URL="ftp://x")
    assert "AWS_ENDPOINT_URL=ftp://x" in inside
    assert not location(url).exists()


def test_readers_may_read(raw, url, server, monkeypatch):
    stage1(raw[:1], url)
    for name, value in server.environment(who=READER).items():
        monkeypatch.setenv(name, value)
    server_of.cache_clear()
    try:
        assert c.open_store(url).rows("trigger")
        assert validate(url) == []
    finally:
        server_of.cache_clear()


def test_keys_may_be_for_a_folder_alone(raw, server, monkeypatch):
    for name, value in server.environment(who=MEMBER).items():
        monkeypatch.setenv(name, value)
    server_of.cache_clear()
    try:
        url = f"s3://{BUCKET}/{MEMBER[0]}/dl1"
        stage1(raw[:1], url)
        assert validate(url) == []
        with pytest.raises(UserError, match="may they do this there"):
            stage1(raw[:1], f"s3://{BUCKET}/other/dl1")
    finally:
        server_of.cache_clear()


def test_events_and_headers_without_a_copy(raw, url, scratch):
    path = location(url).parent / raw[0].name
    path.upload(raw[0])
    shutil.rmtree(scratch)
    read = []
    for place in (raw[0], str(path)):
        with c.open_source(place, focal_length_choice="EQUIVALENT") as events:
            read.append([event.index.event_id for event in events])
    assert read[0] == read[1]
    assert read[0]
    assert not Path(scratch).exists()
    assert local_scratch() == scratch
