"""Small made-up telescopes."""

from dataclasses import replace

import numpy as np
import pytest

from cta_columnar.instrument.camera import CameraGeometry, CameraReadout
from cta_columnar.instrument.optics import OpticsDescription
from cta_columnar.instrument.subarray import SubarrayDescription
from cta_columnar.instrument.telescope import TelescopeType

HEXAGON = np.array([0, 1, 2, 3, 4, 5]) * np.pi / 3


def hexagonal_camera(name="HexCam"):
    """Seven pixels of 4 cm: one in the middle of six."""
    return CameraGeometry(
        name,
        np.r_[0.0, 0.04 * np.cos(HEXAGON)],
        np.r_[0.0, 0.04 * np.sin(HEXAGON)],
        np.full(7, 0.04**2 * np.sqrt(3) / 2),
        "hexagon",
        0.0,
        0.0,
    )


def square_camera(columns=6, rows=5):
    x, y = (0.01 * a.ravel() for a in np.mgrid[:columns, :rows].astype(float))
    area = np.full(x.size, 1e-4)
    return CameraGeometry("SquareCam", x, y, area, "square", 0.0, 0.0)


def readout(n_pixels, name="HexCam", **changes):
    time = np.arange(200) * 0.25
    pulse = np.exp(-((time - 15) ** 2) / 8)
    one = CameraReadout(name, 1.0, np.array([pulse, pulse**2]), 0.25, 2, n_pixels, 40)
    return replace(one, **changes)


def optics(**changes):
    one = OpticsDescription("Toy", "MST", "HYBRID", 1, 84, 100.0, 16.0, 16.5)
    return replace(one, **changes)


@pytest.fixture
def telescope_type():
    camera = hexagonal_camera()
    return TelescopeType("MST_Toy_HexCam", optics(), camera, readout(7), 16.5)


@pytest.fixture
def subarray(telescope_type):
    """Return an array of two types, telescopes 3, 4, 5 and 20."""
    square = square_camera()
    other = TelescopeType(
        "SST_Small_SquareCam",
        optics(name="Small", size_type="SST", effective_focal_length=float("nan")),
        square,
        readout(square.n_pixels, "SquareCam", reference_pulse=np.ones((2, 9)) / 3),
        2.15,
    )
    return SubarrayDescription(
        "toy",
        np.array([3, 4, 5, 20], np.int16),
        ("a", "b", "c", "d"),
        np.random.default_rng(3).normal(0, 100, (4, 3)),
        np.array([0, 1, 1, 0], np.int32),
        (telescope_type, other),
        28.76,
        -17.89,
        2156.0,
    )
