"""Noise that ctapipe adds to waveforms: run by hand where ctapipe is.

    python tests/peer/added_noise.py FILE.simtel.zst

FILE has showers and pedestal events, such as `ctacol simulate` writes them. Says for
each telescope the mean and the autocovariance of what is added to pixels in high gain;
the latter should be `NSB_LEVEL` times that of the pedestals.
"""

import sys
from collections import defaultdict

import numpy as np
from ctapipe.image.modifications import WaveformModifier
from ctapipe.io import EventSource

NSB_LEVEL = 3
LAGS = range(5)


def autocovariance(samples):
    """Mean product of samples[n, s] that are some samples apart."""
    n = samples.shape[-1]
    return [(samples[:, : n - lag] * samples[:, lag:]).mean() for lag in LAGS]


def main(path):
    added, pedestals = defaultdict(list), defaultdict(list)
    options = {"focal_length_choice": "EQUIVALENT", "skip_calibration_events": False}
    with EventSource(path, **options) as source:
        modify = WaveformModifier(
            subarray=source.subarray, nsb_file=path, nsb_level=NSB_LEVEL
        )
        for event in source:
            before = {tel: r1.waveform.copy() for tel, r1 in event.r1.tel.items()}
            modify(event)
            for tel, r1 in event.r1.tel.items():
                selected = r1.selected_gain_channel
                if selected is None:
                    pedestals[tel].append(before[tel][0])
                else:
                    difference = (r1.waveform - before[tel])[0]
                    added[tel].append(difference[selected == 0])
    for tel, found in sorted(added.items()):
        noise, alone = np.concatenate(found), np.concatenate(pedestals[tel])
        wanted = NSB_LEVEL * np.array(autocovariance(alone - alone.mean()))
        print(f"telescope {tel}: mean {noise.mean():.4f}")
        print("  autocovariance", np.round(autocovariance(noise), 3))
        print("  of pedestals  ", np.round(wanted, 3))


main(sys.argv[1])
