"""Every cleaner on ctapipe's own images and peak times, against ctapipe's masks."""

import hashlib
import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from golden import KEY, WITH_IMAGES, table, telescope_type
from parity_rows import CLEANERS

from cta_columnar.registry import get

# ctapipe cleans no images of both gain channels.
CLEANED = [name for name in WITH_IMAGES if name != "calib_events"]
# Nothing in them reaches the thresholds.
TOO_DIM = ("calib_events_gain_selected", "n_hv_disabled")


# Masks with other options, and single islands of the first of them.
PEER = json.loads(
    (Path(__file__).parents[1] / "peer" / "change_images.json").read_text()
)
ISLANDS = ("LargestIsland", "BrightestIsland")


def clean(name, image, peak_time, camera, pedestal_std=None, **options):
    """Run a cleaner on images[e, p]."""
    algorithm = get("cleaner", name)
    columns = {
        "image": image,
        "peak_time": peak_time,
        "selected_gain_channel": np.zeros(image.shape, np.int8),
        "pedestal_index": np.zeros(len(image), np.int32),
    }
    context = {
        "camera": camera,
        # Simulated files tell ctapipe nothing of the scatter of pedestals.
        "pedestal_std": pedestal_std,
    }
    checked = algorithm.validate_options(options)
    return algorithm.run(columns, context, checked)["image_mask"]


@cache
def images(shared, name):
    """Keys, cameras, images and peak times of ctapipe, camera by camera."""
    charges = table(shared, name, "extractor=NeighborPeakWindowSum")
    cameras = table(shared, name, "tel_events").select(*KEY, "camera_index")
    found = []
    for (index,), rows in charges.join(cameras, on=KEY).group_by("camera_index"):
        camera = telescope_type(shared, name, index)
        shape = len(rows), camera.readout.n_pixels
        image, peak_time = (
            np.array(rows[each].to_list(), np.float32).reshape(shape)
            for each in ("image", "peak_time")
        )
        found.append((rows.select(KEY).rows(), camera, image, peak_time))
    return found


@pytest.mark.parametrize("cleaner", CLEANERS)
@pytest.mark.parametrize("name", CLEANED)
def test_masks_equal_those_of_ctapipe(shared, name, cleaner, compared):
    rows = table(shared, name, f"cleaner={cleaner}").select(*KEY, "mask").rows()
    wanted = {row[:3]: row[3] for row in rows}
    n_kept = 0
    for keys, camera, image, peak_time in images(shared, name):
        got = clean(cleaner, image, peak_time, camera)
        for key, mask in zip(keys, got, strict=True):
            want = wanted.pop(key)
            np.testing.assert_array_equal(mask, want)
            n_kept += sum(want)
    assert rows
    assert not wanted
    assert (n_kept > 0) == (name not in TOO_DIM)
    compared("cleaner", cleaner, "mask", len(rows))


def told(mask):
    return int(mask.sum()), hashlib.sha256(mask.tobytes()).hexdigest()


@pytest.mark.parametrize("case", range(len(PEER["cleaning options"])))
@pytest.mark.parametrize("name", PEER["cleanings"])
def test_masks_of_other_options_equal_those_of_ctapipe(shared, name, case, compared):
    cleaner, options, scatter_known = PEER["cleaning options"][case]
    wanted = {
        tuple(row[:3]): (row[3][case], row[4][case]) for row in PEER["cleanings"][name]
    }
    got = {}
    for keys, camera, image, peak_time in images(shared, name):
        std = None
        if scatter_known:
            std = 1 + np.arange(image.shape[1], dtype=np.float32)[None, None] % 5
        masks = clean(cleaner, image, peak_time, camera, std, **options)
        got |= dict(zip(keys, map(told, masks), strict=True))
    assert got == wanted
    assert len({count for count, _ in got.values()}) > 3
    compared("cleaner", cleaner, "mask, other options", len(got))


@pytest.mark.parametrize("selector", ISLANDS)
@pytest.mark.parametrize("name", PEER["cleanings"])
def test_islands_equal_those_of_ctapipe(shared, name, selector, compared):
    cleaner, options, _ = PEER["cleaning options"][0]
    place = len(PEER["cleaning options"]) + ISLANDS.index(selector)
    wanted = {
        tuple(row[:3]): (row[3][place], row[4][place])
        for row in PEER["cleanings"][name]
    }
    algorithm = get("island_selector", selector)
    got = {}
    for keys, camera, image, peak_time in images(shared, name):
        mask = clean(cleaner, image, peak_time, camera, **options)
        columns = {"image": image, "image_mask": mask}
        kept = algorithm.run(columns, {"camera": camera}, {})["image_mask"]
        got |= dict(zip(keys, map(told, kept), strict=True))
    assert got == wanted
    compared("island_selector", selector, "mask", len(got))
