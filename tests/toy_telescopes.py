"""Toy telescopes with raw counts, for tests of the steps of stage 1."""

from dataclasses import dataclass, replace

import numpy as np

from cta_columnar.instrument.camera import CameraGeometry, CameraReadout
from cta_columnar.instrument.coefficients import Coefficients
from cta_columnar.instrument.optics import OpticsDescription
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.registry import get
from cta_columnar.stages.chain import Chain, Step


@dataclass(frozen=True)
class Setup:
    """A camera with coefficients, and raw counts of some events."""

    context: dict
    columns: dict

    def run(self, steps, keep):
        algorithms = [get(kind, name) for kind, name in steps]
        chain = Chain([Step(a, a.validate_options({})) for a in algorithms], set(keep))
        return chain.run(self.columns, self.context)

    def event(self, index):
        only = {name: array[index : index + 1] for name, array in self.columns.items()}
        return Setup(self.context, only)

    def with_broken(self, *where):
        """The same with only these pixels broken, an index of [k, c, p], or none."""
        old = self.context["coefficients"]
        mask = np.zeros_like(old.outlier_mask)
        if where:
            mask[where] = True
        return Setup(
            self.context | {"coefficients": replace(old, outlier_mask=mask)},
            self.columns,
        )


def telescope_type(pixels, n_channels, n_samples, pix_type="hexagon"):
    geometry = CameraGeometry(
        "toy", pixels.x, pixels.y, np.ones(pixels.n_pixels), pix_type, 0.0, 0.0
    )
    pulse = np.exp(-0.5 * (np.arange(-20, 21) / [[5.0], [7.0]]) ** 2)[:n_channels]
    readout = CameraReadout(
        "toy", 1.25, pulse, 0.25, n_channels, pixels.n_pixels, n_samples
    )
    optics = OpticsDescription("toy", "LST", "PARABOLIC", 1, 1, 300.0, 28.0, 29.0)
    return TelescopeType("LST_toy_toy", optics, geometry, readout, 29.0)


def setup(pixels, n_events=3, n_channels=2, n_samples=40, seed=0, pix_type="hexagon"):
    """Pulses on noise; some of them exceed the range of the high gain."""
    rng = np.random.default_rng(seed)
    n_rows, n_pixels = 2, pixels.n_pixels
    peak = rng.uniform(10, 30, (n_events, 1, n_pixels, 1))
    height = rng.choice([0, 30, 600, 9000], peak.shape) / [[[[1]], [[20]]]]
    pulse = np.exp(-0.5 * ((np.arange(n_samples) - peak) / 2) ** 2)
    counts = 300 + rng.normal(0, 4, pulse.shape) + (height * pulse)
    per_pixel = n_rows, n_channels, n_pixels
    gain = np.array([[[1.0], [20.0]]])[:, :n_channels]
    coefficients = Coefficients(
        rng.normal(300, 1, per_pixel).astype(np.float32),
        (rng.normal(0.02, 0.001, per_pixel) * gain).astype(np.float32),
        rng.normal(0, 2, per_pixel).astype(np.float32),
        rng.random(per_pixel) < 0.05,
    )
    camera = telescope_type(pixels, n_channels, n_samples, pix_type)
    columns = {
        "r0_waveform": counts[:, :n_channels].astype(np.uint16),
        "calibration_index": rng.integers(0, n_rows, n_events, dtype=np.int32),
    }
    return Setup({"camera": camera, "coefficients": coefficients}, columns)
