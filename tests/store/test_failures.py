"""What cannot be written is said clearly, and leaves nothing half-done."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from store.toy_run import IDENTITY, LST, random_batch, run

from cta_columnar.pipelines.images.stored import image_schema
from cta_columnar.schemas import dl1
from cta_columnar.schemas.columns import bind, column
from cta_columnar.store import (
    Input,
    Shard,
    ShardWriter,
    StoreError,
    WriteError,
    open_store,
    prepare,
)
from cta_columnar.store import part as part_module

TESTS = Path(__file__).parents[1]
SHARD = Shard(IDENTITY, (Input("in.simtel", "d", 1),))


def trigger(n=3):
    ids = {"obs_id": 1, "event_id": np.arange(n)}
    return random_batch(dl1.TRIGGER, n, np.random.default_rng(0), **ids)


def files(root):
    """Return all but what says with what the dataset was begun."""
    found = root.rglob("*")
    return [each for each in found if each.is_file() and each.parent.name != "begun"]


def failing(number):
    def write(*_args, **_kwargs):
        raise OSError(number, os.strerror(number))

    return write


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_full_disk_while_writing_a_part(tmp_path, monkeypatch, number):
    with ShardWriter(tmp_path, SHARD) as writer:
        writer.append("trigger", trigger())
        monkeypatch.setattr(part_module.HashedFile, "write", failing(number))
        with pytest.raises(WriteError, match=rf"trigger.*: {os.strerror(number)}"):
            writer.commit()
    assert not files(tmp_path)


@pytest.mark.parametrize(
    ("where", "function"), [(os, "fsync"), (Path, "replace"), (Path, "mkdir")]
)
def test_any_step_of_a_commit_may_fail(tmp_path, monkeypatch, where, function):
    with ShardWriter(tmp_path, SHARD) as writer:
        writer.append("trigger", trigger())
        with monkeypatch.context() as patch:
            patch.setattr(where, function, failing(errno.ENOSPC))
            with pytest.raises(WriteError, match="No space left on device"):
                writer.commit()
    assert not files(tmp_path)
    assert not list(tmp_path.glob("_commits/*.json"))


def test_a_limit_of_the_system_is_told(tmp_path, inputs):
    """A real failure of the operating system, in the midst of a large file."""
    script = (
        "import sys\n"
        "from resource import RLIMIT_FSIZE, setrlimit\n"
        "setrlimit(RLIMIT_FSIZE, (30000, 30000))\n"
        "from store.toy_run import run, write_input\n"
        "from pathlib import Path\n"
        "run(Path(sys.argv[1]), [write_input(Path(sys.argv[2]), 1, 5000)])\n"
    )
    root = tmp_path / "x"
    done = subprocess.run(
        [sys.executable, "-c", script, root, tmp_path / "big.json"],
        env=os.environ | {"PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert f"{os.strerror(errno.EFBIG)}" in done.stderr.splitlines()[-1]
    assert not list(root.rglob("part*.parquet"))


def test_an_output_below_a_file_or_a_forbidden_folder(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    with pytest.raises(WriteError, match=r"cannot write .*file.*: Not a directory"):
        prepare(tmp_path / "file" / "dl1", IDENTITY)
    monkeypatch.setattr(Path, "mkdir", failing(errno.EROFS))
    with pytest.raises(WriteError, match=r"dl1: Read-only file system"):
        prepare(tmp_path / "dl1", IDENTITY)


def test_a_file_system_that_cannot_sync_folders(tmp_path, monkeypatch):
    fsync = os.fsync

    def fsync_files(descriptor):
        if Path(f"/proc/self/fd/{descriptor}").resolve().is_dir():
            raise OSError(errno.EINVAL, "Invalid argument")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", fsync_files)
    with ShardWriter(tmp_path, SHARD) as writer:
        writer.append("trigger", trigger())
        writer.commit()
    assert len(open_store(tmp_path).records) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(WriteError, match="Permission denied"):
        prepare(tmp_path / "dl1", IDENTITY)


def test_an_error_in_the_work_leaves_no_trace(tmp_path):
    with (
        pytest.raises(ZeroDivisionError),
        ShardWriter(tmp_path, SHARD) as writer,
    ):
        writer.append("trigger", trigger(1 / 0))
    assert not files(tmp_path)


def test_nothing_is_committed_unasked(tmp_path):
    with ShardWriter(tmp_path, SHARD) as writer:
        writer.append("trigger", trigger())
    assert not files(tmp_path)


def test_an_unreadable_input_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError):
        run(tmp_path / "x", [tmp_path / "missing.json"])
    assert open_store(tmp_path / "x").records == ()


def grow(path):
    path.write_bytes(b"half and more")


def replace_by_as_much(path):
    path.write_bytes(b"else")
    os.utime(path, ns=(0, 1))


@pytest.mark.parametrize("change", [grow, replace_by_as_much])
def test_an_input_that_changes_while_it_is_read_is_not_committed(tmp_path, change):
    path = tmp_path / "copying.simtel"
    path.write_bytes(b"half")
    shard = Shard(IDENTITY, (Input.of(path),))
    with ShardWriter(tmp_path / "x", shard) as writer:
        writer.append("trigger", trigger())
        change(path)
        with pytest.raises(StoreError, match=r"copying.simtel changed while it was"):
            writer.commit()
    assert not files(tmp_path / "x")


def test_rows_that_wait_do_not_hold_the_memory_of_others(tmp_path):
    others = pa.total_allocated_bytes()
    large = trigger(400_000)
    with ShardWriter(tmp_path, SHARD) as writer:
        before = pa.total_allocated_bytes() - others
        writer.append("trigger", large.slice(0, 10))
        del large
        assert pa.total_allocated_bytes() - others < before / 10
        writer.commit()
    assert open_store(tmp_path).read("trigger")["event_id"].to_pylist() == [*range(10)]


def images(**changes):
    schema = bind(dl1.IMAGES, {"pixel": 7})
    for name, field in changes.items():
        schema = schema.set(schema.get_field_index(name), field)
    return random_batch(schema, 2, np.random.default_rng(0), obs_id=1, tel_id=1)


def rounded(*but):
    """Images as int16, without some column."""
    schema = image_schema(7, is_rounded=True, with_true=False)
    batch = random_batch(schema, 2, np.random.default_rng(0), obs_id=1, tel_id=1)
    return batch.drop_columns(but)


def nulls():
    batch = trigger()
    values = pa.array([None] * 3, pa.int32())
    return batch.set_column(6, batch.schema.field(6), values)


WRONG = {
    "dtype": (
        "images",
        images(image=column("image", pa.list_(pa.float64(), 7), "p.e.", "charge")),
        "column image: axes is '', expected 'pixel'",
    ),
    "no list": (
        "images",
        images(image=dl1.IMAGES.field("image")),
        r"column image: type is float, expected float\[pixel\]",
    ),
    "no unit": (
        "images",
        images(image=bind(dl1.IMAGES, {"pixel": 7}).field("image").remove_metadata()),
        "column image: it does not say its unit and description",
    ),
    "nulls allowed": (
        "images",
        images(image=bind(dl1.IMAGES, {"pixel": 7}).field("image").with_nullable(True)),
        "column image: it may hold nulls",
    ),
    "column less": ("images", images().drop_columns(["image"]), "image is missing"),
    "step less": ("images", rounded("image_step"), "column image is missing"),
    "nulls": ("trigger", nulls(), "column n_tels_with_data has 3 nulls"),
    "type missing": ("parameters", trigger(), "needs a telescope type"),
    "array": ("subarray/optics", trigger(), "given to the writer"),
    "name": ("../trigger", trigger(), "is not a table name"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_not_in_the_data_model_is_not_written(tmp_path, case):
    name, batch, complaint = WRONG[case]
    with (
        pytest.raises(StoreError, match=complaint),
        ShardWriter(tmp_path, SHARD) as writer,
    ):
        writer.append(name, batch, LST if name == "images" else None)


def test_columns_may_not_change_between_batches(tmp_path):
    with ShardWriter(tmp_path, SHARD) as writer:
        writer.append("trigger", trigger())
        with pytest.raises(StoreError, match="n_tels_with_data is missing"):
            writer.append("trigger", trigger().drop_columns(["n_tels_with_data"]))


def test_columns_and_tables_of_plugins_are_welcome_if_they_are_declared(tmp_path):
    field = column("brightest_fraction", pa.float64(), "", "charge share of one pixel")
    extra = trigger().append_column(field, pa.array([0.1, 0.2, 0.3]))
    own = pa.RecordBatch.from_arrays([pa.array([1.0])], schema=pa.schema([field]))
    with ShardWriter(tmp_path, SHARD) as writer:
        writer.append("trigger", extra)
        writer.append("my_table", own)
        writer.commit()
    store = open_store(tmp_path)
    assert store.read("trigger", ["brightest_fraction"]).num_rows == 3
    assert store.read("my_table").num_rows == 1
