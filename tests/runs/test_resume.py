"""What a run finds, keeps, does again and refuses; through the pipelines."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from runs.commands import SETTINGS, flip_in_last_column, hashes, stage1, stage2
from simtel_surgery import content, first_showers, write_file

import cta_columnar.pipelines.running.dataset_shards
import cta_columnar.pipelines.stage1.run
from cta_columnar import open_store
from cta_columnar.errors import UserError
from cta_columnar.pipelines.running import dataset_shards
from cta_columnar.pipelines.running.runner import _whole_inputs
from cta_columnar.store import (
    DuplicateKeysError,
    MixedDatasetError,
    read_journals,
    validate,
)

OTHER = (*SETTINGS, "cleaner.picture_threshold_pe=6")


@pytest.fixture
def few(shared, tmp_path):
    """Return three small inputs."""
    folder = tmp_path / "raw"
    folder.mkdir()
    return [
        write_file(folder / f"run{run}.simtel.zst", content(shared, run, n))
        for run, n in ((1, 2), (2, 0), (3, 1))
    ]


@pytest.fixture
def made(few, tmp_path):
    """Return DL1 and DL2 of them."""
    stage1(few, tmp_path / "dl1")
    stage2(tmp_path / "dl1", tmp_path / "dl2")
    return tmp_path / "dl1", tmp_path / "dl2"


@pytest.fixture
def other_code(monkeypatch):
    """Let the code that decides what a part holds be another."""

    def change():
        for module in (
            cta_columnar.pipelines.stage1.run,
            cta_columnar.pipelines.running.dataset_shards,
        ):
            monkeypatch.setattr(module, "code_digest", lambda _: "other")

    return change


def n_events(root):
    return [record.counts["events"] for record in open_store(root).records]


def stamps(root):
    """What changes of each file if it is written, of all but logs."""
    files = [p for p in root.rglob("*") if "_journal" not in p.parts]
    return {
        path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in (root, *files)
    }


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.full)])
def test_nothing_is_touched_where_nothing_changed(few, made, workers):
    """No record, no manifest, no provenance, not even a folder."""
    before = [stamps(root) for root in made]
    for root, again in zip(made, (stage1, stage2), strict=True):
        inputs = few if again is stage1 else made[0]
        seen = []
        how = {"resume": True, "workers": workers, "on_progress": seen.append}
        summary = again(inputs, root, **how)
        assert summary.n_shards_kept == len(open_store(root).records) == len(few)
        assert seen[-1].done == len(few)
        last = read_journals(root)[-1]
        assert [line["outcome"] for line in last.shards] == ["kept"] * len(few)
        assert last.end["status"] == "completed"
    assert [stamps(root) for root in made] == before


def test_a_change_that_sizes_do_not_tell_is_found(few, made):
    """One part is damaged: its shard is done again, the others are kept."""
    dl1 = made[0]
    before = hashes(dl1)
    record = open_store(dl1).records[0]
    flip_in_last_column(dl1 / record.parts[0].path)
    summary = stage1(few, dl1, resume=True)
    assert summary.n_shards_kept == len(few) - 1
    assert hashes(dl1) == before
    outcomes = [line["outcome"] for line in read_journals(dl1)[-1].shards]
    assert sorted(outcomes) == ["kept", "kept", "made"]


def test_a_run_leaves_its_report(few, made, tmp_path):
    data = json.loads((made[0] / "_journal" / "report.json").read_text())
    assert data["status"]["state"] == "finished"
    assert [each["outcome"] for s in data["shards"] for each in s["attempts"]] == [
        "made"
    ] * len(few)
    assert (made[0] / "_journal" / "report.html").exists()
    few[1].write_bytes(b"no raw data")
    with pytest.raises(UserError):
        stage1(few, tmp_path / "bad")
    data = json.loads((tmp_path / "bad" / "_journal" / "report.json").read_text())
    assert (data["status"]["state"], data["status"]["n_failed"]) == ("failed", 1)


def test_a_finished_run_is_left_as_it_is(few, made):
    dl1, dl2 = made
    before = hashes(dl1), hashes(dl2)
    first = stage1(few, dl1, resume=True)
    second = stage2(dl1, dl2, resume=True)
    assert first.n_shards_kept == second.n_shards_kept == 3
    assert (hashes(dl1), hashes(dl2)) == before


def test_what_was_done_before_counts_too(few, tmp_path):
    whole = stage1(few, tmp_path / "whole")
    stage1(few[:2], tmp_path / "dl1")
    reports = []
    summary = stage1(few, tmp_path / "dl1", resume=True, on_progress=reports.append)
    assert summary.n_shards_kept == 2
    assert summary.counts == whole.counts
    assert summary.cut_flow == whole.cut_flow
    # Time and events per second are of this run alone.
    assert 0 < summary.raw_bytes < whole.raw_bytes
    assert (reports[-1].done, reports[-1].total) == (3, 3)
    assert reports[-1].events == 1
    assert reports[-1].raw_bytes == reports[-1].total_bytes
    assert hashes(tmp_path / "dl1") == hashes(tmp_path / "whole")


def test_a_new_input_is_added_in_both_stages(few, made, shared):
    dl1, dl2 = made
    more = write_file(few[0].parent / "run9.simtel.gz", content(shared, 9, 2))
    assert stage1([*few, more], dl1, resume=True).n_shards_kept == 3
    assert stage2(dl1, dl2, resume=True).n_shards_kept == 3
    assert n_events(dl1) == n_events(dl2) == [2, 0, 1, 2]


@pytest.mark.parametrize("run", [1, 7])
def test_a_changed_input_is_done_again_in_both_stages(few, made, shared, tmp_path, run):
    """Under its number or another one: of the old content nothing stays."""
    dl1, dl2 = made
    write_file(few[0], content(shared, run, 3, seed=1))
    assert stage1(few, dl1, resume=True).n_shards_kept == 2
    assert stage2(dl1, dl2, resume=True).n_shards_kept == 2
    assert sorted(n_events(dl1)) == sorted(n_events(dl2)) == [0, 1, 3]
    stage1(few, tmp_path / "fresh")
    assert hashes(dl1) == hashes(tmp_path / "fresh")
    assert validate(dl1) == validate(dl2) == []


def test_another_configuration_is_refused(few, made):
    dl1, dl2 = made
    before = hashes(dl1), hashes(dl2)
    with pytest.raises(MixedDatasetError, match="made with another config"):
        stage1(few, dl1, set=OTHER, resume=True)
    with pytest.raises(MixedDatasetError, match="made with another config"):
        stage2(dl1, dl2, set="quality.enough=hillas_intensity > 99", resume=True)
    stage1(few, dl1, resume=True)
    stage2(dl1, dl2, resume=True)
    assert (hashes(dl1), hashes(dl2)) == before


def test_stage2_does_not_mix_configurations_of_stage1(few, made):
    dl1, dl2 = made
    stage1(few[1:], dl1, set=OTHER, overwrite=True)
    with pytest.raises(MixedDatasetError, match="made with another config"):
        stage2(dl1, dl2, resume=True)
    stage2(dl1, dl2, overwrite=True)
    assert n_events(dl2) == [0, 1]


def test_another_code_is_refused(few, made, other_code):
    dl1, dl2 = made
    other_code()
    with pytest.raises(MixedDatasetError, match="made with another code"):
        stage1(few, dl1, resume=True)
    with pytest.raises(MixedDatasetError, match="made with another code"):
        stage2(dl1, dl2, resume=True)


def test_overwrite_leaves_nothing_of_before(few, made, tmp_path):
    dl1, _ = made
    stage1(few[1:], dl1, set=OTHER, overwrite=True)
    stage1(few[1:], tmp_path / "fresh", set=OTHER)
    assert hashes(dl1) == hashes(tmp_path / "fresh")


def test_an_unfinished_dataset_is_no_input(few, made):
    dl1, dl2 = made
    few[2].write_bytes(few[2].read_bytes()[:-1000])
    with pytest.raises(UserError, match=few[2].name):
        stage1(few, dl1, resume=True)
    with pytest.raises(UserError, match="not finished"):
        stage2(dl1, dl2, resume=True)
    stage1(few, dl1, resume=True, skip_bad_inputs=True)
    stage2(dl1, dl2, resume=True)
    assert n_events(dl1) == n_events(dl2) == [2, 0]


def test_a_damaged_part_stops_stage2(made):
    dl1, dl2 = made
    shutil.rmtree(dl2)
    path = max((dl1 / "parameters").rglob("*.parquet"), key=lambda p: p.stat().st_size)
    flip_in_last_column(path)
    with pytest.raises(UserError, match=path.name):
        stage2(dl1, dl2)
    assert 2 not in n_events(dl2)


def test_an_array_of_another_dataset_stops_stage2(few, made, tmp_path):
    dl1, dl2 = made
    stage1(few, tmp_path / "fewer", allowed_tels=[1, 2])
    for folder in (dl1 / "subarray", dl2):
        shutil.rmtree(folder)
    shutil.copytree(tmp_path / "fewer" / "subarray", dl1 / "subarray")
    dataset_shards.subarray_of.cache_clear()
    with pytest.raises(UserError, match="subarray is not the array"):
        stage2(dl1, dl2)


def test_equal_ids_are_refused_with_both_names(few, shared, tmp_path):
    """Neither is listed, others are; with other content, and with the same."""
    other = write_file(tmp_path / "other.simtel", content(shared, 1, 2, seed=1))
    copy = tmp_path / "copy.simtel.zst"
    shutil.copy(few[0], copy)
    for twin, workers in ((other, 1), (copy, 1), (copy, 2)):
        root = tmp_path / f"dl1-{twin.name}-{workers}"
        with pytest.raises(DuplicateKeysError) as error:
            stage1([*few, twin], root, workers=workers)
        assert str(few[0]) in str(error.value)
        assert str(twin) in str(error.value)
        assert n_events(root) == [0, 1]
        assert validate(root) == []
        # Without the twin all is well again.
        assert stage1(few, root, resume=True).n_shards_kept == 2
        assert n_events(root) == [2, 0, 1]


@pytest.mark.parametrize("what", ["missing", "folder", "cut"])
def test_bad_inputs_can_be_left_out(few, tmp_path, what):
    bad = tmp_path / "bad.simtel"
    if what == "folder":
        bad = tmp_path / "raw" / "bad.simtel"
        bad.mkdir()
        (bad / "x").touch()
    elif what == "cut":
        bad.write_bytes(few[0].read_bytes()[:-1000])
    inputs = [*few, bad]
    if what == "folder":
        inputs = [tmp_path / "raw"]
    if what != "cut":  # seen only by reading to the end
        with pytest.raises(UserError, match=bad.name):
            stage1(inputs, tmp_path / "dl1", dry_run=True)
    with pytest.raises(UserError, match=bad.name):
        stage1(inputs, tmp_path / "dl1")
    summary = stage1(inputs, tmp_path / "dl1", resume=True, skip_bad_inputs=True)
    assert [each.path for each in summary.skipped] == [bad]
    assert n_events(tmp_path / "dl1") == [2, 0, 1]
    (skipped,) = open_store(tmp_path / "dl1").contents.skipped
    assert skipped.path == str(bad)


def test_a_dry_run_writes_nothing(few, tmp_path):
    bad = tmp_path / "nothing.simtel"
    how = {"dry_run": True, "skip_bad_inputs": True}
    summary = stage1([*few, bad], tmp_path / "dl1", **how)
    assert [shard.is_done for shard in summary.shards] == [False] * 3
    assert [each.path for each in summary.skipped] == [bad]
    assert not (tmp_path / "dl1").exists()
    stage1(few[:2], tmp_path / "dl1")
    before = hashes(tmp_path / "dl1")
    summary = stage1(few, tmp_path / "dl1", resume=True, **how)
    assert [shard.is_done for shard in summary.shards] == [True, True, False]
    summary = stage1(few, tmp_path / "dl1", overwrite=True, **how)
    assert [shard.is_done for shard in summary.shards] == [False] * 3
    assert hashes(tmp_path / "dl1") == before


def test_a_dry_run_refuses_what_the_run_would_refuse_at_once(few, made, tmp_path):
    dl1, dl2 = made
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter").touch()
    before = hashes(tmp_path)
    other = {"set": OTHER, "resume": True}
    bad = {"skip_bad_inputs": True, "overwrite": True}
    for stage, inputs, output, how, message in (
        (stage1, few, dl1 / "sub", {}, "lies in the dataset"),
        (stage1, few, tmp_path / "mine", {}, "is not empty and no dataset"),
        (stage1, few, few[0], {}, "is a file"),
        (stage1, few, few[0] / "dl1", {}, "cannot write .*Not a directory"),
        (stage1, few, dl1, {}, "holds a dataset already"),
        (stage1, few, dl1, other, "another config"),
        (stage1, [tmp_path / "absent"], dl1, bad, "no such file"),
        (stage2, dl1, dl2 / "sub", {}, "lies in the dataset"),
        (stage2, dl1, dl2, {}, "holds a dataset already"),
        (stage2, dl1, tmp_path / "mine", {"overwrite": True}, "is not empty"),
    ):
        for dry_run in (True, False):
            with pytest.raises(UserError, match=message):
                stage(inputs, output, dry_run=dry_run, **how)
    assert hashes(tmp_path) == before


def test_inputs_are_opened_beforehand_only_to_save_a_dataset(
    few, tmp_path, monkeypatch
):
    """And then just once, by the main process."""
    opened = []
    real = cta_columnar.pipelines.stage1.run.open_file
    monkeypatch.setattr(
        cta_columnar.pipelines.stage1.run,
        "open_file",
        lambda path, config: opened.append(path) or real(path, config),
    )
    stage1(few, tmp_path / "dl1", overwrite=True)
    assert opened == few[:1]  # to know the array
    opened.clear()
    stage1(few, tmp_path / "dl1", overwrite=True)
    assert opened == few


def test_stage2_never_writes_around_its_input(made, tmp_path):
    """Or it would delete what it is about to read."""
    dl1, dl2 = made
    shutil.copytree(dl2, tmp_path / "nest")
    shutil.copytree(dl1, tmp_path / "nest" / "sub")
    before = hashes(tmp_path / "nest")
    with pytest.raises(UserError, match="holds the input"):
        stage2(tmp_path / "nest" / "sub", tmp_path / "nest", overwrite=True)
    with pytest.raises(UserError, match="lies in the dataset"):
        stage2(dl1, dl1 / "dl2")
    assert hashes(tmp_path / "nest") == before


def test_overwrite_looks_at_the_inputs_first(few, made, tmp_path):
    dl1, _ = made
    before = hashes(dl1)
    absent = few[0].with_name("absent.simtel.zst")
    mistakes = (
        ([*few, absent], {}),
        ([absent], {"skip_bad_inputs": True}),
        (few, {"allowed_tels": [99]}),
        (few, {"set": ()}),  # the choice of focal lengths forgotten
    )
    for inputs, how in mistakes:
        with pytest.raises(UserError):
            stage1(inputs, dl1, overwrite=True, **how)
    assert hashes(dl1) == before


def test_a_changed_input_under_another_name(few, made, shared, tmp_path, monkeypatch):
    """By a link, or from another folder: it is the same file."""
    dl1, dl2 = made
    (tmp_path / "link").symlink_to(few[0].parent)
    write_file(few[0], content(shared, 1, 3, seed=1))
    monkeypatch.chdir(tmp_path)
    linked = [Path("link") / path.name for path in few]
    assert stage1(linked, dl1, resume=True).n_shards_kept == 2
    assert stage2(Path("dl1"), dl2, resume=True).n_shards_kept == 2
    assert sorted(n_events(dl1)) == sorted(n_events(dl2)) == [0, 1, 3]
    write_file(few[0], content(shared, 1, 1, seed=2))
    monkeypatch.chdir(few[0].parent)
    stage1([Path(path.name) for path in few], dl1, resume=True)
    stage2(dl1, dl2, resume=True)
    assert sorted(n_events(dl1)) == sorted(n_events(dl2)) == [0, 1, 1]


def other_array(shared, path, run):
    return write_file(path, first_showers(shared, "prod6_south_lsts_gamma", run, 1))


def test_an_input_changed_to_another_array(few, made, shared):
    """Refused beside others, and what came of it stays; alone it is done again."""
    dl1, _ = made
    other_array(shared, few[0], 1)
    with pytest.raises(UserError, match="another array than the other inputs"):
        stage1(few, dl1, resume=True)
    assert n_events(dl1) == [2, 0, 1]
    for path in few[1:]:
        other_array(shared, path, int(path.name[3]))
    stage1(few, dl1, resume=True)
    assert n_events(dl1) == [1, 1, 1]
    assert validate(dl1) == []


def test_a_new_input_must_be_of_the_array_that_is_there(few, made, shared):
    """Also if it comes first by name."""
    dl1, _ = made
    first = other_array(shared, few[0].with_name("a.simtel"), 9)
    summary = stage1([first, *few], dl1, resume=True, skip_bad_inputs=True)
    assert [each.path for each in summary.skipped] == [first]
    assert "another array than the other inputs" in summary.skipped[0].reason
    assert n_events(dl1) == [2, 0, 1]


def test_a_changed_input_that_is_bad_takes_nothing_away(few, made):
    dl1, _ = made
    few[0].write_bytes(few[0].read_bytes()[:-1000])
    with pytest.raises(UserError, match=few[0].name):
        stage1(few, dl1, resume=True)
    assert n_events(dl1) == [2, 0, 1]


def test_inputs_that_are_all_being_copied_anew_take_nothing_away(few, made):
    dl1, _ = made
    for path in few:
        path.write_bytes(b"")
    with pytest.raises(UserError, match=few[0].name):
        stage1(few, dl1, resume=True)
    assert n_events(dl1) == [2, 0, 1]


@pytest.mark.parametrize("name", ["subarray/telescopes.parquet", "provenance.json"])
def test_a_dataset_that_lost_something_is_not_unchanged(few, made, name):
    dl1, _ = made
    before = hashes(dl1)
    (dl1 / name).unlink()
    stage1(few, dl1, resume=True)
    assert (dl1 / name).exists()
    assert hashes(dl1) == before


def test_inputs_are_kept_as_a_whole_or_done_again():
    """If one of the sections turns out bad, the others go with it."""
    pieces = [SimpleNamespace(inputs=(name,)) for name in "aabbc"]
    kept = _whole_inputs(SimpleNamespace(pieces=pieces), dict.fromkeys((0, 2, 3, 4)))
    assert list(kept) == [2, 3, 4]


def test_a_damaged_part_is_made_again(few, made):
    dl1, _ = made
    before = hashes(dl1)
    flip_in_last_column(
        max((dl1 / "trigger").iterdir(), key=lambda p: p.stat().st_size)
    )
    assert validate(dl1) != []
    assert stage1(few, dl1, resume=True).n_shards_kept == 2
    assert hashes(dl1) == before
