"""What a simulated telescope is made of: plain, frozen values and arrays.

Shapes: ``g`` gain channels, ``n`` steps of a pulse, ``k`` members of a
trigger, ``m`` pixels of the largest member. Lengths are in m, times in ns.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cta_columnar.instrument.neighbors import Neighbors
from cta_columnar.simulation.layouts import (
    CIRCLE,
    HEXAGON,
    SQUARE,
    TURNED_HEXAGON,
    PixelLayout,
)

__all__ = [
    "CIRCLE",
    "HEXAGON",
    "SQUARE",
    "TURNED_HEXAGON",
    "MirrorModel",
    "PixelLayout",
    "ReadoutModel",
    "SensorModel",
    "SinglePe",
    "TelescopeModel",
    "TriggerModel",
]

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]

SizeClass = Literal["LST", "MST", "SST"]


@dataclass(frozen=True, eq=False)
class MirrorModel:
    """Optics of a telescope.

    Attributes
    ----------
    name : str
        Name of the optical structure.
    focal_length, effective_focal_length : float
        The nominal one, and the one of ray tracing (coma included); the second maps
        directions onto the camera, and is 0 where it is not known: see `scale`.
    mirror_area : float
        m2.
    n_tiles : int
        Mirror facets.
    radius : float
        Of a disc that stands for the mirror.
    mirror_class : int
        0 one mirror of facets, 1 one parabolic mirror, 2 two mirrors.
    metadata : mapping of str to str
        More of the metadata block, e.g. ``PARABOLIC_DISH``.
    psf_s0 : float
        Spread of the light of a star on the axis, rms in one direction, deg.
    psf_kr, psf_kt : float
        Growth off the axis, radially and tangentially, deg per deg: the spread at the
        angle t is ``sqrt(s0^2 + (k t)^2)``.
    focus_distance : float
        Distance at which the camera sees sharp.
    """

    name: str
    focal_length: float
    effective_focal_length: float
    mirror_area: float
    n_tiles: int
    radius: float
    mirror_class: int
    metadata: Mapping[str, str]
    psf_s0: float
    psf_kr: float
    psf_kt: float
    focus_distance: float

    @property
    def scale(self) -> float:
        """Focal length that maps directions onto the camera, m."""
        return self.effective_focal_length or self.focal_length


@dataclass(frozen=True)
class SinglePe:
    """Charge of one photo-electron; its mean is 1.

    Attributes
    ----------
    gamma_shape : float
        Photomultiplier: shape of the Gamma distribution of the charge.
    afterpulse : float
        Photomultiplier: share of charges in the tail of after-pulses, above 4 p.e.
    sigma : float
        Silicon: rms of the charge of one avalanche, p.e.
    crosstalk : float
        Silicon: probability that an avalanche starts another one.
    """

    gamma_shape: float = 0.0
    afterpulse: float = 0.0
    sigma: float = 0.0
    crosstalk: float = 0.0


@dataclass(frozen=True)
class SensorModel:
    """Photo-sensors of a camera.

    Attributes
    ----------
    kind : str
        ``"pmt"`` or ``"sipm"``: says which numbers of ``single_pe`` count.
    efficiency : float
        Photo-electrons per photon of 300 to 600 nm that meets the mirror.
    qe_spread, gain_spread : float
        Relative rms of efficiency and gain between pixels.
    transit_spread : float
        Rms of the transit time, ns.
    single_pe : SinglePe
        Charge of a photo-electron.
    nsb_rate : float
        Photo-electrons of a dark sky per pixel, 1 / ns.
    """

    kind: Literal["pmt", "sipm"]
    efficiency: float
    qe_spread: float
    gain_spread: float
    transit_spread: float
    single_pe: SinglePe
    nsb_rate: float


@dataclass(frozen=True, eq=False)
class ReadoutModel:
    """Digitisation of a camera.

    Attributes
    ----------
    n_gains, n_samples : int
        Gain channels, and samples of a waveform; 1 sample if ``sums_only``.
    sample_width : float
        ns.
    offset : int
        Samples read before the trigger.
    pulse : float64[g, n]
        Shape of a single photo-electron; its peak is 1.
    pulse_step : float
        ns.
    amplitude : float64[g]
        Counts at the peak of a photo-electron.
    pedestal, noise, pedestal_spread : float64[g]
        Baseline, rms of one sample, rms of the baselines of pixels; counts.
    adc_max : float64[g]
        Highest count.
    sums_only : bool
        Whether there are no samples, but one sum per pixel.
    """

    n_gains: int
    n_samples: int
    sample_width: float
    offset: int
    pulse: F8
    pulse_step: float
    amplitude: F8
    pedestal: F8
    noise: F8
    pedestal_spread: F8
    adc_max: F8
    sums_only: bool

    @property
    def duration(self) -> float:
        """Length of a waveform, ns."""
        return self.n_samples * self.sample_width


@dataclass(frozen=True, eq=False)
class TriggerModel:
    """Trigger of a camera.

    Attributes
    ----------
    kind : str
        ``"majority"``: ``multiplicity`` members that touch each other are each above
        the threshold; ``"analog_sum"`` and ``"digital_sum"``: one member is.
    threshold : float
        p.e. at the peak, of one member.
    multiplicity : int
        Members that are needed; 1 for sums.
    window : float
        Time within which members count as simultaneous, ns.
    patches : int32[k, m]
        Pixels of each member, whose signals are added up, padded by -1; a single one
        where members are pixels.
    neighbors : Neighbors
        Which members touch (CSR); without entries for sums.
    """

    kind: Literal["majority", "analog_sum", "digital_sum"]
    threshold: float
    multiplicity: int
    window: float
    patches: I4
    neighbors: Neighbors


@dataclass(frozen=True, eq=False)
class TelescopeModel:
    """A telescope.

    Attributes
    ----------
    name : str
        Name of the model, e.g. ``"LST"``.
    mirror, layout, sensor, readout, trigger
        Its parts.
    size : str
        LST, MST or SST.
    """

    name: str
    mirror: MirrorModel
    layout: PixelLayout
    sensor: SensorModel
    readout: ReadoutModel
    trigger: TriggerModel
    size: SizeClass
