"""DL0 holds what stage 1 reads: DL1 made of it is DL1 made of the raw files."""

import importlib.util
import shutil
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from golden import simtel_path
from runs.commands import SETTINGS, SOURCE_SETTINGS, hashes, reduce, stage1
from runs.tables import assert_same_tables
from simtel_surgery import first_showers, write_file

from cta_columnar import open_store, run
from cta_columnar.arrays import to_numpy
from cta_columnar.errors import UserError
from cta_columnar.kernels.stored_pixels import STORED
from cta_columnar.pipelines.reduce import rows as dl0_rows
from cta_columnar.pipelines.stage1 import raw_files
from cta_columnar.sources.base import open_source
from cta_columnar.store import validate

EXAMPLE = Path(__file__).parents[2] / "examples" / "read_dl0.py"
TAILCUTS = "reducer=TailCutsDataVolumeReducer"
REAL = [
    ("prod5_north_gamma_history75", "EFFECTIVE"),
    ("prod5_north_proton_flashcam", "EFFECTIVE"),
    ("gct_checs_muons", "EFFECTIVE"),
    pytest.param("prod6_south_lsts_gamma", "EFFECTIVE", marks=pytest.mark.full),
    pytest.param("n_hv_disabled", "EQUIVALENT", marks=pytest.mark.full),
    # Sums only.
    pytest.param("40k_pixels", "EQUIVALENT", marks=pytest.mark.full),
]


def test_files_of_seven_cameras_calibration_events_too(dl0, dl1, tmp_path):
    assert validate(dl0) == []
    stage1([dl0], tmp_path / "dl1")
    assert validate(tmp_path / "dl1") == []
    assert_same_tables(tmp_path / "dl1", dl1)


@pytest.mark.parametrize(("name", "focal_length"), REAL)
def test_real_files(shared, tmp_path, name, focal_length):
    settings = f"source.focal_length_choice={focal_length}"
    raw = simtel_path(shared, name)
    stage1([raw], tmp_path / "dl1", set=settings)
    reduce([raw], tmp_path / "dl0", set=settings)
    stage1([tmp_path / "dl0"], tmp_path / "again", set=settings)
    assert_same_tables(tmp_path / "again", tmp_path / "dl1")


@pytest.fixture(scope="module")
def showers(shared, tmp_path_factory):
    """Return a raw file of four showers in telescopes of two types."""
    path = tmp_path_factory.mktemp("showers") / "run.simtel.zst"
    return write_file(path, first_showers(shared, "prod5_north_proton_flashcam", 1, 4))


SOME = (
    ("source.max_events=2",),
    ("source.allowed_tels=[1, 2, 7]",),
    ("source.focal_length_choice=EQUIVALENT",),
    ("event_selection.min_telescopes=2", "muons=MuonProcessor"),
)


@pytest.mark.parametrize("settings", SOME, ids=lambda each: each[0])
def test_options_do_the_same(showers, tmp_path, settings):
    reduce([showers], tmp_path / "dl0", set=())
    stage1([tmp_path / "dl0"], tmp_path / "found", set=settings)
    stage1([showers], tmp_path / "wanted", set=settings)
    # The histogram stands at the end of a raw file, which is not read so far.
    but = ("simulation/thrown",) if "max_events" in settings[0] else ()
    assert_same_tables(tmp_path / "found", tmp_path / "wanted", but)


@pytest.mark.full
def test_calibration_events_can_be_left_out_later(inputs, dl0, tmp_path):
    settings = [each for each in SETTINGS if "skip_calibration" not in each]
    stage1([dl0], tmp_path / "found", set=settings)
    stage1(inputs, tmp_path / "wanted", set=settings)
    assert_same_tables(tmp_path / "found", tmp_path / "wanted")


def test_selected_gain_of_calibration_events(inputs, tmp_path):
    selected = (*SETTINGS, "source.select_gain=true")
    of_source = (*SOURCE_SETTINGS, "source.select_gain=true")
    reduce(inputs, tmp_path / "dl0", set=of_source)
    stage1([tmp_path / "dl0"], tmp_path / "found")
    stage1(inputs, tmp_path / "wanted", set=selected)
    assert_same_tables(tmp_path / "found", tmp_path / "wanted")
    with pytest.raises(UserError, match="one gain channel per pixel"):
        run("calibration", input=tmp_path / "found", output=tmp_path / "no", workers=1)


def test_bytes_do_not_depend_on_batches(showers, dl0_of_showers, tmp_path, monkeypatch):
    monkeypatch.setattr(raw_files, "open_source", partial(open_source, batch_rows=1))
    reduce([showers], tmp_path / "pieces", set=TAILCUTS)
    assert hashes(tmp_path / "pieces") == hashes(dl0_of_showers)


@pytest.mark.full
def test_bytes_do_not_depend_on_workers(inputs, dl0, tmp_path, monkeypatch):
    reduce(inputs[::-1], tmp_path / "workers", workers=2)
    assert hashes(tmp_path / "workers") == hashes(dl0)
    monkeypatch.setattr(raw_files, "open_source", partial(open_source, batch_rows=1))
    reduce(inputs, tmp_path / "pieces")
    assert hashes(tmp_path / "pieces") == hashes(dl0)


def test_stage1_does_not_depend_on_pieces(dl0, dl1, tmp_path, monkeypatch):
    monkeypatch.setattr(dl0_rows, "_BATCH_BYTES", 1)
    monkeypatch.setattr(dl0_rows, "_ROWS_READ", 1)
    stage1([dl0], tmp_path / "dl1")
    assert_same_tables(tmp_path / "dl1", dl1)


def status_of(store, tel_type):
    packed = store.read("waveforms", ["pixel_status"], tel_type=tel_type)
    rows = [
        np.frombuffer(each, np.uint8) for each in packed["pixel_status"].to_pylist()
    ]
    return np.stack(rows)


def test_reduced(showers, dl0_of_showers, tmp_path):
    """Dropped pixels have no charge."""
    # Else pixels that are broken get the mean of others.
    stage1([dl0_of_showers], tmp_path / "dl1", set="invalid_pixel_handler=null")
    store = open_store(dl0_of_showers)
    n_dropped = n_pixels = 0
    for tel_type in store.tel_types("waveforms"):
        is_stored = status_of(store, tel_type) & STORED != 0
        found = open_store(tmp_path / "dl1").read("images", tel_type=tel_type)
        assert not to_numpy(found["image"].combine_chunks())[~is_stored].any()
        n_dropped += int((~is_stored).sum())
        n_pixels += is_stored.size
    assert 0.5 * n_pixels < n_dropped < n_pixels


def cleaned(store, tel_type):
    """Masks, and charges and times of cleaned pixels, the others 0."""
    names = ["image_mask", "image", "peak_time", "selected_gain_channel"]
    table = store.read("images", names, tel_type=tel_type)
    columns = {name: to_numpy(table[name].combine_chunks()) for name in names}
    mask = columns.pop("image_mask")
    return {"mask": mask} | {k: np.where(mask, v, 0) for k, v in columns.items()}


@pytest.mark.parametrize(
    "name", ["prod5_north_gamma_history75", "prod5_north_proton_flashcam"]
)
def test_a_reduction_by_default_changes_no_cleaned_image(shared, tmp_path, name):
    """LSTCam, NectarCam and FlashCam, broken pixels replaced as they are by default."""
    raw = simtel_path(shared, name)
    reduce([raw], tmp_path / "dl0", set=TAILCUTS)
    stage1([tmp_path / "dl0"], tmp_path / "dl1", set=())
    stage1([raw], tmp_path / "whole", set=())
    assert_same_tables(tmp_path / "dl1", tmp_path / "whole", only=("parameters",))
    found, whole = open_store(tmp_path / "dl1"), open_store(tmp_path / "whole")
    n_pixels = 0
    for tel_type in whole.tel_types("images"):
        want, got = cleaned(whole, tel_type), cleaned(found, tel_type)
        for column in want:
            np.testing.assert_array_equal(got[column], want[column])
        n_pixels += want["mask"].sum()
    assert n_pixels > 500


def test_kept_waveforms_are_the_raw_ones(showers, dl0_of_showers):
    """The plain decoder on reduced data, against the raw file."""
    spec = importlib.util.spec_from_file_location("read_dl0", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    raw = raw_rows(showers)
    store = open_store(dl0_of_showers)
    n_checked = 0
    for tel_type in store.tel_types("waveforms"):
        for path in store.paths("waveforms", tel_type):
            for event, rows in module.waveforms(str(path)):
                waveform, truth = raw.pop((event["event_id"], event["tel_id"]))
                assert module.true_image(event) == truth.tolist()
                for (pixel, channel), row in rows.items():
                    assert row == waveform[channel, pixel].tolist()
                    n_checked += 1
    assert not raw
    assert n_checked > 100


@pytest.fixture(scope="module")
def dl0_of_showers(showers, tmp_path_factory):
    root = tmp_path_factory.mktemp("reduced") / "dl0"
    reduce([showers], root, set=TAILCUTS)
    return root


def raw_rows(path):
    found = {}
    with closing(open_source(path)) as source:
        batches = list(source.batches())
    for batch in batches:
        for rows in batch.telescopes.values():
            keys = zip(
                *(to_numpy(rows[n]) for n in ("event_id", "tel_id")), strict=True
            )
            arrays = zip(
                to_numpy(rows["r0_waveform"]), to_numpy(rows["true_image"]), strict=True
            )
            for key, (waveform, truth) in zip(keys, arrays, strict=True):
                found[tuple(map(int, key))] = waveform.copy(), truth.copy()
    return found


def test_resume_redoes_what_is_missing(dl0, dl1, inputs, tmp_path):
    reduce(inputs[:3], tmp_path / "dl0")
    summary = reduce(inputs, tmp_path / "dl0", resume=True)
    assert summary.n_shards_kept == 3
    assert hashes(tmp_path / "dl0") == hashes(dl0)
    stage1([tmp_path / "dl0"], tmp_path / "dl1")
    for verb, start in ((reduce, inputs), (stage1, [tmp_path / "dl0"])):
        root = tmp_path / {reduce: "dl0", stage1: "dl1"}[verb]
        with pytest.raises(UserError, match="--resume"):
            verb(start, root, dry_run=True)
        plan = verb(start, root, dry_run=True, resume=True)
        assert [each.is_done for each in plan.shards] == [True] * 8
    assert stage1([tmp_path / "dl0"], tmp_path / "dl1", resume=True).n_shards_kept == 8
    assert_same_tables(tmp_path / "dl1", dl1)


REFUSED = {
    "another stage": ({}, "by stage2; stage1 wants what reduce or stage1 made"),
    "obs_id": ({"set": "source.obs_id=3"}, "options of the run that made it"),
    "select_gain": ({"set": "source.select_gain=true"}, "DL0 has all channels"),
    "gain": ({"set": "gain_selector=StoredGainSelector"}, "is for DL0, not raw files"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused(inputs, dl0, dl2, tmp_path, case):
    how, why = REFUSED[case]
    root = {"another stage": dl2, "gain": inputs[0]}.get(case, dl0)
    with pytest.raises(UserError, match=why):
        stage1([root], tmp_path / "dl1", **how)


def test_another_gain_selector_is_told(dl0_of_showers, tmp_path):
    settings = "gain_selector=ManualGainSelector"
    summary = stage1([dl0_of_showers], tmp_path / "dl1", set=settings)
    assert any("gain_selector has no effect" in each for each in summary.warnings)


def change(path, name, values):
    """Rewrite a part with another column; its size and digest are not looked at."""
    table = pq.read_table(path, partitioning=None)
    position = table.schema.get_field_index(name)
    field = table.schema.field(position)
    changed = table.set_column(position, field, pa.array(values, field.type))
    pq.write_table(changed, path, use_dictionary=False, write_page_checksum=True)


def damaged(column, index, n_pixels):
    """Values that no run would write, with what is said of each."""
    bits = {"no gain": 1, "low gain of one channel": 9, "no pixel": 5}
    if index == "frame":
        return [bytes(each[:-3]) for each in column]
    if index == "index":
        return [len(column) + 100] * len(column)
    n = n_pixels - (index == "no pixel")
    return [bytes([bits[index]] * n)] * len(column)


DAMAGE = {
    "frame": ("packed_waveform", "damaged: no zstd frame"),
    "index": ("calibration_index", "calibration_index beyond coefficients"),
    "no gain": ("pixel_status", "gain channels that cannot be"),
    "low gain of one channel": ("pixel_status", "gain channels that cannot be"),
    "no pixel": ("pixel_status", "the camera has 1764 pixels"),
}


@pytest.mark.parametrize("case", DAMAGE)
def test_damage_is_told(dl0_of_showers, tmp_path, case):
    name, why = DAMAGE[case]
    shutil.copytree(dl0_of_showers, tmp_path / "dl0")
    store = open_store(tmp_path / "dl0")
    (path,) = store.paths("waveforms", "MST_MST_FlashCam")
    column = pq.read_table(path, columns=[name], partitioning=None)[name].to_pylist()
    change(path, name, damaged(column, case, 1764))
    with pytest.raises(UserError, match=why):
        run("stage1", input=tmp_path / "dl0", output=tmp_path / "dl1", workers=1)
