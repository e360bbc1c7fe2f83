"""Image parameters of ctapipe's images and masks, on every shared file with images.

What differs on purpose is explained in docs/parity.md.
"""

import numpy as np
import polars as pl
import pytest
from golden_parameters import GROUPS, IMAGES, TRUE_IMAGES, both, their_name
from parity_rows import CORE, MOMENTS, NARROW, PLAIN

from cta_columnar.schemas import dl1

pytestmark = pytest.mark.parity

FLOATS = [
    column
    for group, schema in GROUPS.items()
    if group not in ("timing", "morphology")
    for column in schema.names
]
EXACT = ("hillas", "leakage_pixels", "true_")
FLOAT32_EPS = float(np.finfo(np.float32).eps)


def compare(mine, golden, column):
    """Distance of two columns, and the size of theirs; NaN must be where theirs is."""
    a, b = (each.to_numpy().astype(float) for each in (mine, golden))
    np.testing.assert_array_equal(np.isnan(a), np.isnan(b), err_msg=column)
    distance = np.abs((a - b + 90) % 180 - 90) if "psi" in column else np.abs(a - b)
    return np.nan_to_num(distance), np.nan_to_num(np.abs(b))


def is_moment(column):
    """Tell the moments that ctapipe takes in float32."""
    return column.startswith(("intensity_", "peak_time_")) and column.endswith(
        ("_skewness", "_kurtosis")
    )


def tolerance(column):
    """Relative tolerance; sums that ctapipe takes in float32 are looser."""
    if column.endswith("width_uncertainty"):
        return 1e-6  # a small difference of large numbers in a narrow image
    return 1e-9 if column.startswith(EXACT) else 1e-6


def part_of(group, column):
    """Row of the table of comparisons that a column of a group goes to."""
    if group == "hillas":
        return NARROW if column.endswith("width_uncertainty") else CORE
    if group == "leakage":
        return column.split("_")[1]
    return PLAIN if group.endswith("_statistics") else "all"


@pytest.mark.parametrize("name", IMAGES)
def test_parameters(shared, name, compared):
    mine, golden = both(shared, name)
    n_images = int(mine["is_parametrized"].sum())
    largest = {}
    for column in [each for each in FLOATS if not is_moment(each)]:
        distance, size = compare(mine[column], golden[their_name(column)], column)
        assert (distance <= tolerance(column) * np.maximum(size, 1e-3)).all(), column
        relative = (distance / np.maximum(size, 1e-3)).max(initial=0)
        group = next(each for each in GROUPS if column in GROUPS[each].names)
        row = group, part_of(group, column)
        largest[row] = max(largest.get(row, 0.0), relative)
    for row, relative in largest.items():
        compared("parameters", *row, n_images, relative)


@pytest.mark.parametrize("name", IMAGES)
def test_moments_agree_as_far_as_float32_allows(shared, name, compared):
    mine, golden = both(shared, name)
    for column in [each for each in FLOATS if is_moment(each)]:
        group = column.rpartition("_")[0]
        largest, smallest, std = (
            mine[f"{group}_{each}"].to_numpy() for each in ("max", "min", "std")
        )
        # A mean in float32 is off by a few units in the last place of the values.
        scale = np.maximum(abs(largest), abs(smallest))
        rounding = FLOAT32_EPS * scale / np.where(std > 0, std, np.nan)
        distance, size = compare(mine[column], golden[their_name(column)], column)
        allowed = 1e-6 + 1e-5 * size + 10 * np.nan_to_num(rounding)
        assert (distance <= allowed).all(), column
        is_first = column.endswith("skewness")
        n_images = int(mine["is_parametrized"].sum()) if is_first else 0
        row = f"{group}_statistics", MOMENTS, n_images
        compared("parameters", *row, distance.max(initial=0))


@pytest.mark.parametrize("name", TRUE_IMAGES)
def test_true_parameters(shared, name, compared):
    mine, golden = both(shared, name, "true_parameters")
    row = "true_parameters", "true_parameters"
    n_images = int(golden["true_hillas_intensity"].is_not_nan().sum())
    compared(*row, "counts", n_images)
    compared(*row, "floats", n_images)
    for column in dl1.TRUE_PARAMETERS.names:
        wanted = golden[their_name(column)]
        if not wanted.dtype.is_float():
            # Their integers are -1 where there are no parameters.
            has = golden["true_hillas_intensity"].is_not_nan()
            assert mine[column].filter(has).to_list() == wanted.filter(has).to_list()
            continue
        distance, size = compare(mine[column], wanted, column)
        assert (distance <= tolerance(column) * np.maximum(size, 1e-3)).all(), column
        largest = (distance / np.maximum(size, 1e-3)).max(initial=0)
        compared(*row, "floats", 0, largest)


@pytest.mark.parametrize("name", IMAGES)
def test_counts_are_equal_and_true_counts_without_parameters(shared, name, compared):
    mine, golden = both(shared, name)
    parametrized = golden["hillas_intensity"].is_not_nan()
    assert mine["is_parametrized"].to_list() == parametrized.to_list()
    assert mine["morphology_n_pixels"].to_list() == golden["n_mask"].to_list()
    for column in dl1.MORPHOLOGY.names:
        got, want = (each[column].filter(parametrized) for each in (mine, golden))
        assert got.to_list() == want.to_list()
        # Quirk: ctapipe writes -1, which an average over images silently takes in.
        assert set(golden[column].filter(~parametrized)) <= {-1}
        assert (mine[column] >= 0).all()
    compared("parameters", "morphology", "all", int(parametrized.sum()))


def test_their_groups_differ_in_precision_and_ours_do_not(shared):
    """Quirk: float32 sums next to float64 ones; ours are float64 by the schema."""
    mine, golden = both(shared, "prod5_north_proton_flashcam")
    column = "leakage_intensity_width_2"
    shares = golden[column].drop_nans().to_numpy()
    assert (shares == shares.astype(np.float32)).all()
    shares = mine[column].drop_nans().to_numpy()
    assert (shares != shares.astype(np.float32)).any()
    assert {mine[column].dtype for column in FLOATS} == {pl.Float64}
