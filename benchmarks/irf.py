"""Time histograms of responses and the search for cuts beside pyirf, on one core.

python -m benchmarks.irf [--events N] [--events-of-cuts N]

Made-up events of signal and background; the same bins, cuts and events for both. Prints
a table in Markdown: CPU seconds, the best of some repetitions in turn. Ours sum squares
of weights as well, for the errors, and exactly, so that no order of events matters. All
histograms are those of the components, with the background in longitude and latitude,
which pyirf does not have.
"""

import argparse
from collections.abc import Callable

import astropy.units as u
import numpy as np
from astropy.table import QTable
from pyirf import cut_optimization, irf
from pyirf.irf.energy_dispersion import energy_migration_matrix

from benchmarks.forest import in_turn
from benchmarks.measure import pin_to_one_core
from cta_columnar.array_types import AnyArray
from cta_columnar.stages.irf.accumulator import Accumulator
from cta_columnar.stages.irf.components import (
    background_histograms,
    default_axes,
    signal_histograms,
)
from cta_columnar.stages.irf.cut_optimisation import GridOptions, optimise_grid
from cta_columnar.stages.irf.histogram import HistogramSpec

Events = dict[str, AnyArray]
UNITS = {"energy": u.TeV, "offset": u.deg, "theta": u.deg}
_REPEATS = 3


def make_events(n_events: int, seed: int, mean_score: float) -> Events:
    """Make up reconstructed events."""
    rng = np.random.default_rng(seed)
    energy = 10 ** rng.uniform(-2, 2.2, n_events)
    offset, angle = (
        6 * np.sqrt(rng.random(n_events)),
        rng.uniform(0, 2 * np.pi, n_events),
    )
    events = {
        "true_energy": energy,
        "reco_energy": energy * rng.lognormal(0, 0.2, n_events),
        "theta": rng.rayleigh(0.1, n_events),
        "true_source_fov_offset": offset,
        "reco_source_fov_offset": np.abs(offset + rng.normal(0, 0.1, n_events)),
        "reco_fov_lon": offset * np.cos(angle),
        "reco_fov_lat": offset * np.sin(angle),
        "gh_score": np.clip(rng.normal(mean_score, 0.2, n_events), 0, 1),
        "multiplicity": rng.integers(2, 13, n_events),
        "weight": rng.lognormal(0, 2, n_events),
        "selected": rng.random(n_events) < 0.5,
        "selected_gh": rng.random(n_events) < 0.7,
    }
    return events | {"migration": events["reco_energy"] / energy}


def to_qtable(events: Events, mask: AnyArray | None = None) -> QTable:
    """Give events the form that pyirf wants."""
    table = QTable()
    for name, column in events.items():
        unit = UNITS.get(name.split("_")[-1], u.one)
        kept = column if mask is None else column[mask]
        table[name] = kept * unit if unit != u.one else kept
    return table


def compare_histograms(n_events: int) -> list[str]:
    """Rows of the table for histograms of signal, of background and of both."""
    axes, events = default_axes(), make_events(n_events, 0, 0.7)
    energy, reco = axes.true_energy.array * u.TeV, axes.reco_energy.array * u.TeV
    offset, theta = axes.true_offset.array * u.deg, axes.theta.array * u.deg
    selected = to_qtable(events, events["selected"])
    after_score = to_qtable(events, events["selected_gh"])

    def signal() -> None:
        np.histogram2d(
            selected["true_energy"].value,
            selected["true_source_fov_offset"].value,
            [axes.true_energy.array, axes.true_offset.array],
        )
        irf.energy_dispersion(selected, energy, offset, axes.migration.array)
        energy_migration_matrix(selected, energy, reco, offset)
        irf.psf_table(after_score, energy, theta, offset)

    def background() -> None:
        irf.background_2d(after_score, reco, axes.reco_offset.array * u.deg, 1 * u.s)

    of_signal, of_background = signal_histograms(axes), background_histograms(axes)
    pairs = (
        ("of signal", signal, of_signal),
        ("of background in rings", background, of_background[:1]),
        ("of all components", None, (*of_signal, *of_background)),
    )
    return [
        _row(f"histograms {name}", n_events, theirs, _filling(specs, events))
        for name, theirs, specs in pairs
    ]


def _filling(
    specs: tuple[HistogramSpec, ...], events: Events
) -> Callable[[], Accumulator]:
    return lambda: Accumulator(specs).fill(events)


def compare_cuts(n_events: int) -> str:
    """Row of the table for a grid of 576 combinations of cuts."""
    axis, options = default_axes().reco_energy, GridOptions()
    gammas, protons = (make_events(n_events, 1 + k, 0.7 - 0.4 * k) for k in range(2))
    signal, background = to_qtable(gammas), to_qtable(protons)

    def theirs() -> None:
        cut_optimization.optimize_cuts(
            *(signal, background, axis.array * u.TeV),
            *(np.array(options.multiplicities), np.array(options.gh_efficiencies)),
            np.array(options.theta_efficiencies),
            *(0 * u.deg, 5 * u.deg, 0.2),
            theta_min_value=None,
            theta_max_value=0.5 * u.deg,
            progress=False,
        )

    def ours() -> object:
        return optimise_grid(gammas, protons, axis, options)

    return _row("576 combinations of cuts", 2 * n_events, theirs, ours)


def _row(
    name: str,
    n_events: int,
    theirs: Callable[[], object] | None,
    ours: Callable[[], object],
) -> str:
    spent = in_turn([theirs, ours] if theirs else [ours], _REPEATS)
    rate = f"{n_events / spent[-1] / 1e3:.1f}"
    ours_s, theirs_s, ratio = f"{spent[-1] / 1e3:.3f}", "", ""
    if theirs:
        theirs_s, ratio = f"{spent[0] / 1e3:.3f}", f"{spent[0] / spent[1]:.1f}"
    return f"| {name} | {n_events} | {theirs_s} | {ours_s} | {ratio} | {rate} |"


def main() -> None:
    """Compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--events-of-cuts", type=int, default=50_000)
    options = parser.parse_args()
    pin_to_one_core()
    print("| what | events | pyirf s | ours s | times faster | million events/s |")
    print("|---|---|---|---|---|---|", flush=True)
    for row in compare_histograms(options.events):
        print(row, flush=True)
    print(compare_cuts(options.events_of_cuts), flush=True)


if __name__ == "__main__":
    main()
