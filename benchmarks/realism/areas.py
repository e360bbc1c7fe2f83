"""Telling gammas from protons, simulated beside real: lines and a table.

The events that nothing was tuned on come first. The figure of all real events stands
beside it, but some of them were looked at: it is no independent test.
"""

from collections.abc import Iterator, Mapping

from benchmarks.realism import separation
from benchmarks.realism.lines import Line
from benchmarks.realism.separation import ALL, GEOMETRY
from benchmarks.realism.tables import Table, one_per_event

Tables = Mapping[str, Table]
"""Images of each particle."""

_ALLOWED = {GEOMETRY: 0.03, ALL: 0.05}
_NAMES = {GEOMETRY: "AUC, geometry", ALL: "AUC, all features"}


def scored_lines(reals: Tables, simulated: Tables) -> Iterator[Line]:
    """Lines on the scored events; forests on as many simulated events as real ones."""
    for which in (GEOMETRY, ALL):
        areas = _area(reals, which), _matched(simulated, reals, which)
        yield _line(_NAMES[which], _ALLOWED[which], areas, reals, simulated)
    for name, function in (
        ("AUC, mean scaled width", separation.scaled_width_area),
        ("AUC, mean width", separation.width_area),
        ("AUC, mean length", separation.length_area),
    ):
        first, second = (function(t["gamma"], t["proton"]) for t in (reals, simulated))
        yield _line(name, 0.08, (first, second), reals, simulated)


def line_of_all(reals: Tables, simulated: Tables) -> Line:
    """Return the line on all events, which is not counted: see the module."""
    areas = _area(reals, GEOMETRY), _area(simulated, GEOMETRY)
    name = f"{_NAMES[GEOMETRY]}, all events (not independent)"
    return _line(name, _ALLOWED[GEOMETRY], areas, reals, simulated)


def table(scored: Tables, everything: Tables, simulated: Tables) -> str:
    """Return all areas as a Markdown table, those of the scored events first."""
    rows = ["| sample | events (gammas, protons) | geometry features | all features |"]
    rows.append("|---|---|---|---|")
    matched = [_matched(simulated, scored, which) for which in (GEOMETRY, ALL)]
    rows.append(_row("real, scored half", scored))
    rows.append(_areas_row("simulated, as many as that", _counts(scored), matched))
    rows.append(_row("real, all", everything))
    rows.append(_row("simulated, all", simulated))
    return "\n".join(rows)


def _row(name: str, tables: Tables) -> str:
    areas = [_area(tables, which) for which in (GEOMETRY, ALL)]
    return _areas_row(name, _counts(tables), areas)


def _areas_row(name: str, counts: str, areas: list[tuple[float, float]]) -> str:
    figures = " | ".join(f"{area:.3f} +- {error:.3f}" for area, error in areas)
    return f"| {name} | {counts} | {figures} |"


def _counts(tables: Tables) -> str:
    parts = [separation.features(tables[p], GEOMETRY) for p in ("gamma", "proton")]
    return ", ".join(str(len(part)) for part in parts)


def _area(tables: Tables, which: str) -> tuple[float, float]:
    return separation.forest_area(tables["gamma"], tables["proton"], which)


def _matched(samples: Tables, sizes_of: Tables, which: str) -> tuple[float, float]:
    first, second = ((t["gamma"], t["proton"]) for t in (samples, sizes_of))
    return separation.matched_forest_area(first, second, which)


def _line(
    name: str,
    allowed: float,
    areas: tuple[tuple[float, float], tuple[float, float]],
    reals: Tables,
    simulated: Tables,
) -> Line:
    (real, error), (ours, our_error) = areas
    return Line(
        name, "gamma against proton", real, ours, (error**2 + our_error**2) ** 0.5,
        allowed, is_ratio=False,
        n_real=min(one_per_event(t).size for t in reals.values()),
        n_simulated=min(one_per_event(t).size for t in simulated.values()),
    )  # fmt: skip
