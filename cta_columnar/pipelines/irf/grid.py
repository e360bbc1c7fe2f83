"""Points of a grid: runs that point alike, and have the same night-sky background."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cta_columnar.config import IrfConfig
from cta_columnar.pipelines.irf.inputs import IrfSource
from cta_columnar.pipelines.irf.night_sky import check_patterns
from cta_columnar.pipelines.irf.places import RunPlace, is_at, places_of, turned
from cta_columnar.pipelines.irf.whole_grid import check_whole
from cta_columnar.schemas import irf

_FIELD = tuple(
    f"prod_site_B_{name}" for name in ("total", "declination", "inclination")
)


def on_grid(
    sources: Sequence[IrfSource], config: IrfConfig
) -> tuple[list[IrfSource], pa.Table]:
    """Give each run its point.

    Parameters
    ----------
    sources : sequence of IrfSource
        All inputs.
    config : IrfConfig
        Says what is one point.

    Returns
    -------
    sources : list of IrfSource
        With the points of their runs.
    grid : pyarrow.Table
        `schemas.irf.GRID`, by zenith angle, azimuth and background; each the mean over
        showers of the signal that were thrown there.

    Raises
    ------
    UserError
        If a point has no signal, or not all of the background that is wanted, or a
        level of the night sky is of no input; or if it is so in a bin of an axis of
        runs, or a run is in no bin.
    """
    check_patterns((source.path for source in sources), config.nsb)
    places = [places_of(source.runs) for source in sources]
    points: list[RunPlace] = []
    for place in sorted({place for some in places for place in some}):
        if not any(is_at(place, point, config) for point in points):
            points.append(place)
    numbered = []
    for source, some in zip(sources, places, strict=True):
        # The first that is near enough.
        numbers = [
            [is_at(place, point, config) for point in points].index(True)
            for place in some
        ]
        column = pa.array(numbers, irf.POINT.type)
        where = source.runs.schema.get_field_index("point")
        numbered.append(
            replace(source, runs=source.runs.set_column(where, irf.POINT, column))
        )
    check_whole(numbered, points, config)
    return numbered, _table(numbered, config.signal)


def _table(sources: Sequence[IrfSource], signal: str) -> pa.Table:
    runs = pa.concat_tables([source.runs for source in sources])
    rows = []
    for number in sorted(set(runs["point"].to_pylist())):
        there = runs.filter(pc.equal(runs["point"], number))
        field = {name: np.mean(np.sort(there[name].to_numpy())) for name in _FIELD}
        of_signal = there.filter(pc.equal(there["particle"], signal))
        row = {"point": number, **vars(_mean_place(of_signal)), **field}
        rows.append({**row, "n_runs": there.num_rows})
    return pa.Table.from_pylist(rows, schema=irf.GRID)


def _mean_place(runs: pa.Table) -> RunPlace:
    """Mean over the showers that runs have thrown, whatever the order of the runs."""
    places = places_of(runs)
    names = ("n_showers", "shower_reuse", "kept_share")
    thrown = [
        math.prod(each)
        for each in zip(*(runs[n].to_pylist() for n in names), strict=True)
    ]
    first = min(places)

    def mean(away: Sequence[float]) -> float:
        pairs = zip(thrown, away, strict=True)
        # That nothing was thrown is refused elsewhere.
        return math.fsum(n * each for n, each in pairs) / (math.fsum(thrown) or 1.0)

    # From one of them: so what is the same in all stays as it is, to the last digit.
    return RunPlace(
        first.zenith + mean([each.zenith - first.zenith for each in places]),
        (first.azimuth + mean([turned(p.azimuth, first.azimuth) for p in places]))
        % 360.0,
        first.nsb + mean([each.nsb - first.nsb for each in places]),
    )
