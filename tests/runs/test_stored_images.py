"""Stage 1 of stored images gives what stage 1 of the raw files gives."""

import shutil

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from runs import commands
from runs.commands import SETTINGS, hashes, reduce
from runs.tables import assert_same_tables, columns_of
from simtel_surgery import first_showers, write_file

from cta_columnar import open_store
from cta_columnar.arrays import to_numpy
from cta_columnar.cli.contents import describe_dataset
from cta_columnar.errors import UserError
from cta_columnar.kernels.reduction import grown
from cta_columnar.pipelines.images import rows as image_rows
from cta_columnar.pipelines.images.stored import float_image
from cta_columnar.pipelines.reports.pictures import images_shown
from cta_columnar.pipelines.stage1 import on_images as stage1_on_dl1
from cta_columnar.schemas.keys import TEL_EVENT_NAMES
from cta_columnar.store import configuration_of, validate

CLEANING = tuple(each for each in SETTINGS if each.startswith("cleaner."))
FLASHCAM = "MST_MST_FlashCam"


def stage1(inputs, output, *settings, **how):
    return commands.stage1(inputs, output, set=settings, **how)


def again(dl1, output, *settings, **how):
    return stage1([dl1], output, *settings, **how)


@pytest.fixture(scope="module")
def showers(shared, tmp_path_factory):
    """Return a raw file of four showers in telescopes of two types."""
    path = tmp_path_factory.mktemp("showers") / "run.simtel.zst"
    return write_file(path, first_showers(shared, "prod5_north_proton_flashcam", 1, 4))


@pytest.fixture(scope="module")
def images(showers):
    """Return their images, whole; not to be changed."""
    root = showers.parent / "images"
    stage1([showers], root)
    return root


def images_of(root, name, tel_type=FLASHCAM):
    rows = open_store(root).read("images", tel_type=tel_type)
    if name in ("image", "peak_time"):
        return float_image(rows, name)
    return to_numpy(rows[name].combine_chunks())


def test_same_configuration_same_dataset(dl1, tmp_path):
    """Seven telescope types, calibration events too."""
    summary = again(dl1, tmp_path / "again", *CLEANING)
    assert validate(tmp_path / "again") == []
    assert_same_tables(tmp_path / "again", dl1)
    assert summary.counts["events"] > 0
    assert not summary.warnings
    first, found = open_store(dl1).records, open_store(tmp_path / "again").records
    assert [r.counts for r in found] == [r.counts for r in first]
    assert [r.info["cut_flow"] for r in found] == [r.info["cut_flow"] for r in first]


def test_truth_is_computed_anew_by_other_code(images, tmp_path, monkeypatch):
    monkeypatch.setattr(stage1_on_dl1, "code_digest", lambda _: "other")
    shutil.copytree(images, tmp_path / "images")
    for path in open_store(images).paths("parameters", FLASHCAM):
        copy = tmp_path / "images" / path.relative_to(images)
        change(copy, "true_hillas_length")
    again(tmp_path / "images", tmp_path / "again")
    assert_same_tables(tmp_path / "again", images)


def change(path, name):
    """Rewrite a part with zeros in a column of floats."""
    table = pq.read_table(path, partitioning=None)
    position = table.schema.get_field_index(name)
    zeros = pa.array(np.zeros(len(table)))
    changed = table.set_column(position, table.schema.field(position), zeros)
    pq.write_table(changed, path, write_page_checksum=True)


OTHERS = {
    "cleaner": ("cleaner=MARSImageCleaner", "island_selector=BrightestIsland"),
    "times": ("cleaner=FACTImageCleaner", "cleaner.picture_threshold_pe=6"),
    "telescopes": (
        "cleaner={default: {name: TailcutsImageCleaner}, "
        '"tel_id=5": {picture_threshold_pe: 4, boundary_threshold_pe: 2}, '
        '"tel_id=6": {name: MARSImageCleaner}}',
    ),
    "parameters": (
        "parameters=[hillas, camera_frame_hillas, {name: timing, n_pairs: 3}]",
        "muons={name: MuonProcessor, pixels_above: 4}",
    ),
    "quality": ("image_quality.cuts=[{many: n_pixels > 5}]",),
    "night sky": ("cleaner={name: NSBImageCleaner, bright_cleaning_threshold: 15}",),
    "modifier": (
        "image_modifier={name: ImageModifier, noise_level_dim_pixels: 2, "
        "psf_smear_factor: 0.1}",
    ),
}


@pytest.mark.parametrize("settings", OTHERS.values(), ids=OTHERS)
def test_other_choices_do_the_same_as_on_raw_files(showers, images, tmp_path, settings):
    again(images, tmp_path / "found", *settings)
    stage1([showers], tmp_path / "wanted", *settings)
    assert_same_tables(tmp_path / "found", tmp_path / "wanted")
    found, wanted = (open_store(tmp_path / n) for n in ("found", "wanted"))
    assert configuration_of(found.root, "stage1") == configuration_of(
        wanted.root, "stage1"
    )
    # It is not that nothing happened.
    tables = [
        columns_of(open_store(r), "parameters", FLASHCAM) for r in (found.root, images)
    ]
    assert tables[0] != tables[1]


def test_parameters_alone(images, tmp_path):
    again(images, tmp_path / "again", "write.images=none")
    store = open_store(tmp_path / "again")
    assert "images" not in store.tables()
    assert_same_tables(tmp_path / "again", images, only=store.tables())
    with pytest.raises(UserError, match=r"holds no images \(write.images=none\)"):
        again(tmp_path / "again", tmp_path / "third")


def test_without_truth(showers, images, tmp_path):
    settings = "write.true_images=false", "write.true_parameters=false"
    stage1([showers], tmp_path / "plain", *settings)
    again(images, tmp_path / "again", *settings)
    assert_same_tables(tmp_path / "again", tmp_path / "plain")
    # True images are no matter of choice here, true parameters are.
    with pytest.raises(UserError, match=r"write\.true_parameters: .* no true images"):
        again(tmp_path / "plain", tmp_path / "third")
    again(tmp_path / "plain", tmp_path / "third", "write.true_parameters=false")
    assert_same_tables(tmp_path / "third", tmp_path / "plain")
    # Parameters of the truth are carried on without the true images.
    stage1([showers], tmp_path / "parameters", settings[0])
    again(tmp_path / "parameters", tmp_path / "fourth", "cleaner=none")
    stage1([showers], tmp_path / "wanted", settings[0], "cleaner=none")
    assert_same_tables(tmp_path / "fourth", tmp_path / "wanted")


def test_through_dl0(showers, images, tmp_path):
    reduce([showers], tmp_path / "dl0", set=())
    stage1([tmp_path / "dl0"], tmp_path / "dl1")
    again(tmp_path / "dl1", tmp_path / "again")
    assert_same_tables(tmp_path / "again", images)


@pytest.mark.full
def test_int16_of_seven_cameras(dl1, inputs, tmp_path):
    stage1(inputs, tmp_path / "dl1", *SETTINGS, "write.image_precision=int16")
    assert len(open_store(tmp_path / "dl1").tel_types("images")) == 7
    check_int16(tmp_path / "dl1", dl1)


def test_int16_is_off_by_half_a_step_at_most(showers, images, tmp_path):
    stage1([showers], tmp_path / "dl1", "write.image_precision=int16")
    check_int16(tmp_path / "dl1", images)


def check_int16(root, dl1):
    """Compare images that are stored as int16 with those that are not."""
    store = open_store(root)
    assert validate(store.root) == []
    assert_same_tables(store.root, dl1, but=["images"])
    for tel_type in store.tel_types("images"):
        rows = store.read("images", tel_type=tel_type)
        assert not {"image", "peak_time"} & set(rows.column_names)
        for name in ("image", "peak_time"):
            wanted = images_of(dl1, name, tel_type)
            found = float_image(rows, name)
            step = to_numpy(rows[f"{name}_step"].combine_chunks())[:, np.newaxis]
            off = np.abs(found - wanted.astype(np.float64))
            assert (off <= 0.5 * step + np.spacing(np.abs(wanted))).all()
            largest = np.abs(wanted).max(axis=1)[:, np.newaxis]
            assert (step <= np.maximum(largest / 32766, 1e-6)).all()
        for name in ("image_mask", "selected_gain_channel", "true_image"):
            column = to_numpy(rows[name].combine_chunks())
            np.testing.assert_array_equal(column, images_of(dl1, name, tel_type))


def test_int16_images_are_read_as_floats(showers, tmp_path):
    stage1([showers], tmp_path / "int16", "write.image_precision=int16")
    again(tmp_path / "int16", tmp_path / "floats")
    for name in ("image", "peak_time"):
        wanted = images_of(tmp_path / "int16", name)
        np.testing.assert_array_equal(images_of(tmp_path / "floats", name), wanted)
    again(tmp_path / "int16", tmp_path / "same", "write.image_precision=int16")
    again(tmp_path / "floats", tmp_path / "again", "write.image_precision=int16")
    assert_same_tables(tmp_path / "same", tmp_path / "again")
    check_readers(open_store(tmp_path / "int16"))
    frame = open_store(tmp_path / "int16").scan("images", FLASHCAM)
    n_pixels = images_of(tmp_path / "int16", "image").shape[1]
    in_words = pl.col("image_int16").cast(pl.Array(pl.Float32, n_pixels))
    decoded = frame.select(in_words * pl.col("image_step")).collect().to_series()
    np.testing.assert_array_equal(
        decoded.to_numpy(), images_of(tmp_path / "int16", "image")
    )


def check_readers(store):
    """A report shows charges, and info says how they are stored."""
    shown = images_shown(store, None, 100)
    assert len(shown) > 2
    for each in shown:
        tel_type = each.telescope.name
        keys = [images_of(store.root, name, tel_type) for name in TEL_EVENT_NAMES]
        key = [each.row[name] for name in TEL_EVENT_NAMES]
        (row,) = np.flatnonzero(np.all(np.transpose(keys) == key, axis=1))
        wanted = images_of(store.root, "image", tel_type)[row]
        np.testing.assert_array_equal(np.float32(each.row["image"]), wanted)
    assert any(line.split()[1:] == ["whole,", "int16"] for line in words_of(store))


def words_of(store):
    return [line for line in describe_dataset(store) if line.startswith("  images ")]


CLEANINGS = {
    0: ("cleaner.picture_threshold_pe=8",),
    1: ("cleaner=MARSImageCleaner", "island_selector=BrightestIsland"),
    2: ("island_selector=LargestIsland",),
}


@pytest.mark.parametrize("rings", CLEANINGS)
def test_cleaned_images(showers, images, tmp_path, rings):
    cleaning = CLEANINGS[rings]
    cleaned = "write.images=cleaned", f"write.image_rings={rings}"
    stage1([showers], tmp_path / "dl1", *cleaned, *cleaning)
    again(images, tmp_path / "whole", *cleaning)
    images = tmp_path / "whole"
    store = open_store(tmp_path / "dl1")
    assert_same_tables(store.root, images, but=["images"])
    (camera,) = [each for each in store.subarray().types if each.name == FLASHCAM]
    mask = images_of(images, "image_mask")
    csr = camera.camera.neighbor_indptr, camera.camera.neighbor_indices
    stays = grown(mask, rings, *csr)
    assert 0 < stays.sum() < 0.5 * stays.size
    for name in ("image", "peak_time"):
        wanted = np.where(stays, images_of(images, name), 0)
        np.testing.assert_array_equal(images_of(store.root, name), wanted)
    for name in ("image_mask", "true_image", "selected_gain_channel"):
        np.testing.assert_array_equal(
            images_of(store.root, name), images_of(images, name)
        )
    field = store.schema("images", FLASHCAM).field("image")
    assert field.metadata[b"pixels"].startswith(f"of image_mask and {rings} ".encode())

    # What was kept is all that the same cleaning looks at.
    summary = again(store.root, tmp_path / "again", *cleaning)
    assert not summary.warnings
    assert_same_tables(tmp_path / "again", store.root)
    assert open_store(tmp_path / "again").records[0].info["images"] == {
        "pixels": "cleaned",
        "rings": rings,
        "precision": "float32",
    }


def test_what_cleaned_images_lack_is_told(showers, images, tmp_path):
    stage1([showers], tmp_path / "dl1", "write.images=cleaned")
    looser = "cleaner.picture_threshold_pe=6", "write.images=none"
    summary = again(tmp_path / "dl1", tmp_path / "looser", *looser)
    assert any("what another cleaning would find" in each for each in summary.warnings)
    with pytest.raises(UserError, match=r"image_modifier: .* the cleaned pixels"):
        again(tmp_path / "dl1", tmp_path / "no", *OTHERS["modifier"])
    (line,) = words_of(open_store(tmp_path / "dl1"))[:1]
    assert line.endswith("cleaned pixels and 1 ring around them, others 0, float32")
    # No more rings than there are.
    again(
        tmp_path / "dl1",
        tmp_path / "again",
        "write.images=cleaned",
        "write.image_rings=3",
    )
    assert_same_tables(tmp_path / "again", tmp_path / "dl1")
    values = configuration_of(tmp_path / "again", "stage1")
    assert (values["write"]["images"], values["write"]["image_rings"]) == ("cleaned", 1)


def test_images_are_modified_once(showers, tmp_path):
    modifier = OTHERS["modifier"]
    stage1([showers], tmp_path / "dl1", *modifier)
    for name, settings in {"default": (), "same": modifier}.items():
        again(tmp_path / "dl1", tmp_path / name, *settings)
        assert_same_tables(tmp_path / name, tmp_path / "dl1")
        values = configuration_of(tmp_path / name, "stage1")
        assert values["image_modifier"]["psf_smear_factor"] == 0.1
    another = "image_modifier={name: ImageModifier, psf_smear_factor: 0.2}"
    for setting in (another, "image_modifier=null"):
        with pytest.raises(UserError, match=r"image_modifier: .* has changed the im"):
            again(tmp_path / "dl1", tmp_path / "no", setting)


REFUSED = {
    "source.max_events=3": r"source\.max_events: the images of .* without it; give the",
    "source.focal_length_choice=EQUIVALENT": r"source\.focal_length_choice: .*EFFECT",
    "source.allowed_tels=[1]": r"source\.allowed_tels: ",
    "event_selection.min_telescopes=3": r"event_selection\.min_telescopes: .* with 1;",
    "monitoring.pedestals=here": r"monitoring\.pedestals: nothing reads them",
    "monitoring.calibration=here": r"monitoring\.calibration: the images of ",
    "extractor=FullWaveformSum": "extractor: the images of .*NeighborPeakWindowSum",
    "extractor.window_width=5": "extractor: ",
    "calibrator.calib_scale=2": "calibrator: ",
    "time_shift=null": "time_shift: ",
    "write.images=true": r"write\.images=true: true is called whole now",
    "write.images=false": r"write\.images=false: false is called none now",
}


@pytest.mark.parametrize("setting", REFUSED)
def test_what_images_cannot_give_is_refused(images, tmp_path, setting):
    with pytest.raises(UserError, match=REFUSED[setting]):
        again(images, tmp_path / "dl1", setting)
    assert not (tmp_path / "dl1").exists()


# Said in so many words, a default is no less a wish than another value.
DEFAULTS = (
    "extractor.window_width=7",
    "extractor=NeighborPeakWindowSum",
    "source.max_events=null",
)


def test_what_images_were_made_with_stays(showers, tmp_path):
    made = "extractor.window_width=5", "source.max_events=3"
    stage1([showers], tmp_path / "dl1", *made)
    for name, settings in {"default": (), "same": made}.items():
        again(tmp_path / "dl1", tmp_path / name, *settings)
        assert_same_tables(tmp_path / name, tmp_path / "dl1")
        values = configuration_of(tmp_path / name, "stage1")
        assert values == configuration_of(tmp_path / "dl1", "stage1")
    # One key of several that agree is enough.
    again(tmp_path / "dl1", tmp_path / "one", "extractor.window_width=5")
    assert_same_tables(tmp_path / "one", tmp_path / "dl1")
    # Of another origin, so of another identity.
    digests = {
        open_store(tmp_path / name).identity.config_digest
        for name in ("dl1", "default", "same")
    }
    assert len(digests) == 2
    for default in DEFAULTS:
        key = default.split("=")[0].removesuffix(".window_width")
        with pytest.raises(UserError, match=f"^{key}: the images of .* were made with"):
            again(tmp_path / "dl1", tmp_path / "no", default)
    assert not (tmp_path / "no").exists()
    (tmp_path / "dl1/provenance.json").unlink()
    with pytest.raises(UserError, match="does not say what its images were made with"):
        again(tmp_path / "dl1", tmp_path / "no")


def test_resume_and_slices(dl1, tmp_path, monkeypatch):
    again(dl1, tmp_path / "again", *CLEANING, "write.images=none")
    wanted = hashes(tmp_path / "again")
    with pytest.raises(UserError, match="--resume"):
        again(dl1, tmp_path / "again", *CLEANING, dry_run=True)
    store = open_store(tmp_path / "again")
    (store.root / store.records[3].parts[0].path).unlink()
    monkeypatch.setattr(image_rows, "_SLICE_BYTES", 1)
    how = {"resume": True, "workers": 1}
    summary = again(dl1, store.root, *CLEANING, "write.images=none", **how)
    assert summary.n_shards_kept == len(store.records) - 1
    assert hashes(store.root) == wanted
    with pytest.raises(UserError, match="another config"):
        again(dl1, store.root, resume=True)
    with pytest.raises(UserError, match="is the input"):
        again(dl1, dl1, overwrite=True)


@pytest.mark.full
def test_workers_do_not_matter(dl1, tmp_path):
    for workers in (1, 2):
        again(dl1, tmp_path / str(workers), *CLEANING, workers=workers)
    assert hashes(tmp_path / "1") == hashes(tmp_path / "2")


@pytest.mark.parametrize("table", ["images", "parameters"])
def test_damage_is_told(images, tmp_path, table):
    shutil.copytree(images, tmp_path / "dl1")
    (path,) = open_store(tmp_path / "dl1").paths(table, FLASHCAM)
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 3] ^= 0xFF
    path.write_bytes(raw)
    with pytest.raises(UserError, match=r"part-.*parquet"):
        again(tmp_path / "dl1", tmp_path / "again", "write.images=none")
    assert not (tmp_path / "again").exists()
