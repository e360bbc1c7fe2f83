"""Slow, obvious light of a muon ring: what `kernels.muon_light` must equal.

The impact point is in polar coordinates, the pixels in Cartesian ones, and everything
follows the text of section 2 of Vacanti et al. (1994) with the sampling of ctapipe.
"""

from dataclasses import dataclass
from math import erf

import numpy as np

ALPHA = 7.2973525643e-3


@dataclass
class Model:
    """A telescope, a ring and its pixels; rad, m."""

    x: np.ndarray
    y: np.ndarray
    radius: float
    pixel_width: float
    mirror: float = 12.0
    hole: float = 0.74
    oversampling: int = 3
    roundness: float = np.pi / 2 / np.sqrt(3)
    pedestal: float = 1.1
    spe_width: float = 0.5

    @property
    def n_points(self):
        return int(2 * np.pi * self.radius / self.pixel_width) * self.oversampling

    def chord(self, radius, impact, phi):
        """Length of the track's projection inside a disc, towards an azimuth."""
        r = impact / radius
        inside = 1 - r**2 * np.sin(phi) ** 2
        if inside < 0:
            return 0.0
        if r <= 1:
            return radius * (np.sqrt(inside) + r * np.cos(phi))
        return 2 * radius * np.sqrt(inside) if np.cos(phi) > 0 else 0.0

    def profile(self, impact, phi):
        azimuth = np.linspace(-np.pi, np.pi, self.n_points)
        lengths = [self.chord(self.mirror, impact, a - phi) for a in azimuth]
        if self.hole:
            holes = [self.chord(self.hole, impact, a - phi) for a in azimuth]
            lengths = np.subtract(lengths, holes)
        first = self.oversampling // 2
        shifted = [np.roll(lengths, first - k) for k in range(self.oversampling)]
        return azimuth, np.mean(shifted, axis=0)

    def expected(self, impact, phi, width, efficiency):
        distance = np.hypot(self.x, self.y)
        half = self.pixel_width / 2
        share = [
            (erf((d + half - self.radius) / width / np.sqrt(2))
             - erf((d - half - self.radius) / width / np.sqrt(2))) / 2
            for d in distance
        ]  # fmt: skip
        chord = np.interp(np.arctan2(self.y, self.x), *self.profile(impact, phi))
        photons = ALPHA * (1 / 300e-9 - 1 / 600e-9) * np.sin(2 * self.radius) / 2
        per_pixel = photons * self.pixel_width / self.radius * self.roundness
        return efficiency * per_pixel * chord * np.array(share)

    def minus_log_likelihood(self, charge, *parameters):
        light = self.expected(*parameters)
        theta = 2 * (self.pedestal**2 + light * (1 + self.spe_width**2))
        return (np.log(np.pi * theta) / 2 + (charge - light) ** 2 / theta).sum()
