"""Points of a grid: runs that point alike, and have the same night-sky background."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cta_columnar.config import IrfConfig
from cta_columnar.errors import UserError
from cta_columnar.instrument import frames
from cta_columnar.pipelines.irf.inputs import IrfSource
from cta_columnar.pipelines.irf.night_sky import check_patterns
from cta_columnar.schemas import irf
from cta_columnar.stages.irf.place import Alike

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

    def is_like(self, other: "_Place", alike: Alike, free: Sequence[str]) -> bool:
        """Whether two are one point, but for what is an axis of the responses."""
        allowed = alike.share * max(self.nsb, other.nsb)
        if "nsb" not in free and abs(self.nsb - other.nsb) > allowed:
            return False
        if "zenith" in free or "azimuth" in free:
            zenith_fits = "zenith" in free or (
                abs(self.zenith - other.zenith) <= alike.angle
            )
            apart = abs(_turned(self.azimuth, other.azimuth))
            return zenith_fits and ("azimuth" in free or apart <= alike.angle)
        ends = (self.azimuth, 90 - self.zenith, other.azimuth, 90 - other.zenith)
        return bool(frames.angular_separation(*map(np.array, ends)) <= alike.angle)


def _turned(azimuth: float, other: float) -> float:
    """Azimuth from another one, -180 to below 180 deg."""
    return (azimuth - other + 180) % 360 - 180


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
        level of the night sky is of no input.
    """
    check_patterns((source.path for source in sources), config.nsb)
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
    return numbered, _table(numbered, config.signal)


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
    alike = Alike(config.pointing_tolerance, config.nsb_tolerance)
    return place.is_like(other, alike, free_of(config.axes.further))


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


def _mean_place(runs: pa.Table) -> _Place:
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
    return _Place(
        first.zenith + mean([each.zenith - first.zenith for each in places]),
        (first.azimuth + mean([_turned(p.azimuth, first.azimuth) for p in places]))
        % 360.0,
        first.nsb + mean([each.nsb - first.nsb for each in places]),
    )
