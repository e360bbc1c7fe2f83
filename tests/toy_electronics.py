"""Small telescope models, and light on them, for tests of the electronics."""

from dataclasses import replace

import numpy as np

from cta_columnar.instrument.neighbors import Neighbors
from cta_columnar.kernels.simulation.pixels import PixelLookup
from cta_columnar.simulation.banks import make_banks
from cta_columnar.simulation.pixel_constants import dead_pixels, make_electronics
from cta_columnar.simulation.telescopes import (
    MirrorModel,
    PixelLayout,
    ReadoutModel,
    SensorModel,
    SinglePe,
    TelescopeModel,
    TriggerModel,
)
from cta_columnar.simulation.trigger_logic import make_logic

NO_LOOKUP = PixelLookup(0, np.zeros(6), np.zeros((0, 0), np.int32), np.zeros((0, 6)))

PMT = SensorModel("pmt", 0.2, 0.05, 0.02, 0.7, SinglePe(6.0, 2e-4), 0.24)
SIPM = SensorModel(
    "sipm", 0.25, 0.03, 0.05, 0.1, SinglePe(sigma=0.05, crosstalk=0.08), 0.03
)


def pulse(fwhm, step=0.1, lead=2.0):
    """Rise of a Gaussian and a slower fall, with its peak at ``lead`` widths."""
    rise, fall = 0.4 * fwhm, 0.6 * fwhm
    times = np.arange(0.0, lead * fwhm + 6 * fall, step) - lead * fwhm
    narrow = np.exp(-np.log(2) * (times / rise) ** 2)
    return np.where(times < 0, narrow, np.exp(-np.log(2) * np.maximum(times / fall, 0)))


def hexagons(n_rings):
    """Hexagonal camera of pitch 1."""
    places = [
        (a, b)
        for a in range(-n_rings, n_rings + 1)
        for b in range(-n_rings, n_rings + 1)
        if abs(a + b) <= n_rings
    ]
    a, b = np.array(places, float).T
    return layout(np.sqrt(0.75) * a, b + 0.5 * a, 3)


def squares(n):
    """Square camera of ``n`` times ``n`` pixels of pitch 1."""
    y, x = np.mgrid[:n, :n].reshape(2, -1).astype(float)
    return layout(x, y, 2)


def layout(x, y, code):
    module = (np.arange(x.size) // 4).astype(np.int32)
    z = np.zeros(x.size)
    return PixelLayout("Toy", x, y, z, code, 1.0, 1.0, module, 0.0, NO_LOOKUP)


def readout(
    n_samples=60, width=1.0, offset=18, fwhm=2.5, amplitude=(20.0, 1.4), **more
):
    """Readout with one gain for each amplitude."""
    gains = len(amplitude)
    pulses = np.tile(pulse(fwhm), (gains, 1))
    values = {
        "amplitude": np.array(amplitude),
        "pedestal": np.full(gains, 250.0),
        "noise": np.full(gains, 3.6),
        "pedestal_spread": np.full(gains, 1.5),
        "adc_max": np.full(gains, 4095.0),
        "sums_only": False,
    } | more
    return ReadoutModel(gains, n_samples, width, offset, pulses, 0.1, **values)


MIRROR = MirrorModel("Toy", 16.0, 16.4, 100.0, 86, 6.0, 0, {}, 0.03, 0.01, 0.01, 1e4)


def majority(camera, threshold=4.3):
    """Three next neighbours."""
    members = np.arange(camera.n_pixels, dtype=np.int32)[:, None]
    return TriggerModel("majority", threshold, 3, 3.0, members, camera.neighbors)


def sums(patches, threshold, window=1.0, kind="analog_sum"):
    """One sum over a patch above the threshold."""
    none = Neighbors(np.zeros(len(patches) + 1, np.int32), np.zeros(0, np.int32))
    return TriggerModel(kind, threshold, 1, window, np.array(patches, np.int32), none)


def rosettes(camera, step=3):
    """Every ``step``-th pixel with its neighbours, padded by -1."""
    indptr, indices = camera.neighbors
    out = np.full((len(range(0, camera.n_pixels, step)), 7), -1, np.int32)
    for row, pixel in enumerate(range(0, camera.n_pixels, step)):
        near = [pixel, *indices[indptr[pixel] : indptr[pixel + 1]].tolist()]
        out[row, : len(near)] = near
    return out


def model(**parts):
    """NectarCam-like telescope with 127 pixels, but for what is given."""
    camera = parts.get("layout") or hexagons(6)
    values = {
        "name": "Toy",
        "mirror": MIRROR,
        "layout": camera,
        "sensor": PMT,
        "readout": readout(),
        "trigger": majority(camera),
        "size": "MST",
    } | parts
    return TelescopeModel(**values)


def plain(sensor):
    """The same sensor with pixels that are all alike."""
    return replace(sensor, qe_spread=0.0, gain_spread=0.0)


def electronics(telescope, *, seed=1, run=1, tel_index=0, nsb=1.0, disabled=0.0):
    """Camera with the constants of one run."""
    banks = make_banks(telescope, seed, run, nsb_factor=nsb)
    logic = make_logic(telescope, banks)
    dead = dead_pixels(seed, tel_index + 1, telescope.layout.n_pixels, disabled)
    return make_electronics(telescope, banks, logic, (seed, run, tel_index), dead)


def blob(camera, n, *, middle=0, spread=1.0, time=100.0, rng=None):
    """``n`` photo-electrons about a pixel: pixels and times, as light hands them on."""
    rng = rng or np.random.default_rng(0)
    x = camera.x[middle] + spread * rng.normal(size=n)
    y = camera.y[middle] + spread * rng.normal(size=n)
    distance = np.hypot(x[:, None] - camera.x, y[:, None] - camera.y)
    times = time + 2.0 * rng.normal(size=n)
    pixel = distance.argmin(axis=1)
    order = np.lexsort((times, pixel))
    return pixel[order].astype(np.int32), times[order].astype(np.float32)
