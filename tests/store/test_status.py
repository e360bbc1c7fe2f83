"""How far a dataset is: counted by shard, told by journals, plans and exit statuses."""

import os
import shutil
import time

import pytest
from store.toy_run import IDENTITY, run

from cta_columnar.errors import UserError
from cta_columnar.pipelines.planning.plan_data import Plan, PlannedPiece
from cta_columnar.pipelines.planning.plan_file import write_plan
from cta_columnar.pipelines.planning.planned import finish
from cta_columnar.pipelines.planning.status import status
from cta_columnar.store import Journal, journal, open_store, read_journals, reopen

SECTIONS = [{"inputs": ["/raw/a"], "seq": seq, "size": 10} for seq in range(4)]


def begun(root, workers=1, shards=SECTIONS, **facts):
    return Journal(root, stage="stage1", workers=workers, shards=shards, **facts)


def planned(root, n_elements):
    """Plan a dataset of which some shards are done, each an element by itself."""
    pieces = [
        PlannedPiece((each.path,), 0, each.size)
        for record in open_store(root).contents.committed
        for each in record.shard.inputs
    ][:n_elements]
    more = [PlannedPiece((f"/raw/{n}",), 0, 7) for n in range(len(pieces), n_elements)]
    elements = tuple((number,) for number in range(n_elements))
    head = (root, "/", IDENTITY, (), {}, {}, False, "", True, {})
    write_plan(Plan(*head, (*pieces, *more), elements))


def test_only_the_manifest_is_missing(dataset, hashes):
    before = hashes(dataset)
    reopen(dataset)
    now = status(dataset)
    assert (now.state, now.n_done, now.n_shards) == ("complete", 4, 4)
    planned(dataset, 4)
    assert status(dataset).state == "complete"
    finish(dataset)
    assert status(dataset).state == "finished"
    shutil.rmtree(dataset / "_plan")
    assert hashes(dataset) == before


def test_workers_are_those_that_there_are_now(dataset):
    with begun(dataset, workers=0) as mine:
        assert status(dataset).n_workers == 0
        mine.progress(3, events=5)
        assert status(dataset).n_workers == 3
        # With four shards to do, four of them have something to do.
        mine.progress(9, events=6)
        assert status(dataset).n_workers == 4
        with begun(dataset, workers=2):
            assert [each.workers for each in read_journals(dataset)] == [9, 2]
    assert status(dataset).n_workers == 0


def test_a_process_lives_although_its_shards_say_nothing(dataset, monkeypatch):
    monkeypatch.setattr(journal, "PROGRESS_EVERY_S", 0.01)
    with begun(dataset) as mine:
        mine.progress(2, events=5)
        end = time.monotonic() + 10
        while (lines := read_journals(dataset)[0].lines)[-1] == lines[1]:
            assert time.monotonic() < end
    (found,) = read_journals(dataset)
    told = [line for line in found.lines if line["what"] == "progress"]
    assert {(line["workers"], line["events"]) for line in told} == {(2, 5)}
    assert [line["what"] for line in found.lines[-2:]] == ["progress", "end"]


def test_attempts_and_shards_that_fail_are_told_apart(dataset):
    with begun(dataset) as mine:
        of = {"inputs": ["/raw/a"]}
        mine.add("retry", **of, seq=2, reason="the Dask worker at tcp://a:1 was lost")
        mine.add("shard", **of, seq=1, outcome="failed", reason="killed by SIGKILL")
        mine.add("shard", **of, seq=1, outcome="failed", reason="cut short")
        now = status(dataset)
    # Of four shards of one input one failed, twice; another was only tried again.
    assert (now.n_failed, now.n_failed_attempts) == (1, 3)
    assert [each.reason for each in now.failures] == ["cut short"]
    assert [each.reason for each in now.retries] == [
        "the Dask worker at tcp://a:1 was lost"
    ]


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (UserError("the Dask scheduler is gone"), "failed"),
        (KeyboardInterrupt("stopped by SIGTERM"), "interrupted"),
    ],
)
def test_why_a_run_ended_is_told(dataset, error, state):
    def work():
        with begun(dataset):
            raise error

    with pytest.raises(type(error)):
        work()
    now = status(dataset)
    assert now.state == state
    (ended,) = now.ended
    assert (ended.reason, str(os.getpid()) in ended.what) == (str(error), True)
    # The next run is what counts.
    with begun(dataset):
        assert status(dataset).ended == ()


def test_what_failing_shards_say_is_not_told_twice(dataset):
    reason = "/raw/a: cut short"

    def work():
        with begun(dataset) as mine:
            mine.add("shard", inputs=["/raw/a"], outcome="failed", reason=reason)
            raise UserError(reason)

    with pytest.raises(UserError):
        work()
    now = status(dataset)
    assert (now.state, len(now.failures), now.ended) == ("failed", 1, ())


def test_what_failed_after_it_was_done_is_not_done(dataset, inputs):
    """Its input was replaced by a bad one: what is there is of the earlier content."""
    shards = [{"inputs": [str(path)], "seq": 0, "size": 10} for path in inputs]
    early = begun(dataset, shards=shards)
    with begun(dataset, shards=shards) as mine:
        for each in shards:
            mine.add("shard", **each, outcome="kept")
    reopen(dataset)
    failed = {**shards[1], "outcome": "failed", "reason": "cut short"}
    # One that began before did not find it done.
    early.add("shard", **failed)
    early.add("end", status="failed", message="cut short")
    early.close()
    with begun(dataset, shards=shards):
        pass
    assert status(dataset).n_done == 4

    def work():
        with begun(dataset, shards=shards) as mine:
            mine.add("shard", **failed)
            raise UserError("cut short")

    with pytest.raises(UserError):
        work()
    now = status(dataset)
    assert (now.n_done, now.n_failed, now.n_shards) == (3, 1, 4)
    assert now.state == "failed"
    assert [each.reason for each in now.failures] == ["cut short"]
    with begun(dataset, shards=shards) as mine:
        mine.add("shard", **shards[1], outcome="kept")
    assert status(dataset).n_done == 4


def test_a_run_whose_records_are_gone_is_not_planned(dataset, inputs):
    shards = [{"inputs": [str(path)], "seq": 0, "size": 10} for path in inputs]
    with begun(dataset, shards=shards):
        pass
    assert status(dataset).state == "finished"
    (dataset / "manifest.json").unlink()
    (dataset / "_commits").mkdir()
    now = status(dataset)
    assert (now.state, now.n_done) == ("interrupted", 0)
    (ended,) = now.ended
    assert ended.what == "4 of the shards of the last run"
    assert "ended well; their records, or the manifest, are gone" in ended.reason


def test_a_plan_of_fewer_inputs_keeps_the_other_shards(dataset, inputs):
    planned(dataset, 2)
    now = status(dataset)
    assert (now.state, now.n_done, now.n_shards) == ("finished", 4, 4)
    assert now.n_bytes == now.n_bytes_done == sum(p.stat().st_size for p in inputs)
    assert (now.n_elements, now.unfinished) == (2, "")


def test_the_dead_are_told(dataset, monkeypatch):
    begun(dataset, element=None).close()
    assert status(dataset).state == "running"
    monkeypatch.setattr(journal, "is_alive", lambda _process: False)
    now = status(dataset)
    assert now.state == "interrupted"
    assert [each.reason for each in now.ended] == [
        "ended without a word: killed, or out of memory or time"
    ]


def test_exit_statuses_tell_of_elements_that_wrote_nothing(dataset, monkeypatch):
    planned(dataset, 8)
    folder = dataset / "_plan" / "exit"
    folder.mkdir()
    # Of element 0 all is done; that of 4 is of an earlier plan; 5 ended well.
    for element, number in {0: 1, 4: 1, 5: 0, 6: 143}.items():
        (folder / str(element)).write_text(f"{number}\n")
    (folder / "no number").write_text("1")
    os.utime(folder / "4", (1.0, 1.0))
    begun(dataset, element=7).close()
    monkeypatch.setattr(journal, "is_alive", lambda _process: False)
    now = status(dataset)
    assert (now.state, now.unfinished) == ("interrupted", "4-7")
    assert [(each.element, each.reason) for each in now.ended] == [
        (6, "ended with status 143 before it began a shard"),
        (7, "ended without a word: killed, or out of memory or time"),
    ]
    assert now.ended[0].what == f"its log is {dataset / '_plan/logs/6.log'}"
    (folder / "5").write_text("2\n")
    (folder / "7").write_text("137\n")
    now = status(dataset)
    assert now.state == "failed"
    assert "ended with status 137 without a word" in now.ended[-1].reason
    monkeypatch.undo()
    with begun(dataset, element=6):
        assert 6 not in {each.element for each in status(dataset).ended}


def test_a_dataset_of_no_journal(tmp_path, inputs):
    run(tmp_path / "dl1", inputs)
    now = status(tmp_path / "dl1")
    assert (now.state, now.ended, now.retries) == ("finished", (), ())


def test_what_is_no_exit_status_is_none(dataset):
    planned(dataset, 8)
    folder = dataset / "_plan" / "exit"
    folder.mkdir()
    # Nobody writes into it: who waits for that waits for ever.
    os.mkfifo(folder / "4")
    (folder / "5").write_text(f"{1:0100}\n")
    (folder / "6").mkdir()
    (folder / "7").write_text("1\n")
    assert [each.element for each in status(dataset).ended] == [7]


@pytest.mark.parametrize("name", ["logs", "exit"])
def test_a_plan_has_no_links_for_scripts_to_write_through(dataset, tmp_path, name):
    home = tmp_path / "home"
    home.mkdir()
    (home / "profile").write_text("mine")
    folder = dataset / "_plan" / name
    folder.parent.mkdir()
    folder.symlink_to(home)
    with pytest.raises(UserError, match=f"_plan/{name} is a symbolic link"):
        planned(dataset, 4)
    folder.unlink()
    folder.mkdir()
    (folder / "0").symlink_to(home / "profile")
    (folder / "1").symlink_to(home / "nothing")
    (folder / "2").write_text("0\n")
    planned(dataset, 4)
    assert [path.name for path in folder.iterdir()] == ["2"]
    assert [path.read_text() for path in home.iterdir()] == ["mine"]
