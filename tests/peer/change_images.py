"""What ctapipe makes of some shared files: run by hand where ctapipe is.

    python tests/peer/change_images.py SHARED > tests/peer/change_images.json

SHARED is the folder of shared data. The masks of the data volume reducer, and those of
cleaners with options other than the defaults, as counts and digests; moments of images
that the image modifier changed, which are random.
"""

import hashlib
import json
import sys
from pathlib import Path

import ctapipe
import numpy as np
from ctapipe.calib import CameraCalibrator
from ctapipe.containers import CameraMonitoringContainer
from ctapipe.image import (
    ImageCleaner,
    ImageModifier,
    brightest_island,
    largest_island,
    number_of_islands,
)
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
LOW = {
    "picture_threshold_pe": 6.0,
    "boundary_threshold_pe": 3.0,
    "min_picture_neighbors": 1,
}
# Cleaner, options, and whether the scatter of pedestals is known: 1, 2, 3, 4, 5 p.e. in
# the first pixels, and so on.
CLEANINGS = (
    ("TailcutsImageCleaner", LOW | {"keep_isolated_pixels": True}, False),
    ("TailcutsImageCleaner", LOW | {"min_picture_neighbors": 0}, False),
    ("MARSImageCleaner", LOW, False),
    ("FACTImageCleaner", LOW | {"time_limit_ns": 1.5}, False),
    ("FACTImageCleaner", LOW | {"min_picture_neighbors": 0}, False),
    (
        "TimeConstrainedImageCleaner",
        LOW | {"time_limit_core_ns": 2.0, "time_limit_boundary_ns": 0.8},
        False,
    ),
    (
        "NSBImageCleaner",
        LOW
        | {
            "time_limit": 1.5,
            "time_num_neighbors": 2,
            "bright_cleaning_n_pixels": 5,
            "bright_cleaning_fraction": 0.2,
            "bright_cleaning_threshold": 15.0,
            "largest_island_only": True,
        },
        False,
    ),
    (
        "NSBImageCleaner",
        LOW
        | {
            "time_limit": None,
            "bright_cleaning_threshold": None,
            "keep_isolated_pixels": True,
            "pedestal_factor": 3.0,
        },
        True,
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


def cleanings(shared, name):
    """Counts and digests of the masks of all images, and of single islands of them."""
    with EventSource(path_of(shared, name)) as source:
        subarray = source.subarray
        calibrate = CameraCalibrator(subarray=subarray)
        cleaners = [
            (ImageCleaner.from_name(cleaner, subarray=subarray, **options), known)
            for cleaner, options, known in CLEANINGS
        ]
        rows = []
        for event in source:
            calibrate(event)
            for tel_id, dl1 in event.dl1.tel.items():
                monitoring = CameraMonitoringContainer()
                std = 1 + np.arange(dl1.image.size, dtype=np.float32) % 5
                monitoring.pixel_statistics.pedestal_image.std = std
                masks = [
                    clean(
                        tel_id,
                        dl1.image,
                        dl1.peak_time,
                        monitoring=monitoring if known else None,
                    )
                    for clean, known in cleaners
                ]
                geometry = subarray.tel[tel_id].camera.geometry
                n_islands, labels = number_of_islands(geometry, masks[0])
                masks.append(largest_island(labels))
                masks.append(brightest_island(n_islands, labels, dl1.image))
                key = event.index.obs_id, event.index.event_id, tel_id
                counts = [int(mask.sum()) for mask in masks]
                digests = [hashlib.sha256(m.tobytes()).hexdigest() for m in masks]
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
    "cleaning options": CLEANINGS,
    "cleanings": {name: cleanings(shared, name) for name in REDUCED},
    "modification options": MODIFICATIONS,
    "n_draws": N_DRAWS,
    "modified": MODIFIED,
    "modifications": modifications(shared, MODIFIED),
}
json.dump(values, sys.stdout)
