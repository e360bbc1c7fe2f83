"""Lines beside the data: whole, cut short, of the living and of the dead."""

import json
import os
import socket
import subprocess
import sys
import time

import pytest
from store.toy_run import run, write_input

from cta_columnar.pipelines.planning.status import status
from cta_columnar.pipelines.reports import run as reports
from cta_columnar.pipelines.reports.run import report_beside, run_report
from cta_columnar.remote import SCRATCH_VARIABLE as VARIABLE
from cta_columnar.store import Journal, journal, read_journals, validate

MADE = {"outcome": "made", "seq": 0, "host": "node7", "events": 20}
MADE |= {"raw_bytes": 6_000_000, "peak_bytes": 300_000_000, "steps": {"read": 1.5}}


def told(root, **facts):
    return Journal(root, stage="stage1", workers=1, shards=[], **facts)


def test_what_was_written_is_read(tmp_path):
    with told(tmp_path, element=3) as mine:
        mine.add("shard", inputs=["/raw/a"], outcome="kept")
        (found,) = read_journals(tmp_path)
        assert found.is_running
        assert found.run["element"] == 3
        assert found.run["host"] == socket.gethostname()
    (found,) = read_journals(tmp_path)
    assert [line["what"] for line in found.lines] == ["run", "shard", "end"]
    assert found.end["status"] == "completed"
    assert not found.is_running


@pytest.mark.parametrize(
    ("error", "status"),
    [(ValueError("bad"), "failed"), (KeyboardInterrupt("bad"), "interrupted")],
)
def test_how_it_ended_is_told(tmp_path, error, status):
    def work():
        with told(tmp_path):
            raise error

    with pytest.raises(type(error)):
        work()
    (found,) = read_journals(tmp_path)
    assert (found.end["status"], found.end["message"]) == (status, "bad")


def test_nothing_is_said_after_the_end(tmp_path, monkeypatch):
    monkeypatch.setattr(journal, "PROGRESS_EVERY_S", 1e-4)
    for _ in range(20):
        with told(tmp_path):
            time.sleep(1e-3)
    assert all(each.end for each in read_journals(tmp_path))


def test_a_line_that_is_being_written_is_no_line_yet(tmp_path):
    told(tmp_path).close()
    (path,) = (tmp_path / "_journal").iterdir()
    with path.open("ab") as file:
        file.write(b'{"what": "end", "sta')
    (found,) = read_journals(tmp_path)
    assert [line["what"] for line in found.lines] == ["run"]


def test_the_dead_do_not_run(tmp_path):
    root = str(tmp_path)
    program = (
        "import os; from pathlib import Path; from cta_columnar.store import Journal; "
        f"Journal(Path({root!r}), stage='stage1', shards=[]); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", program], check=False)
    (found,) = read_journals(tmp_path)
    assert found.end is None
    assert not found.is_running


def test_another_machine_is_believed_while_it_speaks(tmp_path, monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "elsewhere")
    told(tmp_path).close()
    monkeypatch.undo()
    (found,) = read_journals(tmp_path)
    assert found.is_running
    now = journal.time.time()
    monkeypatch.setattr(journal.time, "time", lambda: now + 3600)
    assert not found.is_running


def test_a_full_disk_stops_no_run_here(tmp_path, monkeypatch):
    def full(*_words):
        raise OSError(28, "No space left on device")

    with told(tmp_path) as mine:
        monkeypatch.setattr(os, "write", full)
        mine.add("shard", outcome="made")
        monkeypatch.undo()
    (tmp_path / "file").touch()
    with told(tmp_path / "file"):
        pass


def test_status_of_a_dataset_without_a_plan(tmp_path, inputs):
    root = tmp_path / "dl1"
    run(root, inputs)
    now = status(root)
    assert (now.state, now.n_shards, now.n_done) == ("finished", 4, 4)
    assert now.seconds_left == 0.0
    shards = [{"inputs": [str(p)], "seq": 0, "size": 10} for p in inputs]
    shards.append({"inputs": ["/raw/other"], "seq": 0, "size": 30})
    with Journal(root, stage="stage1", workers=2, shards=shards) as mine:
        mine.add("shard", **MADE, inputs=[str(inputs[0])], seconds=2.0)
        now = status(root)
        assert (now.state, now.n_shards, now.n_done) == ("running", 5, 4)
        assert (now.n_bytes, now.n_bytes_done) == (70, 40)
        # 5 B/s each, 30 B to do in one shard, so that one of two has nothing to do.
        assert (now.bytes_per_second, now.n_workers) == (5.0, 1)
        assert now.seconds_left == pytest.approx(6.0)
        mine.add("shard", outcome="failed", inputs=["/raw/other"], reason="cut short")
    now = status(root)
    assert (now.state, now.n_failed) == ("failed", 1)
    assert [(each.what, each.reason) for each in now.failures] == [
        ("/raw/other", "cut short")
    ]


SHARD = {"inputs": ["/raw/a"], "seq": 0, "size": 10}
MADE_HERE = {"inputs": ["/raw/a"], **MADE, "pid": 7, "seconds": 2.0}
GOOD = {
    "run": {"host": "a", "pid": 7, "stage": "stage1", "workers": 1, "element": 3}
    | {"shards": [SHARD]},
    "made": {"what": "shard", **MADE_HERE},
    "failed": {"what": "shard", "inputs": ["/raw/a"], "seq": 0}
    | {"outcome": "failed", "reason": "cut short"},
    "retry": {"inputs": ["/raw/a"], "seq": 0, "reason": "lost"},
    "progress": {"workers": 2, "events": 7},
    "end": {"status": "failed", "message": "bad"},
}
WRONG = (None, True, -1, 1e999, float("nan"), 10**400, "x", [], {}, [7], {"a": []})


def broken(line):
    """Yield a line without each of its names, and with other things in their place."""
    for name in line:
        yield {key: value for key, value in line.items() if key != name}
        yield from (line | {name: value} for value in WRONG)
    for name in SHARD if "shards" in line else ():
        yield from (line | {"shards": [SHARD | {name: value}]} for value in WRONG)


@pytest.mark.parametrize("kind", GOOD)
def test_a_line_that_says_too_little_harms_nobody(tmp_path, inputs, kind):
    """Whatever is wrong with it, status and report are those of all other lines."""
    root = tmp_path / "dl1"
    run(root, inputs[:1])
    (root / "_journal").mkdir()
    lines = {k: {"what": k, "time": 1.5} | line for k, line in GOOD.items()}
    for n, bad in enumerate([lines[kind], *broken(lines[kind])]):
        told = [bad if each == kind else line for each, line in lines.items()]
        text = "".join(f"{json.dumps(each)}\n" for each in told)
        (root / "_journal" / f"2026-{n:03}-host.b.1.2.jsonl").write_text(text)
    assert read_journals(root)[0].lines == tuple(lines.values())
    _, data = run_report(root, tmp_path / "run.html")
    runs = json.loads(data.read_text())["runs"]
    # Nobody knows what lines without a first one are of.
    assert (len(runs) < n + 1) == (kind == "run")
    assert (runs[0]["n_made"], runs[0]["n_failed"]) == (1, 1)
    assert status(root).n_shards >= 1


def test_a_report_needs_no_matplotlib(tmp_path, inputs):
    root = tmp_path / "dl1"
    run(root, inputs[:1])
    told(root).close()
    program = (
        "import sys; sys.modules['matplotlib'] = None; from pathlib import Path; "
        "from cta_columnar.pipelines.reports.run import report_beside; "
        f"report_beside(Path({str(root)!r}))"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    assert "<h2>Runs</h2>" in (root / "_journal" / "report.html").read_text()
    assert validate(root) == []


def test_a_report_that_cannot_be_written_harms_nobody(tmp_path, inputs, caplog):
    root = tmp_path / "dl1"
    run(root, inputs[:1])
    report_beside(root)
    assert not (root / "_journal").exists()
    told(root).close()
    (root / "_journal" / "report.html").mkdir()
    report_beside(root)
    page = root / "_journal" / "report.html"
    told_of = f"no report of this run could be written: {page}: Is a directory"
    assert [each.getMessage() for each in caplog.records] == [told_of]


def test_a_fault_of_the_report_is_not_that_of_the_run(tmp_path, monkeypatch, caplog):
    def fail(_dataset):
        raise KeyError("inputs")

    told(tmp_path).close()
    monkeypatch.setattr(reports, "facts_of", fail)
    report_beside(tmp_path)
    assert "no report of this run could be written: KeyError" in caplog.text


def test_drafts_on_another_disk_make_the_same_parts(
    tmp_path, dataset, inputs, hashes, monkeypatch
):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "local"))
    run(tmp_path / "again", inputs)
    assert hashes(tmp_path / "again") == hashes(dataset)
    assert list((tmp_path / "local").iterdir()) == []
    # Nor does what fails leave anything there.
    bad = write_input(tmp_path / "bad.json", 7)
    bad.write_text(bad.read_text().replace('"n": 20', '"n": 20.5'))
    with pytest.raises(Exception, match="float"):
        run(tmp_path / "failed", [bad])
    assert list((tmp_path / "local").iterdir()) == []


def test_a_report_tells_what_the_journals_say(tmp_path, inputs):
    root = tmp_path / "dl1"
    run(root, inputs[:1])
    shards = [{"inputs": [str(p)], "seq": 0, "size": 10} for p in inputs[:2]]
    begun = {"stage": "stage1", "workers": 1, "shards": shards}
    bad = "<b>&.simtel"
    with Journal(root, **begun, element=0) as mine:
        mine.add("shard", outcome="failed", inputs=[str(inputs[0])], reason=bad)
        mine.add("shard", outcome="failed", inputs=[str(inputs[1])], reason=bad)
    with Journal(root, **begun) as mine:
        mine.add("retry", inputs=[str(inputs[0])], seq=0, reason="a worker was lost")
        mine.add("shard", **MADE, inputs=[str(inputs[0])], seconds=2.0)
    page, data = run_report(root, tmp_path / "run.html")
    facts = json.loads(data.read_text())
    assert (facts["n_attempts"], facts["n_retries"]) == (4, 2)
    assert facts["status"]["n_failed"] == 1
    steps = {"read": {"seconds": 1.5, "events_per_second": pytest.approx(13.333)}}
    work = {"n_shards": 1, "seconds": 2.0, "events": 20, "events_per_second": 10.0}
    work |= {"raw_bytes_per_second": 3e6, "peak_bytes": 300_000_000}
    assert facts["steps"] == steps
    assert facts["hosts"] == [
        {"host": "node7", "n_processes": 1, "steps": steps, **work}
    ]
    assert facts["slowest"] == [
        {"inputs": [str(inputs[0])], "hosts": ["node7"], **work}
    ]
    tried = {
        tuple(shard["inputs"]): [each["outcome"] for each in shard["attempts"]]
        for shard in facts["shards"]
    }
    assert tried == {
        (str(inputs[0]),): ["failed", "tried again", "made"],
        (str(inputs[1]),): ["failed"],
    }
    runs = [
        (each["element"], each["n_made"], each["n_failed"]) for each in facts["runs"]
    ]
    assert runs == [(0, 0, 2), (None, 1, 0)]
    assert [(each["cut"], each["n_survivors"]) for each in facts["cut_flow"]] == [
        ("charge", 3)
    ]
    text = page.read_text()
    assert "<td>3.0</td><td>300</td>" in text
    assert "a worker was lost" in text
    # What comes from a file is text, whatever it looks like.
    assert bad not in text
    assert "&lt;b&gt;&amp;.simtel" in text
