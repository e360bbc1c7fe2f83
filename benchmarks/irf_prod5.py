"""Our simulated responses of CTAO-North beside the published ones, in one figure.

    python -m benchmarks.irf_prod5 IRF NEAR PROD5.fits.gz [--out docs/irf_prod5.png]

IRF is what `ctacol run irf` made of gamma rays from a point source in the centre of the
field of view; NEAR the same of showers near to the array, whose resolutions alone are
drawn; PROD5 the published response for 4 LSTs and 9 MSTs at 20 deg, 50 hours. Prints
the figures as a table in Markdown too.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cta_columnar.array_types import F8, AnyArray
from cta_columnar.stages.irf.axes import Axis, linear_axis
from cta_columnar.stages.irf.component import Component
from cta_columnar.stages.irf.product_tables import from_table
from cta_columnar.stages.irf.resolution_of_response import (
    angular_resolution_of,
    energy_resolution_of,
)
from cta_columnar.store import open_irf

# Rings in which a published point-spread function is added up, deg.
_THETA = linear_axis("theta", "deg", 0, 3, 6000)
_CORES = 900.0  # m, radius of the cores of our showers
_FEWEST = 20  # events in a bin that is shown
PANELS = (
    ("effective_area", "effective area (m$^2$)"),
    ("angular_resolution", "angular resolution, 68 % (deg)"),
    ("energy_resolution", "energy resolution"),
)
LABELS = "cta_columnar, on axis", "those with cores within 300 m"
Curves = dict[str, Component]
Points = tuple[F8, F8, F8]


def published(path: Path) -> Curves:
    """Read effective area and resolutions of a file, in its innermost ring."""
    with fits.open(path) as file:
        area = file["EFFECTIVE AREA"].data
        energy = _axis("true_energy", "TeV", area, "ENERG")
        values = np.asarray(area["EFFAREA"][0][0], np.float64)
        found = {"effective_area": _component("effective_area", (energy,), values)}
        found["angular_resolution"] = angular_resolution_of(
            _three_gaussians(file["POINT SPREAD FUNCTION"].data)
        )
        table = file["ENERGY DISPERSION"].data
        axes = (
            _axis("true_energy", "TeV", table, "ENERG"),
            _axis("migration", "", table, "MIGRA"),
        )
        dispersion = _coarser(axes, np.asarray(table["MATRIX"][0][0].T), energy)
        found["energy_resolution"] = energy_resolution_of(dispersion)
    return found


def _coarser(axes: tuple[Axis, ...], values: AnyArray, energy: Axis) -> Component:
    """Average a dispersion over wider bins of energy, as one bin has few events."""
    fine, migration = axes
    place = np.digitize(fine.centre, energy.array) - 1
    density = np.zeros((energy.n_bins, migration.n_bins))
    np.add.at(density, np.clip(place, 0, energy.n_bins - 1), values)
    total = (density * migration.width).sum(axis=1, keepdims=True)
    density /= np.where(total > 0, total, 1.0)
    return _component("energy_dispersion", (energy, migration), density)


def ours(path: Path) -> Curves:
    """Read the same of our responses."""
    irf = open_irf(path)
    return {name: from_table(irf.read(name)) for name, _ in PANELS}


def _axis(name: str, unit: str, table: fits.FITS_rec, column: str) -> Axis:
    low, high = table[f"{column}_LO"][0], table[f"{column}_HI"][0]
    return Axis(name, unit, tuple(float(edge) for edge in (*low, high[-1])))


def _component(name: str, axes: tuple[Axis, ...], values: F8) -> Component:
    # Its statistics are not published; what is asked of them here is no error.
    return Component(name, axes, {name: values, "n_events": np.ones(values.shape, int)})


def _three_gaussians(table: fits.FITS_rec) -> Component:
    """Point-spread function in rings, of the sum of three Gaussians."""
    radius = _THETA.centre
    density = np.zeros((table["SCALE"][0].shape[1], radius.size))
    for number in (1, 2, 3):
        sigma = table[f"SIGMA_{number}"][0][0][:, np.newaxis]
        share = 1.0 if number == 1 else table[f"AMPL_{number}"][0][0][:, np.newaxis]
        with np.errstate(divide="ignore", invalid="ignore"):
            part = share * np.exp(-0.5 * (radius / sigma) ** 2)
        density += np.where(sigma > 0, part, 0.0)
    rings = np.diff(np.cos(np.radians(_THETA.array))) * -2 * np.pi
    total = (density * rings).sum(axis=1, keepdims=True)
    energy = _axis("true_energy", "TeV", table, "ENERG")
    values = density / np.where(total > 0, total, 1.0)
    return _component("psf", (energy, _THETA), values)


def draw(all_cores: Curves, near: Curves, theirs: Curves) -> Figure:
    """Draw each quantity, and below it the ratio of ours to theirs."""
    figure = Figure(figsize=(14, 6.5), layout="constrained")
    axes = figure.subplots(2, 3, sharex=True, height_ratios=(3, 1.3))
    for (name, label), top, bottom in zip(PANELS, *axes, strict=True):
        known = _curve(theirs[name], name)
        top.plot(*known, color="black", label="prod5 v0.1, 0 to 1 deg off axis")
        _draw_ours(top, bottom, _points(all_cores[name], name), known, LABELS[0])
        if name != "effective_area":
            _draw_ours(top, bottom, _points(near[name], name), known, LABELS[1])
        bottom.axhline(1, color="black", lw=0.8)
        top.set_ylabel(label)
        bottom.set_ylabel("ours / prod5")
        bottom.set_xlabel("true energy (TeV)")
        for each in (top, bottom):
            each.set_yscale("log")
            each.set_xscale("log")
            each.grid(alpha=0.3)
        bottom.set_ylim(0.25, 6)
        bottom.set_yticks([0.3, 0.5, 1, 2, 4], ["0.3", "0.5", "1", "2", "4"])
        bottom.minorticks_off()
    axes[0, 0].axhline(
        np.pi * _CORES**2, color="0.5", ls=":", label="area of our cores"
    )
    axes[0, 0].set_xlim(0.025, 60)
    axes[0, 0].set_ylim(5e3, 4e6)
    axes[0, 0].legend(loc="lower right")
    axes[0, 1].set_ylim(0.01, 1.5)
    axes[0, 1].legend(loc="upper right")
    return figure


def _draw_ours(
    top: Axes, bottom: Axes, points: Points, known: tuple[F8, F8], label: str
) -> None:
    energy, values, errors = points
    near = label == LABELS[1]
    style: dict[str, Any] = {"fmt": "s" if near else "o", "ms": 4, "lw": 1}
    style["color"] = "#d55e00" if near else "#0072b2"
    top.errorbar(energy, values, errors, label=label, **style)
    at = _at(energy, known)
    bottom.errorbar(energy, values / at, errors / at, **style)


def _points(component: Component, name: str) -> Points:
    """Energies, values and errors, where there are enough events."""
    axis = component.axes[0]
    values, errors = (
        np.asarray(component[each]).reshape(axis.n_bins, -1)[:, 0]
        for each in (name, f"{name}_uncert")
    )
    counts = "n_selected" if name == "effective_area" else "n_events"
    there = np.asarray(component[counts]).reshape(axis.n_bins, -1)[:, 0] >= _FEWEST
    energy = np.sqrt(axis.low * axis.high)
    return energy[there], values[there], errors[there]


def _curve(component: Component, name: str) -> tuple[F8, F8]:
    axis = component.axes[0]
    values: AnyArray = np.asarray(component[name])
    there = np.isfinite(values) & (values > 0)
    return np.sqrt(axis.low * axis.high)[there], values[there]


def _at(energy: F8, known: tuple[F8, F8]) -> F8:
    """Value of a curve, straight in both logarithms."""
    x, y = (np.log(each) for each in known)
    value: F8 = np.exp(np.interp(np.log(energy), x, y))
    return value


def table(all_cores: Curves, near: Curves, theirs: Curves) -> str:
    """Figures of both in our bins, as Markdown."""
    lines = ["| quantity | energy, TeV | ours | ours, near | prod5 |", "|---" * 5 + "|"]
    for name, label in PANELS:
        known = _curve(theirs[name], name)
        others = {e: (v, d) for e, v, d in zip(*_points(near[name], name), strict=True)}
        for energy, value, error in zip(*_points(all_cores[name], name), strict=True):
            cells = [f"{value:.3g} ± {error:.1g}", ""]
            if name != "effective_area" and energy in others:
                cells[1] = "{:.3g} ± {:.1g}".format(*others[energy])
            at = _at(np.array([energy]), known)[0]
            lines.append(f"| {label} | {energy:.3g} | {' | '.join(cells)} | {at:.3g} |")
    return "\n".join(lines)


def main() -> None:
    """Draw the figure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("irf", type=Path)
    parser.add_argument("near", type=Path)
    parser.add_argument("prod5", type=Path)
    parser.add_argument("--out", type=Path, default=Path("docs/irf_prod5.png"))
    given = parser.parse_args()
    curves = ours(given.irf), ours(given.near), published(given.prod5)
    draw(*curves).savefig(given.out, dpi=90)
    print(table(*curves))


if __name__ == "__main__":
    main()
