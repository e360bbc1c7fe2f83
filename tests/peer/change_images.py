"""What ctapipe makes of some shared files: run by hand where ctapipe is.

    python tests/peer/change_images.py SHARED > tests/peer/change_images.json

SHARED is the folder of shared data. The masks of the data volume reducer, as counts and
digests; moments of images that the image modifier changed, which are random.
"""

import hashlib
import json
import sys
from pathlib import Path

import ctapipe
import numpy as np
from ctapipe.calib import CameraCalibrator
from ctapipe.image import ImageModifier
from ctapipe.image.reducer import TailCutsDataVolumeReducer
from ctapipe.io import EventSource
from traitlets.config import Config

REDUCED = (
    "prod5_north_proton_flashcam",
    "prod6_south_lsts_gamma",
    "prod6_north_proton_7_0_0",
)
# Of the reducer, of its cleaner.
REDUCTIONS = (
    ({}, {}),
    (
        {"n_end_dilates": 2},
        {
            "picture_threshold_pe": 8.0,
            "boundary_threshold_pe": 4.0,
            "min_picture_neighbors": 1,
        },
    ),
    (
        {"n_end_dilates": 0, "do_boundary_dilation": False},
        {"keep_isolated_pixels": True},
    ),
)
MODIFIED = "prod6_south_lsts_gamma"
MODIFICATIONS = (
    {"psf_smear_factor": 0.3},
    {
        "noise_transition_charge": 4.0,
        "noise_level_dim_pixels": 1.5,
        "noise_level_bright_pixels": 6.0,
        "noise_bias_dim_pixels": 0.4,
    },
    {
        "noise_level_dim_pixels": 0.4,
        "noise_level_bright_pixels": 0.4,
        "noise_correct_bias": False,
    },
)
N_DRAWS = 1000


def path_of(shared, name):
    (path,) = (shared / "data" / "simtel").glob(f"{name}.simtel.*")
    return path


def reductions(shared, name):
    """Counts and digests of the masks of all images, for each set of options."""
    with EventSource(path_of(shared, name), skip_calibration_events=False) as source:
        reducers = [
            TailCutsDataVolumeReducer(
                subarray=source.subarray,
                config=Config({"TailcutsImageCleaner": cleaner}),
                **options,
            )
            for options, cleaner in REDUCTIONS
        ]
        rows = []
        for event in source:
            for tel_id, r1 in event.r1.tel.items():
                selected = r1.selected_gain_channel
                key = event.index.obs_id, event.index.event_id, tel_id
                masks = []
                if not selected.any():
                    masks = [
                        reduce(r1.waveform, tel_id, selected) for reduce in reducers
                    ]
                # ctapipe 0.32 fails on an image with a pixel in low gain.
                digests = [hashlib.sha256(m.tobytes()).hexdigest() for m in masks]
                counts = [int(mask.sum()) for mask in masks]
                rows.append([*map(int, key), counts, digests])
        return rows


def brightest(subarray, calibrate, source):
    """Event, telescope and image of the most charge."""
    best = None
    for event in source:
        calibrate(event)
        for tel_id, dl1 in event.dl1.tel.items():
            if best is None or dl1.image.sum() > best[1].sum():
                key = event.index.obs_id, event.index.event_id, tel_id
                best = [*map(int, key)], dl1.image.copy()
    return best


def modifications(shared, name):
    """Mean and variance of each pixel's charge over many draws on one image."""
    with EventSource(path_of(shared, name)) as source:
        calibrate = CameraCalibrator(subarray=source.subarray)
        key, image = brightest(source.subarray, calibrate, source)
        found = []
        for options in MODIFICATIONS:
            modify = ImageModifier(subarray=source.subarray, **options)
            draws = [modify(key[2], image) for _ in range(N_DRAWS)]
            change = np.stack(draws).astype(float) - image
            moments = change.mean(axis=0), change.var(axis=0)
            # Of all draws and pixels: is it a Poisson number that was added?
            values, counts = np.unique(np.round(change, 2), return_counts=True)
            histogram = sorted(zip(counts.tolist(), values.tolist(), strict=True))
            found.append(
                {
                    "mean": np.round(moments[0], 4).tolist(),
                    "variance": np.round(moments[1], 4).tolist(),
                    "most frequent": histogram[:-21:-1],
                }
            )
        return {"key": key, "image_sum": float(image.sum()), "found": found}


shared = Path(sys.argv[1])
values = {
    "ctapipe": ctapipe.__version__,
    "reduction options": REDUCTIONS,
    "reductions": {name: reductions(shared, name) for name in REDUCED},
    "modification options": MODIFICATIONS,
    "n_draws": N_DRAWS,
    "modified": MODIFIED,
    "modifications": modifications(shared, MODIFIED),
}
json.dump(values, sys.stdout)
