"""What characterises a response, and when two of them are for one place."""

from dataclasses import dataclass

import numpy as np

from cta_columnar.errors import UserError

NAMES = ("zenith", "azimuth", "nsb")
UNITS = {"zenith": " deg", "azimuth": " deg", "nsb": ""}


@dataclass(frozen=True)
class Place:
    """What characterises one response.

    Attributes
    ----------
    zenith, azimuth : float
        Pointing, deg; azimuth from north to east.
    nsb : float
        Night-sky background, in the unit of the grid.
    """

    zenith: float
    azimuth: float
    nsb: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.zenith <= 90:
            raise UserError(f"a zenith angle of {self.zenith:g} deg: not of 0 to 90")
        for name in ("azimuth", "nsb"):
            if not np.isfinite(getattr(self, name)):
                raise UserError(f"{name}: {getattr(self, name)} is no finite number")

    def __str__(self) -> str:
        return ", ".join(
            f"{name} {getattr(self, name):g}{UNITS[name]}" for name in NAMES
        )


@dataclass(frozen=True)
class Alike:
    """How near to each other what places have is to be the same.

    Attributes
    ----------
    angle : float
        Of directions, deg.
    share : float
        Of levels of the night sky, as a share of the higher one.
    """

    angle: float
    share: float

    def agree(self, name: str, one: Place, other: Place) -> bool:
        """Whether two places have the same zenith angle, azimuth or night sky."""
        a, b = getattr(one, name), getattr(other, name)
        if name == "nsb":
            return bool(abs(a - b) <= self.share * max(abs(a), abs(b)))
        if name == "azimuth":
            # Near the zenith a turn is no distance on the sky.
            turned = abs((a - b + 180.0) % 360.0 - 180.0)
            shrunk = np.sin(np.radians(min(one.zenith, other.zenith)))
            return bool(turned * shrunk <= self.angle)
        return bool(abs(a - b) <= self.angle)


EXACT = Alike(angle=0.01, share=1e-6)
"""What is only rounding."""
