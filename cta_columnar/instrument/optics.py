"""Optics of a telescope."""

import math
from dataclasses import dataclass
from typing import Literal

from cta_columnar.errors import UserError

FocalLengthChoice = Literal["EFFECTIVE", "EQUIVALENT"]
SizeType = Literal["LST", "MST", "SST", "UNKNOWN"]
ReflectorShape = Literal[
    "PARABOLIC", "DAVIES_COTTON", "HYBRID", "SCHWARZSCHILD_COUDER", "UNKNOWN"
]

# A telescope is called after the diameter of a disc of its mirror area, m.
SST_DIAMETER_BELOW = 8.0
MST_DIAMETER_BELOW = 16.0


def size_type_of(mirror_area: float) -> SizeType:
    """Class of a telescope by its mirror area in m2."""
    diameter = 2.0 * math.sqrt(mirror_area / math.pi)
    if diameter < SST_DIAMETER_BELOW:
        return "SST"
    return "MST" if diameter < MST_DIAMETER_BELOW else "LST"


@dataclass(frozen=True)
class OpticsDescription:
    """Mirrors and focal lengths of a telescope.

    Attributes
    ----------
    name : str
        Name of the optical structure.
    size_type : str
        LST, MST or SST.
    reflector_shape : str
        PARABOLIC, DAVIES_COTTON, HYBRID, SCHWARZSCHILD_COUDER or UNKNOWN.
    n_mirrors : int
        Reflections on the way to the camera, 1 or 2; -1 when not known.
    n_mirror_tiles : int
        Mirror facets.
    mirror_area : float
        Area of the reflector, m2.
    equivalent_focal_length : float
        The nominal one of a single mirror, the thin-lens equivalent of two, m.
    effective_focal_length : float
        From ray tracing, so coma is included, m; NaN when not known.
    """

    name: str
    size_type: SizeType
    reflector_shape: ReflectorShape
    n_mirrors: int
    n_mirror_tiles: int
    mirror_area: float
    equivalent_focal_length: float
    effective_focal_length: float

    def focal_length(self, choice: FocalLengthChoice) -> float:
        """Return the focal length that was asked for, m.

        Raises
        ------
        UserError
            If it is not known: simulations of old had no effective focal length.
        """
        if choice == "EQUIVALENT":
            return self.equivalent_focal_length
        if choice != "EFFECTIVE":
            raise UserError(
                f"focal_length_choice is EFFECTIVE or EQUIVALENT, not {choice!r}"
            )
        if not math.isfinite(self.effective_focal_length):
            raise UserError(
                f"no effective focal length is known for {self.name}: "
                "use focal_length_choice=EQUIVALENT"
            )
        return self.effective_focal_length
