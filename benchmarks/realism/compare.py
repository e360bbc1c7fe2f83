"""The acceptance lines: medians of images, events and rates."""

import math
from collections.abc import Iterator

import numpy as np

from benchmarks.realism import stereo
from benchmarks.realism.lines import Line
from benchmarks.realism.tables import (
    ENERGIES,
    Sample,
    Table,
    accepted,
    between,
    n_showers,
    one_per_event,
)

FEWEST = 30
FEWEST_EVENTS = 20
IMPACTS = ((0, 70), (70, 130), (130, 200), (200, 320), (320, 500))
_TRUE, _CLEANED = ("true_length", "true_width"), ("length", "width")
_ABOVE = 50.0
"""Least true charge of an image, p.e."""


def all_lines(particle: str, real: Sample, simulated: Sample) -> Iterator[Line]:
    """Every line of one kind of particle; those on separation need both kinds."""
    pair = real.table, simulated.table
    if particle == "gamma":
        yield from _medians(particle, _TRUE, 1.2, *pair)
        yield from _medians(particle, _CLEANED, 1.25, *pair)
        yield from _light(*pair)
        yield from _gradients(*pair)
        yield from _resolution(*pair)
    else:
        yield from _medians(particle, _TRUE, 1.3, *pair)
        yield from _medians(particle, _CLEANED, 1.3, *pair)
    yield from _x_max(particle, *pair)
    yield from _multiplicity(particle, *pair)
    yield from _rates(particle, real, simulated)
    yield from _islands(particle, *pair)
    yield from _spectrum(particle, *pair)


def median_line(
    name: str,
    where: str,
    parts: list[Table],
    column: str,
    allowed: float,
    **more: float,
) -> Line:
    """Compare medians, real first; images of one shower count as one measurement."""
    middle, shares = [], []
    for part in parts:
        low, median, high = np.quantile(part[column], [0.16, 0.5, 0.84])
        middle.append(float(median))
        shares.append(1.25 * (high - low) / 2 / median / np.sqrt(n_showers(part)))
    error = middle[1] / middle[0] * float(np.hypot(*shares))
    return Line(
        name, where, middle[0], middle[1], error, allowed,
        n_real=len(parts[0]), n_simulated=len(parts[1]), **more,  # type: ignore[arg-type]
    )  # fmt: skip


def _parts(
    tables: tuple[Table, ...],
    is_lst: bool,
    near: float = 0.0,
    far: float = math.inf,
) -> list[Table]:
    """Select accepted images by size of telescope and impact distance."""
    return [
        table[
            (table["is_lst"] == is_lst)
            & (table["impact"] >= near)
            & (table["impact"] < far)
            & accepted(table)
        ]
        for table in tables
    ]


def _medians(
    particle: str, quantities: tuple[str, ...], allowed: float, *tables: Table
) -> Iterator[Line]:
    for is_lst in (True, False):
        for low, high in ENERGIES:
            near = _parts(tables, is_lst, far=500.0)
            parts = [between(part, low, high) for part in near]
            if min(map(len, parts)) < FEWEST:
                continue
            where = f"{particle} {'LST' if is_lst else 'MST'} {low:g}-{high:g} TeV"
            for quantity in quantities:
                yield median_line(quantity, where, parts, quantity, allowed)


def _light(*tables: Table) -> Iterator[Line]:
    for is_lst in (True, False):
        for low, high in ENERGIES:
            for near, far in IMPACTS:
                parts = _parts(tables, is_lst, near, far)
                parts = [between(part, low, high) for part in parts]
                if min(map(len, parts)) < FEWEST // 2:
                    continue
                kind = "LST" if is_lst else "MST"
                yield median_line(
                    "intensity", f"gamma {kind} {low:g}-{high:g} TeV, {near}-{far} m",
                    parts, "intensity", 1.3,
                )  # fmt: skip


def _gradients(*tables: Table) -> Iterator[Line]:
    for is_lst in (True, False):
        for near, far in IMPACTS:
            parts = _parts(tables, is_lst, near, far)
            if min(map(len, parts)) < FEWEST // 2:
                continue
            yield median_line(
                "time gradient", f"gamma {'LST' if is_lst else 'MST'}, {near}-{far} m",
                parts, "gradient", 1.3, floor=0.7,
            )  # fmt: skip


def _x_max(particle: str, *tables: Table) -> Iterator[Line]:
    # The yardstick asks for gammas; protons are held to the same.
    for where, parts in _events(particle, *tables):
        values = [part["x_max"] for part in parts]
        middle = [float(np.median(v)) for v in values]
        error = np.hypot(
            *[
                1.25 * v.std() / np.sqrt(n_showers(part))
                for v, part in zip(values, parts, strict=True)
            ]
        )
        yield Line(
            "X_max", where, middle[0], middle[1], float(error), 25.0,
            is_ratio=False, n_real=values[0].size, n_simulated=values[1].size,
        )  # fmt: skip


def _events(particle: str, *tables: Table) -> Iterator[tuple[str, list[Table]]]:
    """One row per event, in each range of energy that has enough."""
    for low, high in ENERGIES:
        parts = [one_per_event(between(t, low, high)) for t in tables]
        if min(map(len, parts)) >= FEWEST_EVENTS:
            yield f"{particle} {low:g}-{high:g} TeV", parts


def _multiplicity(particle: str, *tables: Table) -> Iterator[Line]:
    for where, parts in _events(particle, *tables):
        values = [part["multiplicity"] for part in parts]
        means = [float(v.mean()) for v in values]
        shares = [
            v.std() / v.mean() / np.sqrt(n_showers(part))
            for v, part in zip(values, parts, strict=True)
        ]
        yield Line(
            "multiplicity", where, means[0], means[1],
            means[1] / means[0] * float(np.hypot(*shares)), 1.25,
            n_real=values[0].size, n_simulated=values[1].size,
        )  # fmt: skip


def _rates(particle: str, *samples: Sample) -> Iterator[Line]:
    for energies in ENERGIES:
        if energies[0] < 0.1 or any(energies not in s.thrown for s in samples):
            continue
        parts = [one_per_event(between(s.table, *energies)) for s in samples]
        if min(map(len, parts)) < FEWEST_EVENTS:
            continue
        rates = [
            len(part) / s.thrown[energies]
            for part, s in zip(parts, samples, strict=True)
        ]
        share = float(np.sqrt(sum(1 / n_showers(part) for part in parts)))
        yield Line(
            "triggered/thrown", f"{particle} {energies[0]:g}-{energies[1]:g} TeV",
            rates[0], rates[1], rates[1] / rates[0] * share, 1.7,
            n_real=len(parts[0]), n_simulated=len(parts[1]),
        )  # fmt: skip


def _islands(particle: str, *tables: Table) -> Iterator[Line]:
    for is_lst in (True, False):
        parts = _parts(tables, is_lst)
        counts = [int((part["n_islands"] > 1).sum()) for part in parts]
        if min(counts) < 5:
            continue
        shares = [count / len(part) for count, part in zip(counts, parts, strict=True)]
        yield Line(
            "more than one island", f"{particle} {'LST' if is_lst else 'MST'}",
            shares[0], shares[1],
            shares[1] / shares[0] * float(np.sqrt(sum(1 / n for n in counts))), 2.0,
            n_real=len(parts[0]), n_simulated=len(parts[1]),
        )  # fmt: skip


def _spectrum(particle: str, *tables: Table) -> Iterator[Line]:
    for is_lst in (True, False):
        fits = [spectral_index(part["intensity"]) for part in _parts(tables, is_lst)]
        yield Line(
            "intensity index", f"{particle} {'LST' if is_lst else 'MST'}",
            fits[0][0], fits[1][0], float(np.hypot(fits[0][1], fits[1][1])), 0.2,
            is_ratio=False, n_real=fits[0][2], n_simulated=fits[1][2],
        )  # fmt: skip


def spectral_index(intensity: np.ndarray) -> tuple[float, float, int]:
    """Index of ``dN/dS ~ S**-index`` from 200 to 5000 p.e., its error, and images.

    Most likely value for a power law between two limits.
    """
    low, high = 200.0, 5000.0
    logs = np.log(intensity[(intensity >= low) & (intensity < high)] / low)
    width, mean = np.log(high / low), logs.mean()
    tries = np.linspace(0.3, 4.0, 3701) - 1.0
    tries = tries[np.abs(tries) > 1e-6]
    # Mean of ln(S / low) under an index of 1 + a.
    expected = 1 / tries - width / np.expm1(tries * width)
    best = float(np.interp(-mean, -expected, tries))
    slope = abs(float(np.interp(best, tries, np.gradient(expected, tries))))
    return 1 + best, float(np.sqrt(slope / logs.size) / slope), int(logs.size)


def _resolution(*tables: Table) -> Iterator[Line]:
    errors = [stereo.errors(table) for table in tables]
    for low, high in ENERGIES:
        parts = [
            error[(energy >= low) & (energy < high)] for energy, error in errors
        ]  # fmt: skip
        if min(map(len, parts)) < FEWEST_EVENTS:
            continue
        quantiles = [float(np.quantile(part, 0.68)) for part in parts]
        rng = np.random.default_rng(0)
        spread = [
            np.std([np.quantile(rng.choice(p, p.size), 0.68) for _ in range(100)]) / q
            for p, q in zip(parts, quantiles, strict=True)
        ]
        yield Line(
            "direction, 68 % (deg)", f"gamma {low:g}-{high:g} TeV",
            quantiles[0], quantiles[1],
            quantiles[1] / quantiles[0] * float(np.hypot(*spread)), 1.3,
            n_real=parts[0].size, n_simulated=parts[1].size,
        )  # fmt: skip
