"""Points of a grid of responses, and the coordinates to interpolate in.

Zenith angle, azimuth and night-sky background of a point become cos(zenith), the sine
of the angle to the magnetic field, and the background itself, each by its range in the
grid, so that none outweighs the others. What is the same at all points is no
coordinate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np

from cta_columnar.array_types import F8
from cta_columnar.errors import UserError, did_you_mean
from cta_columnar.stages.irf.place import EXACT, NAMES, UNITS, Alike, Place

# A range of coordinates that is only rounding.
_NO_RANGE = 1e-6


@dataclass(frozen=True)
class MagneticField:
    """Direction of the Earth's field at the array.

    Attributes
    ----------
    inclination : float
        Below the horizon in the north, deg.
    declination : float
        From north to east, deg.
    """

    inclination: float
    declination: float


@dataclass(frozen=True)
class Grid:
    """Places at which there are responses.

    Attributes
    ----------
    places : tuple of Place
        In the order of the responses.
    field : MagneticField, optional
        Wanted if azimuths differ.
    alike : Alike
        What all places have in common within it is no coordinate.

    Raises
    ------
    UserError
        If there is no place, or two are the same.
    """

    places: tuple[Place, ...]
    field: MagneticField | None = None
    alike: Alike = EXACT

    def __post_init__(self) -> None:
        if not self.places:
            raise UserError("there is no point to interpolate from")
        for i, place in enumerate(self.places):
            for j in range(i):
                if all(EXACT.agree(name, place, self.places[j]) for name in NAMES):
                    raise UserError(
                        f"points {j} and {i} are at the same place: {place}"
                    )

    @cached_property
    def varying(self) -> tuple[str, ...]:
        """Which of zenith, azimuth and nsb differ between the places."""
        pairs = list(combinations(self.places, 2))

        def differing(alike: Alike) -> tuple[str, ...]:
            return tuple(
                name
                for name in NAMES
                if not all(alike.agree(name, *pair) for pair in pairs)
            )

        roughly = differing(self.alike)
        are_told_apart = all(
            any(not EXACT.agree(name, *pair) for name in roughly) for pair in pairs
        )
        return roughly if are_told_apart else differing(EXACT)

    def place(self, target: Mapping[str, float]) -> Place:
        """Complete what is wanted by what is the same in the whole grid.

        Raises
        ------
        UserError
            If something is unknown, or is missing that differs between the points.
        """
        for name in target:
            if name not in NAMES:
                hint = did_you_mean(name, NAMES)
                raise UserError(f"responses are not interpolated in {name!r}; {hint}")
        for name in self.varying:
            if name not in target:
                raise UserError(
                    f"the points of the grid differ in {name} ({self.said(name)}): say "
                    "which one is wanted"
                )
        known = {name: getattr(self.places[0], name) for name in NAMES}
        return Place(**{**known, **target})

    def said(self, name: str) -> str:
        """Say which values there are of zenith, azimuth or nsb."""
        values = sorted({round(getattr(place, name), 6) for place in self.places})
        listed = ", ".join(f"{value:g}" for value in values)
        return f"{listed}{UNITS[name]}"

    def reach(self, place: Place) -> str:
        """Say what the grid has, of all that a place may be outside of."""
        told = [f"{name} {self.said(name)}" for name in self.varying]
        if "azimuth" in self.varying:
            *angles, there = np.degrees(
                np.arcsin([self._sines((each,))[0] for each in (*self.places, place)])
            )
            told.append(
                f"angles to the magnetic field of {min(angles):.2f} to "
                f"{max(angles):.2f} deg, not all of them at each zenith angle; there "
                f"it is {there:.2f} deg"
            )
        return "; ".join(told)

    def unlike(self, place: Place) -> str | None:
        """Say in what a place differs from all points, which are the same in it."""
        for name in NAMES:
            if name not in self.varying and not self._has(name, place):
                wanted = f"{getattr(place, name):g}"
                return f"{name} {wanted}, where all points have {self.said(name)}"
        return None

    def at(self, place: Place) -> int | None:
        """Which point is at a place, if one is."""
        if self.unlike(place) is not None:
            return None
        for i, point in enumerate(self.places):
            if all(EXACT.agree(name, point, place) for name in self.varying):
                return i
        return None

    def _has(self, name: str, place: Place) -> bool:
        """Whether all points have what a place has."""
        return all(self.alike.agree(name, place, each) for each in self.places)

    @cached_property
    def points(self) -> F8:
        """Coordinates of the points: float64[p, d]."""
        return self.coordinates(self.places)

    def coordinates(self, places: Sequence[Place]) -> F8:
        """Coordinates of any places, 0 to 1 within the range of the grid.

        Returns
        -------
        coordinates : float64[n, d]
            A column for each of ``varying``.
        """
        raw, of_grid = self._raw(places), self._raw(self.places)
        low, high = of_grid.min(axis=0), of_grid.max(axis=0)
        # All angles to the field are equal if the azimuths lie evenly around it.
        span = np.where(high - low > _NO_RANGE, high - low, 1.0)
        scaled: F8 = (raw - low) / span
        return scaled

    def _raw(self, places: Sequence[Place]) -> F8:
        zenith, nsb = _column("zenith", places), _column("nsb", places)
        columns = {"zenith": np.cos(np.radians(zenith)), "nsb": nsb}
        if "azimuth" in self.varying:
            columns["azimuth"] = self._sines(places)
        return np.stack([columns[name] for name in self.varying], axis=1)

    def _sines(self, places: Sequence[Place]) -> F8:
        zenith, azimuth = _column("zenith", places), _column("azimuth", places)
        return sine_to_field(zenith, azimuth, self._known_field)

    @property
    def _known_field(self) -> MagneticField:
        if self.field is None:
            raise UserError(
                f"the points differ in azimuth ({self.said('azimuth')}), and the "
                "direction of the magnetic field is not known: say its inclination and "
                "declination"
            )
        return self.field


def _column(name: str, places: Sequence[Place]) -> F8:
    return np.array([getattr(place, name) for place in places], np.float64)


def sine_to_field(zenith: F8, azimuth: F8, field: MagneticField) -> F8:
    """Sine of the angle between directions and the magnetic field.

    Parameters
    ----------
    zenith, azimuth : float64[n]
        Directions, deg.
    field : MagneticField
        Direction of the field.
    """
    zenith, azimuth = np.radians(zenith), np.radians(azimuth)
    dip, turn = np.radians(field.inclination), np.radians(field.declination)
    horizontal = np.sin(zenith) * np.cos(dip) * np.cos(azimuth - turn)
    cosine = horizontal - np.cos(zenith) * np.sin(dip)
    sine: F8 = np.sqrt(np.maximum(1.0 - cosine**2, 0.0))
    return sine
