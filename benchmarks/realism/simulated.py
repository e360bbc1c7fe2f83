"""Images of our showers, triggered and cleaned by their light."""

import time
from dataclasses import dataclass

import numpy as np

from benchmarks.realism.images import ROW, Eye, Table
from cta_columnar.simulation.arrays import ArrayModel
from cta_columnar.simulation.light import expected_light, observe, photo_electrons
from cta_columnar.simulation.photoelectrons import PhotoElectrons
from cta_columnar.simulation.showers import (
    Shower,
    ShowerSettings,
    core_position,
    make_shower,
)

FAINTEST = 25.0
"""Telescopes with less light than this, p.e., cannot trigger."""


@dataclass(frozen=True)
class Sample:
    """Images, and what they took to make.

    Attributes
    ----------
    table : Table
        Rows of `ROW`.
    n_thrown, n_triggered : int
        Uses of showers.
    seconds : dict
        CPU time of showers, expected light and photo-electrons.
    """

    table: Table
    n_thrown: int
    n_triggered: int
    seconds: dict[str, float]


def sample(settings: ShowerSettings, array: ArrayModel, n_triggered: int) -> Sample:
    """Make showers until so many of their uses have triggered."""
    observers = observe(settings, array, settings.alt, settings.az)
    eyes = [Eye.of(array.model_of(t)) for t in range(array.n_telescopes)]
    rng = np.random.default_rng(settings.seed)
    rows: list[tuple[object, ...]] = []
    seconds = dict.fromkeys(("showers", "expected", "light"), 0.0)
    number = thrown = triggered = 0
    while triggered < n_triggered:
        number += 1
        begin = time.process_time()
        shower = make_shower(settings, number)
        seconds["showers"] += time.process_time() - begin
        for use in range(settings.n_use):
            thrown += 1
            begin = time.process_time()
            core = core_position(settings, shower, use)
            bright = expected_light(shower, core, observers) > FAINTEST
            middle = time.process_time()
            seconds["expected"] += middle - begin
            if bright.sum() < 2:
                continue
            pe = photo_electrons(shower, use, core, observers, bright)
            seconds["light"] += time.process_time() - middle
            found = _images(shower, use, core, pe, array, eyes, rng)
            rows += found
            triggered += bool(found)
    return Sample(np.array(rows, ROW), thrown, triggered, seconds)


def _images(
    shower: Shower,
    use: int,
    core: np.ndarray,
    pe: PhotoElectrons,
    array: ArrayModel,
    eyes: list[Eye],
    rng: np.random.Generator,
) -> list[tuple[object, ...]]:
    """Rows of the telescopes that triggered, if there are two or more."""
    images = {
        t: pe.image(t, eyes[t].model.layout.n_pixels).astype(float)
        for t in np.flatnonzero(pe.counts > FAINTEST).tolist()
    }
    images = {t: image for t, image in images.items() if eyes[t].triggers(image, rng)}
    if len(images) < 2:
        return []
    rows: list[tuple[object, ...]] = []
    for t, image in images.items():
        miss = np.cross(array.positions[t] - np.append(core, 0.0), shower.source)
        cleaned, leakage = eyes[t].clean(image, rng)
        rows.append(
            (
                100 * shower.shower_id + use, eyes[t].model.size == "LST",
                shower.energy, np.linalg.norm(miss), len(images), shower.x_max,
                *eyes[t].moments(image), *eyes[t].moments(cleaned), leakage,
                np.count_nonzero(cleaned),
            )
        )  # fmt: skip
    return rows
