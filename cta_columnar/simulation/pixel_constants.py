"""Cameras of one run: constants of their pixels, drawn once.

Calibration drifts, so gains, pedestals and delays are those of the run; pixels without
high voltage stay so.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels.simulation.draws import DEAD_PIXELS, PIXELS, new_stream
from cta_columnar.kernels.simulation.variates import normals, uniforms
from cta_columnar.simulation.arrays import ArrayModel
from cta_columnar.simulation.banks import Banks, make_banks
from cta_columnar.simulation.electronics import Electronics
from cta_columnar.simulation.telescopes import TelescopeModel
from cta_columnar.simulation.thresholds import calibrate_threshold
from cta_columnar.simulation.trigger_logic import TriggerLogic, make_logic

DELAY_SPREAD = {"pmt": 0.5, "sipm": 0.2}
"""Rms of the delays between pixels, ns: real simulation files have 0.5 (LSTCam), 0.6
(NectarCam) and 0.3 (FlashCam, CHEC)."""

_MOST_SPREADS = 3.0
"""No pixel is further from the model: an efficiency must not be negative."""


def make_electronics(
    model: TelescopeModel,
    banks: Banks,
    logic: TriggerLogic,
    key: tuple[int, int, int],
    disabled: NDArray[np.bool_],
) -> Electronics:
    """Draw the constants of one telescope; ``key`` is (seed, run, telescope index)."""
    readout, sensor = model.readout, model.sensor
    n_pixels = model.layout.n_pixels
    seed, run, tel_index = key
    state = new_stream(seed, run, PIXELS, tel_index, 0)
    spread = normals(state, (3 + readout.n_gains) * n_pixels, _MOST_SPREADS)
    spread = spread.reshape(3 + readout.n_gains, n_pixels)
    efficiency = 1.0 + sensor.qe_spread * spread[0]
    gain = 1.0 + sensor.gain_spread * spread[1]
    # Light and gain of the camera as a whole stay those of the model.
    efficiency /= efficiency.mean()
    gain /= gain.mean()
    delay = DELAY_SPREAD[sensor.kind] * (spread[2] - spread[2].mean())
    pedestal = readout.pedestal[:, np.newaxis] + (
        readout.pedestal_spread[:, np.newaxis] * spread[3:]
    )
    area = (readout.amplitude * banks.pulses.area)[:, np.newaxis]
    return Electronics(
        model=model,
        banks=banks,
        logic=logic,
        seed=seed,
        run=run,
        tel_index=tel_index,
        efficiency=efficiency.astype(np.float32),
        gain=gain.astype(np.float32),
        delay=delay.astype(np.float32),
        disabled=disabled,
        pedestal=pedestal.astype(np.float32),
        calib=(1.0 / (area * gain)).astype(np.float32),
    )


def dead_pixels(
    seed: int, tel_id: int, n_pixels: int, fraction: float
) -> NDArray[np.bool_]:
    """Draw the pixels of a telescope without high voltage, bool[p].

    They depend neither on the run nor on which other telescopes there are, and those of
    a smaller fraction are among those of a larger one.
    """
    state = new_stream(seed, 0, DEAD_PIXELS, tel_id, 0)
    return uniforms(state, n_pixels) < fraction


def array_electronics(
    array: ArrayModel,
    seed: int,
    run: int,
    *,
    nsb_factor: float = 1.0,
    disabled_fraction: float = 0.002,
    trigger_rate: float | None = None,
) -> Sequence[Electronics]:
    """Cameras of all telescopes of an array, in its order.

    Parameters
    ----------
    nsb_factor : float
        Night sky relative to a dark one.
    disabled_fraction : float
        Probability that a pixel has no high voltage, see `dead_pixels`.
    trigger_rate : float, optional
        Rate at which the night sky alone triggers each camera, Hz, from which the
        thresholds follow; if it is not given, they are those of the models.
    """
    banks = [
        make_banks(model, seed, run, nsb_factor=nsb_factor) for model in array.models
    ]
    logic = [make_logic(m, b) for m, b in zip(array.models, banks, strict=True)]
    if trigger_rate is not None:
        logic = [
            replace(
                part, threshold=calibrate_threshold(model, bank, part, trigger_rate)
            )
            for model, bank, part in zip(array.models, banks, logic, strict=True)
        ]
    ids, rows = array.tel_ids.tolist(), array.model_index.tolist()
    return [
        make_electronics(
            array.models[m],
            banks[m],
            logic[m],
            (seed, run, t),
            dead_pixels(
                seed, tel_id, array.models[m].layout.n_pixels, disabled_fraction
            ),
        )
        for t, (tel_id, m) in enumerate(zip(ids, rows, strict=True))
    ]
