"""Read files with ctapipe, warnings being errors: run by hand where ctapipe is.

    python tests/peer/read_simtel.py FILE.simtel.zst ...

Says per file how many events there are, and how far sums of calibrated waveforms are
from true images: that is noise, light outside of the waveform, and rounding.
"""

import sys
import warnings

import numpy as np
from ctapipe.calib import CameraCalibrator
from ctapipe.io import EventSource

warnings.simplefilter("error")
# Those of libraries about each other are not about the file.
warnings.filterwarnings("ignore", category=DeprecationWarning)


def differences(source, calibrate):
    """Largest difference between image and true image per telescope event."""
    for event in source:
        calibrate(event)
        for tel_id, dl1 in event.dl1.tel.items():
            true = event.simulation.tel[tel_id].true_image
            off = event.monitoring.tel[tel_id].camera.coefficients.outlier_mask
            usable = ~off.any(axis=0)
            image = np.atleast_2d(dl1.image)[:, usable]
            yield event.index.event_id, np.abs(image - true[usable]).max(initial=0.0)


def check(path):
    # ctapipe cannot interpolate pixels in calibration events of cameras with two gains
    # and no samples.
    with EventSource(path, skip_calibration_events=True) as source:
        calibrate = CameraCalibrator(
            source.subarray, image_extractor_type="FullWaveformSum"
        )
        found = list(differences(source, calibrate))
        thrown = source.simulated_shower_distributions
        n_thrown = sum(each.histogram.sum() for each in thrown.values())
    n_events = len({event_id for event_id, _ in found})
    worst = max((value for _, value in found), default=0.0)
    print(
        f"{path}: {n_events} events, {len(found)} telescope events, {n_thrown:.0f} "
        f"thrown, images within {worst:.2f} p.e."
    )


if __name__ == "__main__":
    for name in sys.argv[1:]:
        check(name)
