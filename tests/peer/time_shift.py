"""What ctapipe makes of time shifts: run by hand where ctapipe is.

    python tests/peer/time_shift.py SHARED > tests/peer/time_shift.json

SHARED is the folder of shared data. Images and peak times of the brightest event of two
cameras, by its `CameraCalibrator` with time shifts that are no whole samples.
"""

import json
import sys
from pathlib import Path

import ctapipe
import numpy as np
from ctapipe.calib import CameraCalibrator
from ctapipe.io import EventSource

FILES = ("prod6_south_lsts_gamma", "prod5_north_proton_flashcam")


def shifts(n_channels, n_pixels):
    """Between -9 and 11 ns, another one in each channel of each pixel."""
    number = np.arange(n_channels * n_pixels).reshape(n_channels, n_pixels)
    return ((number * 37 % 401) * 0.05 - 9.0).astype(np.float32)


def brightest(path):
    """The telescope event with the most charge, before its calibration to DL1."""
    best = None
    with EventSource(path) as source:
        calibrate = CameraCalibrator(subarray=source.subarray)
        for event in source:
            calibrate(event)
            for tel_id, dl1 in event.dl1.tel.items():
                if best is None or dl1.image.sum() > best[0]:
                    key = event.index.obs_id, event.index.event_id, tel_id
                    best = dl1.image.sum(), [*map(int, key)]
        return best[1]


def run(path, key, **options):
    with EventSource(path) as source:
        calibrate = CameraCalibrator(subarray=source.subarray, **options)
        for event in source:
            if [event.index.obs_id, event.index.event_id] != key[:2]:
                continue
            coefficients = event.monitoring.tel[key[2]].camera.coefficients
            coefficients.time_shift = shifts(*coefficients.time_shift.shape)
            calibrate(event)
            dl1 = event.dl1.tel[key[2]]
            found = {"image": dl1.image, "peak_time": dl1.peak_time}
            return {k: np.round(v.astype(float), 4).tolist() for k, v in found.items()}
    raise LookupError(key)


shared = Path(sys.argv[1])
values = {"ctapipe": ctapipe.__version__, "files": {}}
for name in FILES:
    (path,) = (shared / "data" / "simtel").glob(f"{name}.simtel.*")
    key = brightest(path)
    values["files"][name] = {
        "key": key,
        "waveforms": run(path, key, apply_waveform_time_shift=True),
        "peak times": run(path, key),
        "waveforms only": run(
            path, key, apply_waveform_time_shift=True, apply_peak_time_shift=False
        ),
    }
json.dump(values, sys.stdout)
