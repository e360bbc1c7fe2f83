"""The volume reducer and the image modifier against values of ctapipe.

They come of `tests/peer/change_images.py`, which runs ctapipe on shared files. Masks
of the reducer must be equal; what the modifier draws can agree in distribution only.
"""

import hashlib
import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from golden import KEY, groups, table, telescope_type

from cta_columnar.registry import get

PEER = json.loads(
    (Path(__file__).parents[1] / "peer" / "change_images.json").read_text()
)
STEPS = (
    ("gain_selector", "ThresholdGainSelector"),
    ("calibrator", "SimTelCalibrator"),
    ("extractor", "NeighborPeakWindowSum"),
)


def run(kind, name, columns, context, **options):
    algorithm = get(kind, name)
    return algorithm.run(columns, context, algorithm.validate_options(options))


@cache
def images(shared, name):
    """Images without broken pixels, camera by camera, as ctapipe's reducer has them."""
    found = []
    for group in groups(shared, name):
        nothing_broken = np.zeros_like(group.coefficients.outlier_mask)
        context = {
            "camera": group.camera,
            "coefficients": replace(group.coefficients, outlier_mask=nothing_broken),
        }
        columns = {
            "r0_waveform": group.r0_waveform,
            "calibration_index": group.calibration_index,
        }
        for step in STEPS:
            columns |= run(*step, columns, context)
        found.append((group.keys, {"image": columns["image"]}, context))
    return found


@pytest.mark.parametrize("options", range(3))
@pytest.mark.parametrize("name", PEER["reductions"])
def test_reduced_pixels_equal_those_of_ctapipe(shared, name, options, compared):
    # Nothing of ctapipe where it fails: images with pixels in low gain.
    wanted = {
        tuple(row[:3]): (row[3][options], row[4][options])
        for row in PEER["reductions"][name]
        if row[3]
    }
    # Where the options say nothing, those of ctapipe hold.
    ours, of_cleaner = PEER["reduction options"][options]
    kept = {}
    for keys, columns, context in images(shared, name):
        mask = run(
            "reducer",
            "TailCutsDataVolumeReducer",
            columns,
            context,
            **{"n_end_dilates": 1} | ours,
            **of_cleaner,
        )["pixel_mask"]
        for key, row in zip(keys, mask, strict=True):
            kept[key] = int(row.sum()), hashlib.sha256(row.tobytes()).hexdigest()
    assert {key: kept[key] for key in wanted} == wanted
    assert sum(count for count, _ in wanted.values()) > 100
    reducer = "reducer", "TailCutsDataVolumeReducer"
    compared(*reducer, "kept pixels", len(wanted))


def test_without_reduction_all_pixels_are_kept(shared):
    ((_, columns, context), *_) = images(shared, "prod6_south_lsts_gamma")
    assert run("reducer", "NullDataVolumeReducer", columns, context)["pixel_mask"].all()


@cache
def original(shared):
    """The image that ctapipe changed, and its camera."""
    name, key = PEER["modified"], PEER["modifications"]["key"]
    of_key = [pl.col(k) == each for k, each in zip(KEY, key, strict=True)]
    row = table(shared, name, "extractor=NeighborPeakWindowSum").filter(*of_key)
    index = table(shared, name, "tel_events").filter(*of_key)["camera_index"][0]
    image = np.array(row["image"][0], np.float32).reshape(-1)
    return image, telescope_type(shared, name, index)


def changes(shared, options, n_draws):
    """Difference of the changed image to the original for many events."""
    image, camera = original(shared)
    columns = {
        "image": np.tile(image, (n_draws, 1)),
        "obs_id": np.ones(n_draws, np.int64),
        "event_id": np.arange(n_draws),
        "tel_id": np.ones(n_draws, np.int16),
    }
    changed = run(
        "image_modifier", "ImageModifier", columns, {"camera": camera}, **options
    )
    return changed["image"].astype(float) - image


@pytest.mark.parametrize("case", range(3))
def test_changed_images_are_distributed_as_those_of_ctapipe(
    shared, case, record_property
):
    theirs, n = PEER["modifications"]["found"][case], PEER["n_draws"]
    assert original(shared)[0].sum() == pytest.approx(
        PEER["modifications"]["image_sum"], rel=1e-5
    )
    change = changes(shared, PEER["modification options"][case], n)
    # Mean of each pixel, in units of its error; many pixels never change when smeared.
    variance = change.var(axis=0) + theirs["variance"]
    varies = variance > 10 / n
    deviation = (change.mean(axis=0) - theirs["mean"])[varies]
    pulls = deviation / np.sqrt(variance[varies] / n)
    assert varies.sum() > 300
    assert abs(pulls).max() < 5
    assert np.mean(pulls**2) == pytest.approx(1, abs=5 * np.sqrt(2 / varies.sum()))
    # Variance of all pixels together, and frequencies of single values.
    assert change.var(axis=0).sum() == pytest.approx(sum(theirs["variance"]), rel=0.01)
    for count, value in theirs["most frequent"]:
        ours = np.count_nonzero(abs(change - value) < 0.01)
        assert abs(ours - count) < 5 * np.sqrt(ours + count)
    record_property("largest pull", float(abs(pulls).max()))


def test_an_event_is_changed_in_one_way_whatever_was_changed_before(shared):
    # ctapipe goes on with one generator: the same image, a thousand times, differs.
    assert max(PEER["modifications"]["found"][0]["variance"]) > 10
    options = PEER["modification options"][0]
    few, many = (changes(shared, options, n) for n in (3, 8))
    np.testing.assert_array_equal(few, many[:3])
    np.testing.assert_array_equal(changes(shared, options, 8), many)


def test_nothing_is_changed_by_default(shared):
    assert not changes(shared, {}, 2).any()


def test_bias_needs_no_noise(shared):
    # ctapipe leaves it out where both levels of noise are 0.
    image, _ = original(shared)
    change = changes(shared, {"noise_bias_dim_pixels": 0.5}, 2)
    np.testing.assert_allclose(change[0], 0.5 * (image <= 0), atol=1e-6)
