"""When calibration events are taken: in front of the showers or between them."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from cta_columnar.config.simulate import SimulateConfig
from cta_columnar.simulation.calibration_events import CalibrationKind

_KINDS = {
    "dark": CalibrationKind.DARK_PEDESTAL,
    "pedestal": CalibrationKind.SKY_PEDESTAL,
    "single_pe": CalibrationKind.SINGLE_PE,
    "flatfield": CalibrationKind.FLAT_FIELD,
}
# Cameras are neither closed nor lit by a weak source while showers are observed.
_AMONG_SHOWERS = ("pedestal", "flatfield")

IN_FRONT = 0
"""Shower before which events stand that are taken before the first one."""


@dataclass(frozen=True)
class Schedule:
    """Order of calibration events and throws in a file; both are counted from 0.

    Attributes
    ----------
    kinds : tuple of CalibrationKind
        Calibration events, in the order of the file.
    before : tuple of int
        Number of the shower that each stands before, ascending; `IN_FRONT` for those in
        front of all.
    n_use : int
        Throws of each shower.
    """

    kinds: tuple[CalibrationKind, ...]
    before: tuple[int, ...]
    n_use: int

    def events(self, shower_id: int) -> Iterator[tuple[int, CalibrationKind, int]]:
        """Give number, from 1, kind and place in time of those before a shower."""
        for index, (kind, before) in enumerate(
            zip(self.kinds, self.before, strict=True)
        ):
            if before == shower_id:
                yield index + 1, kind, index + max(before - 1, 0) * self.n_use

    def moment(self, shower_id: int, use: int) -> int:
        """Place in time of a use of a shower, after all calibration before it."""
        n_before = bisect_right(self.before, shower_id)
        return n_before + (shower_id - 1) * self.n_use + use


def n_moments(config: SimulateConfig) -> int:
    """Count the calibration events and throws of a run."""
    wanted = config.calibration_events
    n_calibration: int = sum(getattr(wanted, name) for name in _KINDS)
    return n_calibration + config.n_showers * config.reuse


def schedule_of(config: SimulateConfig) -> Schedule:
    """Spread the calibration events of a configuration over its showers."""
    wanted = config.calibration_events
    plan = []
    for name, kind in _KINDS.items():
        count = getattr(wanted, name)
        for k in range(count):
            before = IN_FRONT
            if wanted.interleaved and name in _AMONG_SHOWERS:
                before = 1 + (2 * k + 1) * config.n_showers // (2 * count)
            plan.append((before, kind))
    plan.sort(key=lambda each: each[0])
    return Schedule(
        kinds=tuple(kind for _, kind in plan),
        before=tuple(before for before, _ in plan),
        n_use=config.reuse,
    )
