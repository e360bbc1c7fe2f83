"""Lines beside the data: whole, cut short, of the living and of the dead."""

import json
import os
import socket
import subprocess
import sys

import pytest
from store.toy_run import run, write_input

from cta_columnar.pipelines.planning.status import status
from cta_columnar.pipelines.reports.run import run_report
from cta_columnar.store import Journal, journal, read_journals
from cta_columnar.store.drafts import VARIABLE


def told(root, **facts):
    return Journal(root, stage="stage1", workers=1, shards=[], **facts)


def test_what_was_written_is_read(tmp_path):
    with told(tmp_path, element=3) as mine:
        mine.add("shard", inputs=["/raw/a"], outcome="made")
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
        facts = {"outcome": "made", "inputs": [str(inputs[0])], "seq": 0}
        mine.add("shard", **facts, seconds=2.0)
        now = status(root)
        assert (now.state, now.n_shards, now.n_done) == ("running", 5, 4)
        assert (now.n_bytes, now.n_bytes_done) == (70, 40)
        # 5 B/s each, two of them, 30 B to do.
        assert (now.bytes_per_second, now.n_workers) == (5.0, 2)
        assert now.seconds_left == pytest.approx(3.0)
        mine.add("shard", outcome="failed", inputs=["/raw/other"], reason="cut short")
    now = status(root)
    assert (now.state, now.n_failed) == ("failed", 1)
    assert [(each.what, each.reason) for each in now.failures] == [
        ("/raw/other", "cut short")
    ]


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
    shard = {"outcome": "made", "seq": 0, "events": 20, "raw_bytes": 6_000_000}
    shard |= {"host": "node7", "peak_bytes": 300_000_000, "steps": {"read": 1.5}}
    with Journal(root, **begun, element=0) as mine:
        mine.add("shard", outcome="failed", inputs=[str(inputs[0])], reason=bad)
        mine.add("shard", outcome="failed", inputs=[str(inputs[1])], reason=bad)
    with Journal(root, **begun) as mine:
        mine.add("shard", **shard, inputs=[str(inputs[0])], seconds=2.0)
    page, data = run_report(root, tmp_path / "run.html")
    facts = json.loads(data.read_text())
    assert facts["n_retries"] == 1
    assert facts["status"]["n_failed"] == 1
    assert facts["steps"] == {"read": 1.5}
    assert facts["hosts"] == [
        {
            **{"host": "node7", "n_shards": 1, "seconds": 2.0},
            **{"events_per_second": 10.0, "raw_bytes_per_second": 3e6},
            "peak_bytes": 300_000_000,
        }
    ]
    assert [each["inputs"] for each in facts["slowest"]] == [[str(inputs[0])]]
    runs = [
        (each["element"], each["n_made"], each["n_failed"]) for each in facts["runs"]
    ]
    assert runs == [(0, 0, 2), (None, 1, 0)]
    assert [(each["cut"], each["n_survivors"]) for each in facts["cut_flow"]] == [
        ("charge", 3)
    ]
    text = page.read_text()
    assert "<td>3.0</td><td>300</td>" in text
    # What comes from a file is text, whatever it looks like.
    assert bad not in text
    assert "&lt;b&gt;&amp;.simtel" in text
