"""A file of several shards: as one shard, but for the number of its parts."""

import shutil
import struct

import numpy as np
import polars as pl
import pytest
from framed_files import HEADERS, contents, write
from reference.blocks import walk
from runs import commands
from runs.commands import SETTINGS, hashes, reduce, stage2
from runs.tables import assert_same_tables
from simtel_surgery import RUN_HEADER

from cta_columnar import open_store
from cta_columnar.errors import UserError
from cta_columnar.pipelines.planning.plan import plan
from cta_columnar.pipelines.planning.planned import run_planned
from cta_columnar.pipelines.planning.status import status
from cta_columnar.sources import sections
from cta_columnar.store import DuplicateKeysError, validate
from cta_columnar.zstd_frames import frames

SMALL = 2 << 20
# Who keeps calibration events reads a file as one shard.
SKIP = "source.skip_calibration_events=true"
N_SHARDS = 4
# For another process, which knows nothing of what is patched here.
PROGRAM = (
    f"from cta_columnar.sources import sections; sections.SECTION_BYTES = {SMALL}; "
    "from cta_columnar.cli.main import main; main()"
)


def stage1(inputs, output, **how):
    return commands.stage1(inputs, output, **{"set": (*SETTINGS, SKIP)} | how)


def start(stage, inputs, output, *options, **how):
    return commands.start(stage, inputs, output, "--set", SKIP, *options, **how)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Make sections of two or three showers."""
    monkeypatch.setattr(sections, "SECTION_BYTES", SMALL)


@pytest.fixture
def path(tmp_path):
    return write(tmp_path / "a.simtel.zst", contents())


@pytest.fixture
def other(tmp_path):
    """Return a file of another run."""
    return write(tmp_path / "b.simtel.zst", of_run(2, contents()))


def of_run(number, pieces):
    """Give a file another run number, which stands twice in its run header."""
    blocks = []
    for kind, _, raw in walk(pieces[HEADERS]):
        new = struct.pack("<i", number)
        is_run = kind == RUN_HEADER
        blocks.append(raw[:8] + new + raw[12:16] + new + raw[20:] if is_run else raw)
    return [b"".join(blocks), *pieces[1:]]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return DL1 and DL2 of the file in four shards; not to be changed."""
    folder = tmp_path_factory.mktemp("made")
    raw = write(folder / "a.simtel.zst", contents())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sections, "SECTION_BYTES", SMALL)
        stage1([raw], folder / "dl1")
    stage2(folder / "dl1", folder / "dl2")
    return folder / "dl1", folder / "dl2"


def tables(root):
    """All rows of all tables, in an order that only they decide."""
    store = open_store(root)
    found = {}
    for name, types in store.tables().items():
        for tel_type in types or (None,):
            rows = store.scan(name, tel_type).collect()
            plain = [c for c in rows.columns if not rows[c].dtype.is_nested()]
            found[name, tel_type] = rows.sort(plain) if plain else rows
    return found


def test_split_or_not(path, made, tmp_path, monkeypatch):
    monkeypatch.setattr(sections, "SECTION_BYTES", 1 << 40)
    one, two = tmp_path / "dl1", tmp_path / "dl2"
    whole = stage1([path], one)
    stage2(one, two)
    assert len(open_store(one).records) == len(open_store(two).records) == 1
    for root, several in zip((one, two), made, strict=True):
        assert len(open_store(several).records) == N_SHARDS
        assert validate(root) == validate(several) == []
        expected, found = tables(root), tables(several)
        assert expected.keys() == found.keys()
        for key, rows in expected.items():
            if key[0] == "cut_flow":
                same = summed(found[key]).equals(summed(rows))
            elif key[0] == "pointing":
                # Each shard begins with a row per telescope.
                assert len(found[key]) > len(rows)
                same = moves(found[key]).equals(moves(rows))
            else:
                same = found[key].equals(rows)
            assert same, key
    several = open_store(made[0])
    counts = [record.counts for record in several.records]
    assert sum(each["events"] for each in counts) == whole.counts["events"] > 10
    assert {each.seq for each in (r.shard for r in several.records)} == {0, 1, 2, 3}


def summed(cut_flow):
    names = ["stage", "tel_type", "position", "cut"]
    return cut_flow.group_by(names).agg(pl.exclude(names).sum()).sort(names)


def moves(pointing):
    """Rows in which a telescope points elsewhere than in the row before."""
    keys, angles = ["obs_id", "tel_id"], pl.struct("pointing_alt", "pointing_az")
    ordered = pointing.sort(*keys, "time", "time_qns")
    return ordered.filter((angles != angles.shift().over(keys)).fill_null(value=True))


def parts(root):
    """Hashes of all files but the manifest, in which paths stand."""
    return {n: found for n, found in hashes(root).items() if n != "manifest.json"}


def test_sections_of_a_wanted_size(path, made, tmp_path):
    """They are fewer, hold the same, and are those of another configuration."""
    output = tmp_path / "dl1"
    larger = "source.section_size=4"
    stage1([path], output, set=(*SETTINGS, SKIP, larger))
    assert len(open_store(output).records) == N_SHARDS // 2
    keys = ["obs_id", "event_id"]
    expected, found = tables(made[0])["trigger", None], tables(output)["trigger", None]
    assert found.sort(keys).equals(expected.sort(keys))
    with pytest.raises(UserError, match="config"):
        stage1([path], output, resume=True)
    for no_effect in ("source.max_events=3", "source.skip_calibration_events=false"):
        with pytest.raises(UserError, match=r"section_size: no file is split"):
            stage1([path], output, set=(*SETTINGS, larger, no_effect))
    with pytest.raises(UserError, match=r"section_size: reduce splits no file"):
        reduce([path], tmp_path / "dl0", set=(larger,))


def test_images_of_sections_stay_together(made, tmp_path):
    """Stage 2 takes the runs from the first shard of a raw file."""
    cleaning = [each for each in SETTINGS if each.startswith("cleaner.")]
    commands.stage1([made[0]], tmp_path / "dl1", set=cleaning)
    assert_same_tables(tmp_path / "dl1", made[0])
    stage2(tmp_path / "dl1", tmp_path / "dl2")
    assert len(open_store(tmp_path / "dl2").records) == N_SHARDS
    assert_same_tables(tmp_path / "dl2", made[1])


@pytest.mark.parametrize("workers", [2, pytest.param(4, marks=pytest.mark.full)])
def test_workers_do_not_matter(path, made, tmp_path, workers):
    stage1([path], tmp_path / "dl1", workers=workers)
    assert parts(tmp_path / "dl1") == parts(made[0])


def test_what_is_told_once(made):
    """Runs and profile in the first shard, histograms last."""
    records = open_store(made[0]).records
    assert [record.shard.seq for record in records] == list(range(N_SHARDS))
    rows = {
        name: [sum(p.rows for p in r.parts if p.place.table == name) for r in records]
        for name in open_store(made[0]).tables()
        if name.startswith("simulation/")
    }
    assert rows["simulation/runs"] == [1, 0, 0, 0]
    assert (
        rows["simulation/atmosphere"][0] > 0 == max(rows["simulation/atmosphere"][1:])
    )
    assert rows["simulation/thrown"][-1] > 0 == max(rows["simulation/thrown"][:-1])
    pointing = open_store(made[1]).scan("events").select("array_pointing_alt").collect()
    assert pointing.to_series().is_finite().all()


def test_calibration_events_are_a_reason_not_to_split(path, tmp_path):
    """They are counted from the beginning of the file."""
    commands.stage1([path], tmp_path / "dl1")
    store = open_store(tmp_path / "dl1")
    assert len(store.records) == 1
    assert store.rows("calibration/flatfield") > 0


def test_parts_are_listed_in_order_of_events(made):
    for root, table in zip(made, ("trigger", "events"), strict=True):
        names = sorted(path.name for path in (root / table).iterdir())
        assert [name.split("-")[2] for name in names] == [f"0000{n}" for n in range(4)]
        ids = [pl.read_parquet(root / table / name)["event_id"] for name in names]
        events = pl.concat(ids)
        assert events.filter(events > 0).is_sorted()


def test_progress_and_dry_run(path, tmp_path):
    seen = []
    plan = stage1([path], tmp_path / "dl1", dry_run=True)
    stage1([path], tmp_path / "dl1", on_progress=seen.append)
    assert [each.place for each in plan.shards] == [f"{n} of 4" for n in range(1, 5)]
    assert not any(each.is_done for each in plan.shards)
    size = path.stat().st_size
    assert (seen[-1].raw_bytes, seen[-1].total_bytes) == (size, size)
    assert (seen[-1].done, seen[-1].total) == (N_SHARDS, N_SHARDS)
    again = stage1([path], tmp_path / "dl1", dry_run=True, resume=True)
    assert {each.key for each in again.shards} == {each.key for each in plan.shards}
    assert all(each.is_done for each in again.shards)


def test_some_events_are_no_reason_to_split(path, tmp_path):
    summary = stage1([path], tmp_path / "dl1", max_events=4)
    assert len(open_store(tmp_path / "dl1").records) == 1
    assert summary.counts["events"] == 4


def test_dl0_of_a_file_is_one_shard(path, made, tmp_path):
    reduce([path], tmp_path / "dl0")
    stage1([tmp_path / "dl0"], tmp_path / "dl1")
    stage2(tmp_path / "dl1", tmp_path / "dl2")
    assert len(open_store(tmp_path / "dl0").records) == 1
    for root, wanted in zip(("dl1", "dl2"), made, strict=True):
        assert validate(tmp_path / root) == []
        found, expected = tables(tmp_path / root), tables(wanted)
        assert found.keys() == expected.keys()
        for key in found.keys() - {("cut_flow", None), ("pointing", None)}:
            assert found[key].equals(expected[key]), key


def damage(path, number, where="midst"):
    """Change a byte in the midst of a frame or of its checksum; return what was."""
    before = path.read_bytes()
    frame = list(frames(before))[number]
    raw = bytearray(before)
    places = {"midst": (frame.begin + frame.end) // 2, "checksum": frame.end - 1}
    raw[places[where]] ^= 0xFF
    path.write_bytes(raw)
    return before


@pytest.mark.parametrize(
    ("number", "where"),
    [(0, "midst"), (2, "midst"), (-1, "midst"), (3, "checksum"), (-1, "checksum")],
)
def test_of_a_damaged_file_nothing_is_there(path, tmp_path, number, where):
    """Whether headers are damaged, showers of a shard, or the histograms."""
    root = tmp_path / "dl1"
    before = damage(path, number, where)
    with pytest.raises(UserError) as error:
        stage1([path], root)
    (line,) = str(error.value).splitlines()
    assert line.startswith(f"{path}: ")
    assert "at byte" in line
    assert not root.exists()
    path.write_bytes(before)
    stage1([path], root, resume=True)
    stage1([path], tmp_path / "fresh")
    assert hashes(root) == hashes(tmp_path / "fresh")


def test_a_damaged_file_is_left_out_as_a_whole(path, other, tmp_path):
    root = tmp_path / "dl1"
    stage1([other], tmp_path / "alone")
    before = damage(path, 6)
    summary = stage1([path, other], root, skip_bad_inputs=True)
    (skipped,) = summary.skipped
    assert skipped.path == path
    assert validate(root) == []
    (left_out,) = open_store(root).contents.skipped
    assert "damaged file" in left_out.reason
    assert parts(root) == parts(tmp_path / "alone")
    events = open_store(tmp_path / "alone").rows("trigger")
    assert summary.counts["events"] == events
    assert str(path) not in (root / "provenance.json").read_text()
    path.write_bytes(before)
    stage1([path, other], root, resume=True)
    stage1([path, other], tmp_path / "fresh")
    assert hashes(root) == hashes(tmp_path / "fresh")


def test_a_plan_ends_although_a_section_is_bad(path, other, tmp_path):
    """Whoever meets it, and whatever others did with the rest of the file."""
    damage(path, 6)
    wanted = tmp_path / "run"
    stage1([path, other], wanted, skip_bad_inputs=True)
    for order in (1, -1):
        root = tmp_path / f"dl1{order}"
        made = plan(
            "stage1",
            input=[path, other],
            output=root,
            elements=2 * N_SHARDS,
            skip_bad_inputs=True,
            set=(*SETTINGS, SKIP),
        ).plan
        numbers = range(len(made.elements))[::order]
        finished = [run_planned(root, number)[1] for number in numbers]
        assert finished == [False] * (len(made.elements) - 1) + [True]
        assert hashes(root) == hashes(wanted)
        assert validate(root) == []
        found = status(root)
        assert (found.state, found.n_done, found.n_left_out) == (
            *("finished", N_SHARDS),
            N_SHARDS,
        )


def killed(inputs, root, fault):
    process = start(
        "stage1", inputs, root, "--workers", 1, fault=fault, program=PROGRAM
    )
    process.communicate(timeout=120)
    assert process.returncode < 0


@pytest.mark.parametrize(
    ("fault", "n_kept"),
    [
        ("after-record:2", 2),
        pytest.param("between-rename-and-record:3", 2, marks=pytest.mark.full),
    ],
)
def test_killed_between_shards_of_a_file(path, made, tmp_path, fault, n_kept):
    root = tmp_path / "dl1"
    killed([path], root, fault)
    store = open_store(root)
    assert (store.records, len(store.contents.begun)) == ((), n_kept)
    assert any("is not done to its end" in each for each in validate(root))
    with pytest.raises(UserError, match="--resume"):
        stage1([path], root)
    plan = stage1([path], root, dry_run=True, resume=True)
    assert [each.is_done for each in plan.shards].count(True) == n_kept
    assert stage1([path], root, resume=True).n_shards_kept == n_kept
    assert parts(root) == parts(made[0])


@pytest.mark.full
def test_killed_and_gone_on_with_without_the_file(path, other, tmp_path):
    """A file that was begun is as one that never was."""
    root = tmp_path / "dl1"
    killed([path, other], root, "after-record:3")
    stage1([other], root, resume=True)
    stage1([other], tmp_path / "alone")
    assert hashes(root) == hashes(tmp_path / "alone")
    assert validate(root) == []


def test_a_changed_file_takes_the_place_of_the_old_one(path, made, tmp_path):
    root = tmp_path / "dl1"
    shutil.copytree(made[0], root)
    # Where it was made, is what the records say.
    root_path = made[0].parent / path.name
    before = root_path.read_bytes()
    changed = [*contents()[:-2], contents()[-1]]
    try:
        write(root_path, changed)
        damage(root_path, 6)
        with pytest.raises(UserError, match="damaged file"):
            stage1([root_path], root, resume=True)
        assert len(open_store(root).records) == N_SHARDS
        assert np.all([r.shard.n_shards == N_SHARDS for r in open_store(root).records])
        write(root_path, changed)
        stage1([root_path], root, resume=True)
        stage1([root_path], tmp_path / "fresh")
    finally:
        root_path.write_bytes(before)
    assert hashes(root) == hashes(tmp_path / "fresh")
    assert validate(root) == []


def test_a_copy_is_refused(path, other, tmp_path):
    """By content, or by some events: no shard of either is left."""
    copy = write(tmp_path / "copy.simtel.zst", contents())
    same_ids = write(tmp_path / "c.simtel.zst", [*contents()[:4], *contents()[5:]])
    for second in (copy, same_ids):
        root = tmp_path / f"dl1-{second.stem}"
        with pytest.raises(DuplicateKeysError) as error:
            stage1([path, second, other], root)
        assert len(str(error.value).splitlines()) == 2
        records = open_store(root).records
        assert {record.shard.inputs[0].path for record in records} == {str(other)}
        assert len(records) == N_SHARDS
        assert validate(root) == []
