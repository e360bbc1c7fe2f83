"""That pixels were dropped is told, of a dataset and where a cleaning misses them."""

import pytest
from runs.commands import reduce, stage1
from simulated_showers import simulate

from cta_columnar import open_store
from cta_columnar.cli.contents import describe_dataset

LST = "LST_LST_LSTCam"
# One telescope of another reducer, one of none.
CHOICE = """reducer={
    default: {name: TailCutsDataVolumeReducer, picture_threshold_pe: 8},
    tel_id=3: {boundary_threshold_pe: 3},
    tel_id=5: {name: NullDataVolumeReducer}}"""


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    return simulate(tmp_path_factory.mktemp("raw") / "run.simtel.zst")


@pytest.fixture(scope="module")
def reduced(raw, tmp_path_factory):
    root = tmp_path_factory.mktemp("reduced") / "dl0"
    reduce([raw], root, set=CHOICE)
    return root


def told(root):
    return [x for x in describe_dataset(open_store(root)) if x.startswith("  pixels")]


def about_pixels(summary):
    return [w for w in summary.warnings if "pixels" in w or "cleaner" in w]


def test_info_tells_which_pixels_there_are(reduced):
    one, other = told(reduced)
    start = f"of {LST} those that TailCutsDataVolumeReducer (boundary_threshold_pe=5.0,"
    assert start in one
    assert one.endswith("n_end_dilates=2, picture_threshold_pe=8.0) kept")
    assert "TailCutsDataVolumeReducer (boundary_threshold_pe=3.0, " in other


def test_nothing_is_told_where_all_pixels_are_there(raw, tmp_path):
    reduce([raw], tmp_path / "dl0", set=())
    summary = stage1([tmp_path / "dl0"], tmp_path / "dl1", set="cleaner=none")
    assert not about_pixels(summary)
    assert not told(tmp_path / "dl0")
    assert not told(tmp_path / "dl1")


def test_stage1_tells_of_the_pixels_and_no_more_if_it_wants_no_more(reduced, tmp_path):
    summary = stage1([reduced], tmp_path / "dl1", set=())
    (warning,) = about_pixels(summary)
    assert warning.startswith(f"{reduced} holds some pixels only, of {LST} those that ")
    assert warning.endswith(": others have charge 0")
    # The images come of them, and so do those that are cleaned again.
    assert told(tmp_path / "dl1") == told(reduced)
    summary = stage1([tmp_path / "dl1"], tmp_path / "again", set=())
    assert len(about_pixels(summary)) == 1
    assert told(tmp_path / "again") == told(reduced)


LOWER = {
    "cleaner.picture_threshold_pe=7.5": (
        "cleaner of telescopes 1, 3: TailcutsImageCleaner, picture_threshold_pe=7.5 "
        "where 8 chose the pixels: what it would find in pixels that were dropped is",
    ),
    "cleaner.boundary_threshold_pe=4": (
        "cleaner of telescopes 1: TailcutsImageCleaner, boundary_threshold_pe=4 where "
        "5 chose the pixels: what",
    ),
    "cleaner.keep_isolated_pixels=true": (
        "cleaner of telescopes 1, 3: TailcutsImageCleaner, keep_isolated_pixels=True",
    ),
    "cleaner=none": (
        "cleaner of telescopes 1, 3: NullImageCleaner, not comparable with what chose",
    ),
    "cleaner={default: MARSImageCleaner, tel_id=3: {min_picture_neighbors: 1}}": (
        "cleaner of telescopes 3: MARSImageCleaner, min_picture_neighbors=1 where 2",
    ),
}


@pytest.mark.parametrize("setting", LOWER)
def test_a_cleaning_that_wants_more_is_a_warning(reduced, tmp_path, setting):
    summary = stage1([reduced], tmp_path / "dl1", set=setting)
    _, *found = about_pixels(summary)
    for warning, start in zip(found, LOWER[setting], strict=True):
        assert warning.startswith(start)


def test_so_is_one_of_images_that_come_of_them(reduced, tmp_path):
    stage1([reduced], tmp_path / "dl1", set=())
    lower = "cleaner.picture_threshold_pe=7.5"
    summary = stage1([tmp_path / "dl1"], tmp_path / "again", set=lower)
    _, warning = about_pixels(summary)
    assert warning.startswith(LOWER[lower])
