"""Points of a grid: runs that point alike, and have the same night-sky background."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from cta_columnar.arrays import to_numpy
from cta_columnar.config import IrfConfig
from cta_columnar.errors import UserError
from cta_columnar.instrument import frames
from cta_columnar.pipelines.irf.inputs import IrfSource
from cta_columnar.schemas import irf

_FIELD = tuple(
    f"prod_site_B_{name}" for name in ("total", "declination", "inclination")
)
# What runs have, and so may be an axis of responses.
OF_RUNS = ("zenith", "azimuth", "nsb")


@dataclass(frozen=True, order=True)
class _Place:
    """Where a run pointed, and its background."""

    zenith: float
    azimuth: float
    nsb: float

    def __str__(self) -> str:
        zenith, azimuth = f"{self.zenith:.3f}", f"{self.azimuth:.3f}"
        return f"zenith {zenith} deg, azimuth {azimuth} deg, nsb {self.nsb:g}"

    def is_like(self, other: "_Place", tolerance: float, free: Sequence[str]) -> bool:
        """Whether two are one point, but for what is an axis of the responses."""
        if self.nsb != other.nsb and "nsb" not in free:
            return False
        if "zenith" in free or "azimuth" in free:
            apart = abs((self.azimuth - other.azimuth + 180) % 360 - 180)
            zenith_fits = "zenith" in free or (
                abs(self.zenith - other.zenith) <= tolerance
            )
            return zenith_fits and ("azimuth" in free or apart <= tolerance)
        ends = (self.azimuth, 90 - self.zenith, other.azimuth, 90 - other.zenith)
        return bool(frames.angular_separation(*map(np.array, ends)) <= tolerance)


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
        `schemas.irf.GRID`, by zenith angle, azimuth and background.

    Raises
    ------
    UserError
        If a point has no signal, or not all of the background that is wanted.
    """
    places = [places_of(source.runs) for source in sources]
    points: list[_Place] = []
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
    _check_whole(numbered, points, config)
    return numbered, _table(numbered, points)


def places_of(runs: pa.Table) -> list[_Place]:
    """Return where each run pointed."""
    columns = [runs[n].to_pylist() for n in ("pointing_alt", "pointing_az", "nsb")]
    return [
        _Place(90.0 - alt, az % 360.0, nsb)
        for alt, az, nsb in zip(*columns, strict=True)
    ]


def places_of_grid(grid: pa.Table) -> list[_Place]:
    """Return where the points of a grid are: `schemas.irf.GRID`."""
    columns = [grid[name].to_pylist() for name in OF_RUNS]
    return [_Place(*each) for each in zip(*columns, strict=True)]


def is_at(place: _Place, other: _Place, config: IrfConfig) -> bool:
    """Whether two places are one point of a grid."""
    return place.is_like(other, config.pointing_tolerance, free_of(config.axes.further))


def free_of(further: Iterable[str]) -> tuple[str, ...]:
    """Return which axes of responses are of places, that may differ in them then."""
    return tuple(sorted({*further} & {*OF_RUNS}))


def _check_whole(
    sources: Sequence[IrfSource], points: Sequence[_Place], config: IrfConfig
) -> None:
    wanted = [config.signal]
    wanted += config.background if config.wanting_background else ()
    for number, point in enumerate(points):
        there = {s.particle for s in sources if number in s.runs["point"].to_pylist()}
        if missing := [name for name in wanted if name not in there]:
            others = ", ".join(
                f"{p.zenith:.3f}/{p.azimuth:.3f}/{p.nsb:g}" for p in points
            )
            raise UserError(
                f"mixed pointings: at {point} there is "
                f"{', '.join(sorted(there))}, but no {' and no '.join(missing)} "
                f"(all points: {others}). Give runs of all particles at each point, or "
                "a larger pointing_tolerance if these are meant to be one"
            )


def _table(sources: Sequence[IrfSource], points: Sequence[_Place]) -> pa.Table:
    runs = pa.concat_tables([source.runs for source in sources])
    point_of = to_numpy(runs["point"].combine_chunks())
    rows = []
    for number, point in enumerate(points):
        there = runs.filter(pa.array(point_of == number))
        field = {name: np.mean(np.sort(there[name].to_numpy())) for name in _FIELD}
        row = {"point": number, **vars(point), "n_runs": there.num_rows, **field}
        rows.append(row)
    return pa.Table.from_pylist(rows, schema=irf.GRID)
