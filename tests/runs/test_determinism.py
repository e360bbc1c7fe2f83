"""Bytes do not depend on workers, order, batches, slices or the folder."""

import shutil
from functools import partial

import pytest
from runs.commands import hashes, stage1, stage2
from simtel_surgery import content, first_showers, write_file

from cta_columnar import open_store
from cta_columnar.pipelines.stage1 import raw_files
from cta_columnar.pipelines.stage2 import rows as dl1_rows
from cta_columnar.sources.base import open_source
from cta_columnar.sources.simtel import opening
from cta_columnar.stages import dl1 as stage

ORDERS = {
    "as given": lambda inputs: inputs,
    "reversed": lambda inputs: inputs[::-1],
    "mixed": lambda inputs: inputs[1::2] + inputs[::2],
}


@pytest.mark.parametrize(
    ("workers", "order"),
    [
        (3, "mixed"),
        pytest.param(2, "reversed", marks=pytest.mark.full),
        pytest.param(1, "reversed", marks=pytest.mark.full),
        pytest.param(4, "mixed", marks=pytest.mark.full),
        pytest.param(2, "as given", marks=pytest.mark.full),
    ],
)
def test_workers_and_order_in_stage1(inputs, dl1, tmp_path, workers, order):
    stage1(ORDERS[order](inputs), tmp_path / "dl1", workers=workers)
    assert hashes(tmp_path / "dl1") == hashes(dl1)


@pytest.mark.parametrize("workers", [2, pytest.param(4, marks=pytest.mark.full)])
def test_workers_in_stage2(dl1, dl2, tmp_path, workers):
    stage2(dl1, tmp_path / "dl2", workers=workers)
    assert hashes(tmp_path / "dl2") == hashes(dl2)


def test_the_folder_of_dl1_is_in_the_manifest_only(dl1, dl2, tmp_path):
    shutil.copytree(dl1, tmp_path / "dl1")
    stage2(tmp_path / "dl1", tmp_path / "dl2")
    parts = {path: sha for path, sha in hashes(dl2).items() if path != "manifest.json"}
    found = hashes(tmp_path / "dl2")
    del found["manifest.json"]
    assert found == parts


def test_runs_of_one_file_are_told_apart(shared, tmp_path, monkeypatch):
    """Where telescopes point is told for each run, moved or not."""
    raw = content(shared, 1, 2) + content(shared, 3, 2)
    path = write_file(tmp_path / "two.simtel", raw)
    stage1([path], tmp_path / "dl1")
    dl1 = open_store(tmp_path / "dl1")
    key = ["obs_id", "tel_id"]
    pointing = dl1.scan("pointing").select(key).collect()
    triggers = dl1.scan("trigger").select("obs_id", tel_id="tels_with_trigger")
    seen = triggers.explode("tel_id").unique().collect()
    assert pointing.sort(key).equals(seen.sort(key))
    for name in ("one event a batch", "small windows"):
        monkeypatch.setattr(*PIECES[name])
    stage1([path], tmp_path / "again")
    assert hashes(tmp_path / "again") == hashes(tmp_path / "dl1")


# Batches of one event, or of about a MB; slices of one image, or of some; windows on
# the decompressed file of about an event.
PIECES = {
    "one event a batch": (raw_files, "open_source", partial(open_source, batch_rows=1)),
    "some events a batch": (
        raw_files,
        "open_source",
        partial(open_source, batch_bytes=1 << 20),
    ),
    "one image a slice": (stage, "SLICE_BYTES", 1),
    "some images a slice": (stage, "SLICE_BYTES", 1 << 21),
    "small windows": (opening, "CHUNK_BYTES", 1 << 19),
}


def test_the_smallest_pieces_in_stage1(inputs, dl1, tmp_path, monkeypatch):
    for name in ("one event a batch", "one image a slice", "small windows"):
        monkeypatch.setattr(*PIECES[name])
    stage1(inputs, tmp_path / "dl1")
    assert hashes(tmp_path / "dl1") == hashes(dl1)


@pytest.mark.parametrize(
    "name", ["prod6_south_lsts_gamma", "prod5_north_proton_flashcam"]
)
def test_real_showers(shared, tmp_path, monkeypatch, name):
    """With true images and sums of photo-electrons, which the others have not."""
    paths = [
        write_file(
            tmp_path / f"run{run}.simtel.zst", first_showers(shared, name, run, n)
        )
        for run, n in ((1, 4), (2, 1), (3, 3))
    ]
    effective = ("source.focal_length_choice=EFFECTIVE",)
    stage1(paths, tmp_path / "dl1", set=effective)
    stage2(tmp_path / "dl1", tmp_path / "dl2")
    counts = [r.counts["events"] for r in open_store(tmp_path / "dl2").records]
    assert counts == [4, 1, 3]
    monkeypatch.setattr(dl1_rows, "EVENTS_AT_ONCE", 1)
    stage2(tmp_path / "dl1", tmp_path / "dl2-pieces")
    assert hashes(tmp_path / "dl2-pieces") == hashes(tmp_path / "dl2")
    for piece in ("one event a batch", "one image a slice", "small windows"):
        monkeypatch.setattr(*PIECES[piece])
    stage1(paths[::-1], tmp_path / "dl1-pieces", set=effective)
    assert hashes(tmp_path / "dl1-pieces") == hashes(tmp_path / "dl1")


@pytest.mark.full
@pytest.mark.parametrize("name", PIECES)
def test_sizes_of_pieces_in_stage1(inputs, dl1, tmp_path, monkeypatch, name):
    monkeypatch.setattr(*PIECES[name])
    stage1(inputs, tmp_path / "dl1")
    assert hashes(tmp_path / "dl1") == hashes(dl1)


@pytest.mark.parametrize("n_events", [1, 7])
def test_sizes_of_pieces_in_stage2(dl1, dl2, tmp_path, monkeypatch, n_events):
    monkeypatch.setattr(dl1_rows, "EVENTS_AT_ONCE", n_events)
    stage2(dl1, tmp_path / "dl2")
    assert hashes(tmp_path / "dl2") == hashes(dl2)
