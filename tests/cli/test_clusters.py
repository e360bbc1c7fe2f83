"""``plan``, ``status``, ``finish`` and ``merge`` on the command line."""

import inspect
import json

import pytest
from store.toy_run import run as toy_run
from store.toy_run import write_input

from cta_columnar.cli import plan as plan_cli
from cta_columnar.cli import run as run_cli
from cta_columnar.pipelines.planning import plan as planning
from cta_columnar.pipelines.planning import planned
from cta_columnar.pipelines.planning.plan_data import Plan, PlannedPiece
from cta_columnar.pipelines.running.common import RunSummary
from cta_columnar.pipelines.running.stopping import Stopped
from cta_columnar.store import Identity, Journal, reopen


@pytest.fixture
def halves(tmp_path):
    """Return two datasets of one input each, and what they are of."""
    inputs = [write_input(tmp_path / f"{obs}.json", obs) for obs in (1, 2)]
    for name, path in zip("ab", inputs, strict=True):
        toy_run(tmp_path / name, [path])
    return tmp_path / "a", tmp_path / "b"


def test_merge(ctacol, halves, tmp_path):
    done = ctacol("merge", *halves, "--output", tmp_path / "all")
    assert done.status == 0
    assert "2 shards of 2 datasets" in done.out
    assert "40 array events" in done.out
    told = ctacol("status", tmp_path / "all")
    assert told.status == 0
    assert told.out.splitlines()[:2] == [
        f"{tmp_path / 'all'}: stage1, finished",
        "  shards  2 of 2 done",
    ]
    wrong = ctacol("merge", *halves, "-o", tmp_path / "x", "--copy", "--reference")
    assert (wrong.status, wrong.err) == (
        1,
        "error: --copy and --reference: choose one\n",
    )
    twice = ctacol("merge", halves[0], tmp_path / "all", "-o", tmp_path / "x")
    assert twice.status == 1
    assert "both have the same shard" in twice.err


def test_status_says_what_failed_and_how_long_it_takes(ctacol, halves, tmp_path):
    shards = [
        {"inputs": [str(tmp_path / "1.json")], "seq": 0, "size": 1000},
        {"inputs": ["/raw/2"], "seq": 0, "size": 2000},
        {"inputs": ["/raw/3"], "seq": 0, "size": 3000},
    ]
    with Journal(halves[0], stage="stage1", workers=1, shards=shards) as journal:
        journal.add(
            "shard",
            **{"outcome": "made", "seconds": 2.0, "seq": 0, "host": "node7"},
            **{"events": 7, "raw_bytes": 1000, "peak_bytes": 1, "steps": {}},
            inputs=shards[0]["inputs"],
        )
        reason = "/raw/2: ends at byte 7"
        journal.add("shard", outcome="failed", inputs=["/raw/2"], reason=reason)
    told = ctacol("status", halves[0])
    assert told.status == 3
    assert told.out.splitlines() == [
        f"{halves[0]}: stage1, failed",
        "  shards     1 of 3 done, 1 failed, 1 to do",
        "  input      1.0 kB of 6.0 kB done",
        "  rate       500 B/s per worker",
        "  time left  about 10.0 s, with one worker",
        "failed: 1",
        "  /raw/2: ends at byte 7",
    ]
    plain = json.loads(ctacol("status", halves[0], "--json").out)
    assert (plain["state"], plain["n_shards"], plain["seconds_left"]) == (
        *("failed", 3),
        10.0,
    )
    page = halves[0].parent / "run.html"
    ctacol("report", halves[0], "--run", "-o", page)
    assert json.loads(page.with_suffix(".json").read_text())["status"] == plain
    (failure,) = plain["failures"]
    assert (failure["what"], failure["reason"], failure["element"]) == (
        *("/raw/2", reason),
        None,
    )


def test_status_says_how_to_end_what_is_complete(ctacol, halves):
    reopen(halves[0])
    told = ctacol("status", halves[0])
    assert told.status == 3
    assert told.out.splitlines()[0] == f"{halves[0]}: stage1, complete"
    assert "is missing: the same command with --resume writes it" in told.out


def test_half_of_a_merging_is_not_to_be_resumed(ctacol, halves, tmp_path):
    ctacol("merge", *halves, "--output", tmp_path / "all")
    reopen(tmp_path / "all")
    told = ctacol("status", tmp_path / "all").out
    assert "is missing: the same ctacol merge writes it" in told
    assert "NOT FINISHED: merge again" in ctacol("info", tmp_path / "all").out
    wrong = ctacol("validate", tmp_path / "all").err
    assert "not finished: go on by the same ctacol merge" in wrong
    assert ctacol("merge", *halves, "--output", tmp_path / "all").status == 0
    again = ctacol("merge", *halves, "--output", tmp_path / "all")
    assert again.status == 1
    assert "--overwrite" in again.err
    assert "--resume" not in again.err


def test_what_plan_is_told_reaches_it(ctacol, monkeypatch, tmp_path):
    calls = []

    def fake(verb, **keywords):
        calls.append((verb, keywords))
        piece = PlannedPiece(("/raw/a",), 0, 4_000_000)
        made = Plan(
            *(tmp_path, "/", Identity("stage1", "", ""), (), {}, (), False, "", True),
            *({}, (piece,) * 4, ((0, 1), (2, 3))),
        )
        return planning.PlanSummary(made, tmp_path / "plan.json", tmp_path / "go ä.sh")

    monkeypatch.setattr(planning, "plan", fake)
    done = ctacol(
        *("plan", "stage1", "--input", "a", "b", "--output", "dl1", "--shards", 2),
        *("--sbatch", "s.sh", "--set", "cleaner.picture_threshold_pe=7"),
        *("--max-events", 5, "--skip-bad-inputs", "--time", 30, "--workers", 3),
    )
    assert done.out.splitlines() == [
        "4 shards, 16.0 MB, in 2 elements of about 8.0 MB",
        f"plan: {tmp_path}/plan.json",
        f"next: sbatch '{tmp_path}/go ä.sh'",
    ]
    ((verb, keywords),) = calls
    batch = keywords.pop("batch")
    assert (verb, batch.wall_time, batch.workers) == ("stage1", 30, 3)
    assert keywords == {
        "input": ["a", "b"],
        "output": "dl1",
        "elements": 2,
        "script": "s.sh",
        "set": ["cleaner.picture_threshold_pe=7"],
        "config": (),
        "plugin": (),
        "max_events": 5,
        "overwrite": False,
        "resume": False,
        "skip_bad_inputs": True,
    }


@pytest.mark.parametrize(
    "verb", ["reduce", "stage1", "calibration", "stage2", "stage3"]
)
def test_plan_has_the_options_of_run(verb):
    of_run = inspect.signature(getattr(run_cli, verb)).parameters
    (command,) = (c for c in plan_cli.app.registered_commands if c.name == verb)
    of_plan = inspect.signature(command.callback).parameters
    missing = of_run.keys() - of_plan.keys()
    assert missing <= {"dry_run", "executor", "scheduler", "cluster"}


def test_an_element_that_is_stopped_tells_it_by_its_status(ctacol, monkeypatch):
    def stop(*_words, **_keywords):
        raise Stopped(15)

    monkeypatch.setattr(planned, "run_planned", stop)
    done = ctacol("run", "planned", "dl1", 3, "--plan", "abc")
    assert done.status == 143
    assert done.err.startswith("stopped by SIGTERM: what was finished stays")


def test_elements_and_finish(ctacol, monkeypatch):
    calls = []

    def fake(*words, **keywords):
        keywords.pop("on_progress")
        calls.append((words, keywords))
        return RunSummary("stage1", words[0]), words[1] is None

    monkeypatch.setattr(planned, "run_planned", fake)
    assert ctacol("run", "planned", "dl1", 3).out.endswith("element 3 is done\n")
    whole = ctacol("run", "planned", "dl1", "--workers", 2, "--plugin", "a.py")
    assert whole.out.endswith("all shards are done: dl1 is finished\n")
    assert calls == [
        (("dl1", 3), {"digest": None, "plugins": (), "workers": 1}),
        (("dl1", None), {"digest": None, "plugins": ["a.py"], "workers": 2}),
    ]
    nothing = ctacol("finish", "dl1")
    assert (nothing.status, nothing.out) == (1, "")
    assert "dl1 has no plan" in nothing.err
