"""Where runs pointed, their background, and which of them are at one place."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from cta_columnar.config import IrfConfig
from cta_columnar.instrument import frames
from cta_columnar.stages.irf.place import Alike

# What runs have, and so may be an axis of responses.
OF_RUNS = ("zenith", "azimuth", "nsb")


@dataclass(frozen=True, order=True)
class RunPlace:
    """Where a run pointed, and its background."""

    zenith: float
    azimuth: float
    nsb: float

    def __str__(self) -> str:
        zenith, azimuth = f"{self.zenith:.3f}", f"{self.azimuth:.3f}"
        return f"zenith {zenith} deg, azimuth {azimuth} deg, nsb {self.nsb:g}"

    def is_like(self, other: "RunPlace", alike: Alike, free: Sequence[str]) -> bool:
        """Whether two are one point, but for what is an axis of the responses."""
        allowed = alike.share * max(self.nsb, other.nsb)
        if "nsb" not in free and abs(self.nsb - other.nsb) > allowed:
            return False
        if "zenith" in free or "azimuth" in free:
            zenith_fits = "zenith" in free or (
                abs(self.zenith - other.zenith) <= alike.angle
            )
            apart = abs(turned(self.azimuth, other.azimuth))
            return zenith_fits and ("azimuth" in free or apart <= alike.angle)
        ends = (self.azimuth, 90 - self.zenith, other.azimuth, 90 - other.zenith)
        return bool(frames.angular_separation(*map(np.array, ends)) <= alike.angle)


def turned(azimuth: float, other: float) -> float:
    """Azimuth from another one, -180 to below 180 deg."""
    return (azimuth - other + 180) % 360 - 180


def places_of(runs: pa.Table) -> list[RunPlace]:
    """Return where each run pointed."""
    columns = [runs[n].to_pylist() for n in ("pointing_alt", "pointing_az", "nsb")]
    return [
        RunPlace(90.0 - alt, az % 360.0, nsb)
        for alt, az, nsb in zip(*columns, strict=True)
    ]


def places_of_grid(grid: pa.Table) -> list[RunPlace]:
    """Return where the points of a grid are: `schemas.irf.GRID`."""
    columns = [grid[name].to_pylist() for name in OF_RUNS]
    return [RunPlace(*each) for each in zip(*columns, strict=True)]


def is_at(place: RunPlace, other: RunPlace, config: IrfConfig) -> bool:
    """Whether two places are one point of a grid."""
    alike = Alike(config.pointing_tolerance, config.nsb_tolerance)
    return place.is_like(other, alike, free_of(config.axes.further))


def free_of(further: Iterable[str]) -> tuple[str, ...]:
    """Return which axes of responses are of places, that may differ in them then."""
    return tuple(sorted({*further} & {*OF_RUNS}))
