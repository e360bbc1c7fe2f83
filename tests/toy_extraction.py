"""Extractors on toy telescopes: calibrated traces, made or given."""

import numpy as np
from cameras import CAMERAS, hexagonal
from toy_telescopes import setup

from cta_columnar.registry import get, names

EXTRACTORS = names("extractor")
OLDER = tuple(name for name in EXTRACTORS if name.endswith("Integrator"))


def calibrated(made, channel=None):
    """Columns that an extractor reads."""
    selector, options = ("ThresholdGainSelector", {})
    if channel is not None:
        selector, options = "ManualGainSelector", {"channel": channel}
    columns = made.columns | run("gain_selector", selector, made, **options)
    return columns | run("calibrator", "SimTelCalibrator", made, columns)


def run(kind, name, made, columns=None, **options):
    algorithm = get(kind, name)
    columns = made.columns if columns is None else columns
    return algorithm.run(columns, made.context, algorithm.validate_options(options))


def extract(name, made, columns=None, **options):
    columns = calibrated(made) if columns is None else columns
    return run("extractor", name, made, columns, **options)


def traces(samples, *, n_pixels=1):
    """A camera whose calibrated traces are given, and columns to extract them."""
    samples = np.asarray(samples, np.float32).reshape(1, n_pixels, -1)
    pixels = hexagonal(1) if n_pixels == 7 else CAMERAS["one pixel"]
    made = setup(pixels, n_events=1, n_samples=samples.shape[-1]).with_broken()
    zero = np.zeros((1, n_pixels), np.int8)
    return made, made.columns | {"waveform": samples, "selected_gain_channel": zero}
