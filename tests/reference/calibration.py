"""Slow, obvious R1 calibration: what `kernels.calibration` must equal."""

import numpy as np


def calibrate(r0, selected, pedestal, dc_to_pe, index, scale, shift):
    both = (r0 - pedestal[index][..., None]) * (
        dc_to_pe[index][..., None] * np.float32(scale)
    ) + np.float32(shift)
    chosen = selected[:, None, :, None].astype(int)
    return np.take_along_axis(both, chosen, axis=1)[:, 0]
