"""Camera geometry and readout."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

PixelType = Literal["hexagon", "square", "circle"]


@dataclass(frozen=True, eq=False)
class CameraGeometry:
    """Pixel layout of a camera, in the derotated camera frame.

    Attributes
    ----------
    name : str
        Name of the camera.
    pix_x, pix_y : float64[p]
        Pixel positions, m.
    pix_area : float64[p]
        Pixel areas, m2.
    pix_type : str
        Shape of the pixels.
    pix_rotation, cam_rotation : float
        Rotation of the pixel shape, and of the camera after derotation, deg.
    """

    name: str
    pix_x: NDArray[np.float64]
    pix_y: NDArray[np.float64]
    pix_area: NDArray[np.float64]
    pix_type: PixelType
    pix_rotation: float
    cam_rotation: float


@dataclass(frozen=True, eq=False)
class CameraReadout:
    """Sampling and reference pulses of a camera.

    Attributes
    ----------
    sampling_rate : float
        GHz.
    reference_pulse : float64[c, j]
        Single photo-electron pulse per gain channel, arbitrary amplitude.
    reference_pulse_sample_width : float
        Step of the pulse, ns.
    n_channels, n_pixels, n_samples : int
        Size of a waveform.
    """

    name: str
    sampling_rate: float
    reference_pulse: NDArray[np.float64]
    reference_pulse_sample_width: float
    n_channels: int
    n_pixels: int
    n_samples: int
