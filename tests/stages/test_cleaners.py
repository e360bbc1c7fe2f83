"""What cleaners and island selectors make of images of a few pixels."""

import numpy as np
import pytest
from cameras import hexagonal, square
from toy_telescopes import setup

from cta_columnar.errors import UserError
from cta_columnar.registry import get, names

# Options and defaults of ctapipe 0.32, but for those without an effect there.
TAIL_CUTS = {
    "picture_threshold_pe": 10.0,
    "boundary_threshold_pe": 5.0,
    "min_picture_neighbors": 2,
}
DEFAULTS = {
    "NullImageCleaner": {},
    "TailcutsImageCleaner": TAIL_CUTS | {"keep_isolated_pixels": False},
    "MARSImageCleaner": TAIL_CUTS,
    "FACTImageCleaner": TAIL_CUTS | {"time_limit_ns": 5.0},
    "TimeConstrainedImageCleaner": TAIL_CUTS
    | {"time_limit_core_ns": 4.5, "time_limit_boundary_ns": 1.5},
    "NSBImageCleaner": TAIL_CUTS
    | {
        "keep_isolated_pixels": False,
        "pedestal_factor": 2.5,
        "time_limit": 2.0,
        "time_num_neighbors": 1,
        "bright_cleaning_n_pixels": 3,
        "bright_cleaning_fraction": 0.03,
        "bright_cleaning_threshold": 267.0,
        "largest_island_only": False,
    },
}


def run(kind, name, columns, context, **options):
    algorithm = get(kind, name)
    checked = algorithm.validate_options(options)
    return algorithm.run(columns, context, checked)["image_mask"]


def row_of(*charges, times=None, pedestal_std=None):
    """One image of a row of pixels: columns and context."""
    context = setup(square(1, len(charges)), n_events=1).context
    context["pedestal_std"] = None
    shape = 1, len(charges)
    columns = {
        "image": np.array([charges], np.float32),
        "peak_time": np.zeros(shape, np.float32),
        "selected_gain_channel": np.zeros(shape, np.int8),
        "pedestal_index": np.zeros(1, np.int32),
    }
    if times is not None:
        columns["peak_time"][0] = times
    if pedestal_std is not None:
        known = np.ones((2, 2, len(charges)), np.float32) * pedestal_std
        context["pedestal_std"] = known.astype(np.float32)
    return columns, context


def nsb(row, **options):
    """Pixels that the NSB cleaner keeps of a row."""
    options = {"min_picture_neighbors": 1} | options
    return np.flatnonzero(run("cleaner", "NSBImageCleaner", *row, **options)).tolist()


def test_names_options_and_defaults_are_those_of_ctapipe():
    found = {
        name: {key: spec.default for key, spec in get("cleaner", name).options.items()}
        for name in names("cleaner")
    }
    assert found == DEFAULTS


@pytest.mark.parametrize("name", DEFAULTS)
def test_every_option_says_what_it_means(name):
    algorithm = get("cleaner", name)
    assert algorithm.doc
    assert all(spec.doc for spec in algorithm.options.values())


@pytest.mark.parametrize("name", ["MARSImageCleaner", "FACTImageCleaner"])
def test_an_option_without_effect_is_refused(name):
    # ctapipe takes it and does as if it were false.
    with pytest.raises(UserError, match="no such option"):
        get("cleaner", name).validate_options({"keep_isolated_pixels": True})


@pytest.mark.parametrize("name", ["TailcutsImageCleaner", "FACTImageCleaner"])
def test_thresholds_that_cannot_act_are_refused(name):
    cleaner = get("cleaner", name)
    with pytest.raises(UserError, match=r"^boundary_threshold_pe: must be <= .*=4, go"):
        cleaner.validate_options({"picture_threshold_pe": 4.0})
    with pytest.raises(UserError, match=r"^picture_threshold_pe: must be >= 0"):
        cleaner.validate_options({"picture_threshold_pe": -1.0})
    same = {"picture_threshold_pe": 4.0, "boundary_threshold_pe": 4.0}
    assert cleaner.validate_options(same)["boundary_threshold_pe"] == 4.0


@pytest.mark.parametrize("name", DEFAULTS)
@pytest.mark.parametrize("n_events", [0, 3])
@pytest.mark.parametrize("camera", [hexagonal(0), hexagonal(2)])
def test_events_do_not_know_of_each_other(name, n_events, camera):
    made = setup(camera, n_events)
    rng = np.random.default_rng(3)
    shape = n_events, camera.n_pixels
    columns = made.columns | {
        "image": rng.choice(np.float32([0, 6, 20, 400]), shape),
        "peak_time": rng.choice(np.float32([10, 11, 30]), shape),
        "selected_gain_channel": rng.integers(0, 2, shape).astype(np.int8),
        "pedestal_index": made.columns["calibration_index"],
    }
    std = np.ones((2, 2, camera.n_pixels), np.float32)
    context = made.context | {"pedestal_std": std}
    mask = run("cleaner", name, columns, context)
    assert mask.shape == shape
    for e in range(n_events):
        one = {key: values[e : e + 1] for key, values in columns.items()}
        alone = run("cleaner", name, one, context)
        np.testing.assert_array_equal(alone[0], mask[e])


def test_without_cleaning_all_pixels_are_kept():
    assert get("cleaner", "none").name == "NullImageCleaner"
    columns, context = row_of(-3, np.nan, 5)
    assert run("cleaner", "none", columns, context).all()


@pytest.mark.parametrize(
    ("selector", "kept"), [("LargestIsland", [0, 1, 2]), ("BrightestIsland", [4, 5])]
)
def test_one_island_is_kept(selector, kept):
    columns, context = row_of(1, 1, 1, 90, 20, 20)
    columns["image_mask"] = np.array([[1, 1, 1, 0, 1, 1]], bool)
    mask = run("island_selector", selector, columns, context)
    assert np.flatnonzero(mask).tolist() == kept


@pytest.mark.parametrize("selector", ["LargestIsland", "BrightestIsland"])
def test_of_no_island_nothing_is_kept(selector):
    columns, context = row_of(50, 50, 50)
    columns["image_mask"] = np.zeros((1, 3), bool)
    assert not run("island_selector", selector, columns, context).any()


def test_the_brightest_of_negative_islands():
    columns, context = row_of(-1, 70, -2)
    columns["image_mask"] = np.array([[1, 0, 1]], bool)
    mask = run("island_selector", "BrightestIsland", columns, context)
    # ctapipe looks for the largest of 0 and the sums: what is in no island.
    assert mask.tolist() == [[True, False, False]]


def test_thresholds_follow_the_scatter_of_pedestals():
    assert nsb(row_of(12, 12, 12)) == [0, 1, 2]
    # 2.5 times 4.8 is 12: reached; 2.5 times 5 is not.
    assert nsb(row_of(12, 12, 12, pedestal_std=4.8)) == [0, 1, 2]
    assert nsb(row_of(12, 12, 12, pedestal_std=5)) == []
    assert nsb(row_of(12, 12, 12, pedestal_std=5), pedestal_factor=2.0) == [0, 1, 2]


def test_the_picture_threshold_is_the_least():
    assert nsb(row_of(9, 9, 9, pedestal_std=0.1)) == []


def test_pixels_without_known_scatter_have_the_picture_threshold():
    # NaN in a comparison would take them out of every picture.
    assert nsb(row_of(12, 12, 12, pedestal_std=np.nan)) == [0, 1, 2]


def test_the_scatter_is_that_of_the_selected_gain():
    std = np.array([[5], [1]])
    row = row_of(12, 12, 12, pedestal_std=std)
    assert nsb(row) == []
    row[0]["selected_gain_channel"][:] = 1
    assert nsb(row) == [0, 1, 2]


def test_pixels_must_have_a_neighbour_in_time():
    row = row_of(12, 12, 12, 12, times=[0, 1, 30, 60])
    assert nsb(row) == [0, 1]
    assert nsb(row, time_limit=None) == [0, 1, 2, 3]
    assert nsb(row, time_num_neighbors=0) == [0, 1, 2, 3]


def test_dim_pixels_of_bright_images_go():
    row = row_of(400, 400, 400, 11, 20)
    # 3 % of 400 is 12.
    assert nsb(row) == [0, 1, 2, 4]
    assert nsb(row, bright_cleaning_threshold=None) == [0, 1, 2, 3, 4]
    assert nsb(row, bright_cleaning_threshold=401.0) == [0, 1, 2, 3, 4]


def test_largest_island_only():
    row = row_of(20, 20, 0, 20, 20, 20)
    assert nsb(row) == [0, 1, 3, 4, 5]
    assert nsb(row, largest_island_only=True) == [3, 4, 5]
