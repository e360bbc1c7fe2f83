"""Our simulated responses of CTAO-North beside the published ones, in one figure.

    python -m benchmarks.irf_prod5 IRF PROD5.fits.gz [--out docs/irf_prod5.png]

IRF is what `ctacol run irf` made of gamma rays from a point source in the centre of the
field of view, with the background for its cuts; PROD5 the response of prod5 for
4 LSTs and 9 MSTs at 20 deg, 50 hours. Prints the figures as a table in Markdown too.
"""

import argparse
from pathlib import Path

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
PANELS = (
    ("effective_area", "effective area (m$^2$)"),
    ("angular_resolution", "angular resolution, 68 % (deg)"),
    ("energy_resolution", "energy resolution"),
)
Curves = dict[str, Component]


def published(path: Path) -> Curves:
    """Effective area and resolutions of a file, in its innermost ring of offsets."""
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
        values = np.asarray(table["MATRIX"][0][0].T, np.float64)
        # It is normalised where it is made, up to what lies outside of the axis.
        total = (values * axes[1].width).sum(axis=1, keepdims=True)
        values = values / np.where(total > 0, total, 1)
        dispersion = _component("energy_dispersion", axes, values)
        found["energy_resolution"] = energy_resolution_of(dispersion)
    return found


def ours(path: Path) -> Curves:
    """The same of our responses."""
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


def draw(ours: Curves, theirs: Curves) -> Figure:
    """Draw each quantity, and below it the ratio of ours to theirs."""
    figure = Figure(figsize=(14, 6.5), layout="constrained")
    axes = figure.subplots(2, 3, sharex=True, height_ratios=(3, 1.3))
    for (name, label), top, bottom in zip(PANELS, *axes, strict=True):
        energy, values, errors = _points(ours[name], name)
        known, published = _curve(theirs[name], name)
        top.plot(known, published, color="black", label="prod5 v0.1, 0 to 1 deg")
        style = {"fmt": "o", "ms": 4, "color": "#0072b2"}
        top.errorbar(energy, values, errors, label="cta_columnar, on axis", **style)
        at = np.exp(np.interp(np.log(energy), np.log(known), np.log(published)))
        bottom.errorbar(energy, values / at, errors / at, **style)
        bottom.axhline(1, color="black", lw=0.8)
        top.set_ylabel(label)
        top.set_yscale("log")
        bottom.set_ylabel("ours / prod5")
        bottom.set_yscale("log")
        bottom.set_xlabel("true energy (TeV)")
        for each in (top, bottom):
            _plain(each)
    axes[0, 0].axhline(
        np.pi * _CORES**2, color="0.5", ls=":", label="thrown area of ours"
    )
    axes[0, 0].legend(loc="lower right")
    axes[0, 0].set_xlim(0.02, 60)
    return figure


def _plain(ax: Axes) -> None:
    ax.set_xscale("log")
    ax.grid(alpha=0.3)


def _points(component: Component, name: str) -> tuple[F8, F8, F8]:
    """Energies, values and errors, where there are events."""
    axis = component.axes[0]
    values, errors = (
        np.asarray(component[each]).reshape(axis.n_bins, -1)[:, 0]
        for each in (name, f"{name}_uncert")
    )
    there = np.isfinite(values) & (values > 0)
    energy = np.sqrt(axis.low * axis.high)
    return energy[there], values[there], np.nan_to_num(errors[there])


def _curve(component: Component, name: str) -> tuple[F8, F8]:
    axis = component.axes[0]
    values: AnyArray = np.asarray(component[name])
    there = np.isfinite(values) & (values > 0)
    return np.sqrt(axis.low * axis.high)[there], values[there]


def table(ours: Curves, theirs: Curves) -> str:
    """Figures of both in our bins, as Markdown."""
    lines = [
        "| energy, TeV | " + " | ".join(f"{n}, ours | prod5" for n, _ in PANELS) + " |"
    ]
    lines.append("|---" * (1 + 2 * len(PANELS)) + "|")
    axis = ours["effective_area"].axes[0]
    rows: dict[float, list[str]] = {}
    for column, (name, _) in enumerate(PANELS):
        energy, values, errors = _points(ours[name], name)
        known, published = _curve(theirs[name], name)
        for e, v, d in zip(energy, values, errors, strict=True):
            at = np.exp(np.interp(np.log(e), np.log(known), np.log(published)))
            row = rows.setdefault(round(float(e), 9), [""] * (2 * len(PANELS)))
            row[2 * column : 2 * column + 2] = [f"{v:.3g} ± {d:.2g}", f"{at:.3g}"]
    del axis
    lines += [f"| {e:.3g} | {' | '.join(cells)} |" for e, cells in sorted(rows.items())]
    return "\n".join(lines)


def main() -> None:
    """Draw the figure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("irf", type=Path)
    parser.add_argument("prod5", type=Path)
    parser.add_argument("--out", type=Path, default=Path("docs/irf_prod5.png"))
    given = parser.parse_args()
    made, theirs = ours(given.irf), published(given.prod5)
    draw(made, theirs).savefig(given.out, dpi=90)
    print(table(made, theirs))


if __name__ == "__main__":
    main()
