"""Parameters in the camera frame: beside ctapipe's, and beside ours in degrees."""

import numpy as np
import polars as pl
import pytest
from golden_parameters import GROUPS, IMAGES, KEY, inputs, relative, step, theirs
from parity_rows import CORE, NARROW
from reference.trimmed_line import trimmed_sum

from cta_columnar.schemas import dl1
from cta_columnar.stages.chain import Chain

pytestmark = pytest.mark.parity

SCHEMAS = dl1.CAMERA_FRAME_HILLAS, dl1.CAMERA_FRAME_TIMING
NAMES = [name for schema in SCHEMAS for name in schema.names]
PREFIX = "camera_frame_"


def run(columns, camera):
    groups = [*GROUPS, "camera_frame_hillas", "camera_frame_timing"]
    steps = [step("image_quality", "image_quality")]
    steps += [step("parameters", name) for name in groups]
    keep = {*NAMES, *(name for schema in GROUPS.values() for name in schema.names)}
    return Chain(steps, frozenset(keep)).run(columns, {"camera": camera})


def images(shared, name):
    """Columns, our parameters and ctapipe's rows, camera by camera."""
    golden = theirs(shared, name, "parameters_camera_frame")
    for columns, camera in inputs(shared, name):
        keys = pl.DataFrame({each: columns[each] for each in KEY})
        rows = keys.join(golden, on=KEY, how="left", maintain_order="left")
        yield columns, camera, run(columns, camera), rows


@pytest.mark.parametrize("name", IMAGES)
def test_ellipses(shared, name, compared):
    group = "parameters", "camera_frame_hillas"
    for _, _, got, rows in images(shared, name):
        n_images = np.isfinite(got["camera_frame_hillas_intensity"]).sum()
        for part in (CORE, NARROW):
            compared(*group, part, n_images)
        for column in dl1.CAMERA_FRAME_HILLAS.names:
            mine, golden = got[column], rows[column.removeprefix(PREFIX)].to_numpy()
            np.testing.assert_array_equal(np.isnan(mine), np.isnan(golden))
            distance = np.abs(mine - golden)
            if column.endswith("psi"):
                distance = np.abs((mine - golden + 90) % 180 - 90)
            is_narrow = column.endswith("width_uncertainty")
            part, rtol = (NARROW, 1e-6) if is_narrow else (CORE, 1e-9)
            share = np.nan_to_num(distance / np.maximum(np.abs(golden), 1e-3))
            assert (share <= rtol).all(), column
            compared(*group, part, 0, share.max(initial=0))


@pytest.mark.parametrize("name", IMAGES)
def test_concentrations_are_the_same_in_both_frames(shared, name):
    """So there is one group of them; ctapipe writes those of its frame."""
    for _, _, got, rows in images(shared, name):
        for column in dl1.CONCENTRATION.names:
            np.testing.assert_allclose(got[column], rows[column], rtol=1e-6, atol=1e-6)


def test_no_line_of_ctapipe_is_better(shared, compared):
    group = "parameters", "camera_frame_timing"
    n_equal = 0
    for name in IMAGES:
        for columns, camera, got, rows in images(shared, name):
            for e, mask in enumerate(columns["image_mask"]):
                ours = [got[f"{PREFIX}timing_{each}"][e] for each in dl1_timing()]
                golden = [rows[f"timing_{each}"][e] for each in dl1_timing()]
                assert np.isnan(ours[0]) == np.isnan(golden[0])
                if mask.sum() < 4 or np.isnan(ours[0]):
                    continue
                psi = np.radians(got["camera_frame_hillas_psi"][e])
                x = camera.camera.pix_x[mask] - got["camera_frame_hillas_x"][e]
                y = camera.camera.pix_y[mask] - got["camera_frame_hillas_y"][e]
                along = x * np.cos(psi) + y * np.sin(psi)
                time = columns["peak_time"][e, mask].astype(float)
                n_kept = int(0.85 * time.size)
                sums = [
                    trimmed_sum(along, time, n_kept, line[:2])
                    for line in (ours, golden)
                ]
                assert sums[0] <= sums[1] * (1 + 1e-9)
                excess = 0.0 if sums[0] == sums[1] else sums[0] / sums[1] - 1
                compared(*group, "trimmed sum", 1, max(excess, 0.0))
                if excess < -1e-9:
                    continue
                n_equal += 1
                np.testing.assert_allclose(ours, golden, rtol=1e-6)
                largest = relative(ours, golden)
                compared(*group, "all, where the sums are equal", 1, largest)
    assert n_equal > 80


def dl1_timing():
    return [name.removeprefix("timing_") for name in dl1.TIMING.names]


@pytest.mark.parametrize("name", ["lst_muons", "prod5_north_proton_flashcam"])
def test_it_is_the_same_image_in_another_unit(shared, name):
    """Lengths differ by the focal length; x is the latitude and y the longitude."""
    for _, camera, got, _ in images(shared, name):
        deg_per_m = np.degrees(1 / camera.focal_length)
        pairs = {"x": "fov_lat", "y": "fov_lon", "length": "length", "width": "width"}
        for in_m, in_deg in pairs.items():
            np.testing.assert_allclose(
                got[f"camera_frame_hillas_{in_m}"] * deg_per_m,
                got[f"hillas_{in_deg}"],
                rtol=1e-9,
                atol=1e-9,
            )
        np.testing.assert_allclose(
            np.abs(got["camera_frame_timing_slope"]) / deg_per_m,
            np.abs(got["timing_slope"]),
            rtol=1e-6,
        )


def test_every_column_of_ctapipe_is_there(shared):
    """In the telescope frame, the camera frame, and of true images."""
    there = {
        *dl1.PARAMETERS.names,
        *dl1.TRUE_PARAMETERS.names,
        *(name.removeprefix(PREFIX) for name in NAMES),
    }
    # The last one comes with stereo; the others are the peer's, fitted many times.
    extra = {*KEY, "n_mask", "core_psi"}
    for kind in ("parameters", "parameters_camera_frame", "true_parameters"):
        for name in theirs(shared, "lst_muons", kind).columns:
            if name.endswith(("_modal", "_best")) or name in (
                "timing_modal_fraction",
                "timing_n_solutions",
            ):
                continue
            assert name.replace("_statistics_", "_") in there | extra, name
