"""The array: telescopes, where they stand and what type they are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import F8, I2, I4
from cta_columnar.instrument import tables
from cta_columnar.instrument.digest import digest_of
from cta_columnar.instrument.freezing import freeze
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.schemas.instrument import TELESCOPES


@dataclass(frozen=True, eq=False)
class SubarrayDescription:
    """Telescopes of an array; its NumPy arrays are read-only.

    Two of equal content are equal.

    Attributes
    ----------
    name : str
        Name of the array.
    tel_ids : int16[t]
        Telescopes, unique.
    tel_names : tuple of str
        Their names.
    positions : float64[t, 3]
        Where they stand (north, west, up from the reference point), m.
    type_index : int32[t]
        Their row in ``types``.
    types : tuple of TelescopeType
        Groups of telescopes that are read out alike, in order of appearance.
    reference_latitude, reference_longitude : float
        Reference point of the array, deg.
    reference_height : float
        Its height above sea level, m.
    """

    name: str
    tel_ids: I2
    tel_names: tuple[str, ...]
    positions: F8
    type_index: I4
    types: tuple[TelescopeType, ...]
    reference_latitude: float
    reference_longitude: float
    reference_height: float

    def __post_init__(self) -> None:
        freeze(self, ("tel_ids", "positions", "type_index"))

    @cached_property
    def _row(self) -> dict[int, int]:
        return {int(tel_id): row for row, tel_id in enumerate(self.tel_ids)}

    def index_of(self, tel_id: int) -> int:
        """Return the row of a telescope.

        Raises
        ------
        KeyError
            If there is no such telescope.
        """
        try:
            return self._row[int(tel_id)]
        except KeyError:
            known = ", ".join(map(str, self.tel_ids.tolist()))
            raise KeyError(f"no telescope {tel_id} in {self.name}: {known}") from None

    def indices_of(self, tel_ids: I2) -> I4:
        """int32[r]: rows of telescopes, which may stand there many times.

        Raises
        ------
        KeyError
            If one of them is not in the array.
        """
        several, inverse = np.unique(tel_ids, return_inverse=True)
        return np.array([self.index_of(each) for each in several], np.int32)[inverse]

    def type_of(self, tel_id: int) -> TelescopeType:
        """Return the type of a telescope.

        Raises
        ------
        KeyError
            If there is no such telescope.
        """
        return self.types[int(self.type_index[self.index_of(tel_id)])]

    def tel_ids_of(self, type_name: str) -> I2:
        """int16[n]: telescopes of a type."""
        of_type = [self.types[i].name == type_name for i in self.type_index]
        return self.tel_ids[np.array(of_type, np.bool_)]

    def select(self, tel_ids: Iterable[int]) -> "SubarrayDescription":
        """Return the array with only these telescopes, in its own order.

        Types keep their names, so the same telescope has the same type name in any
        selection.

        Raises
        ------
        KeyError
            If one of them is not in the array.
        ValueError
            If none is left.
        """
        rows = sorted({self.index_of(tel_id) for tel_id in tel_ids})
        if not rows:
            raise ValueError(f"no telescope of {self.name} was selected")
        used, type_index = np.unique(self.type_index[rows], return_inverse=True)
        return replace(
            self,
            tel_ids=self.tel_ids[rows],
            tel_names=tuple(self.tel_names[row] for row in rows),
            positions=self.positions[rows],
            type_index=type_index.astype(np.int32),
            types=tuple(self.types[i] for i in used),
        )

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content."""
        types = tuple((t.name, t.digest) for t in self.types)
        return digest_of(
            (
                self.name, self.tel_ids, self.tel_names, self.positions,
                self.type_index, types, self.reference_latitude,
                self.reference_longitude, self.reference_height,
            )
        )  # fmt: skip

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SubarrayDescription) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __len__(self) -> int:
        return self.tel_ids.size

    def to_tables(self) -> dict[str, pa.Table]:
        """Return the tables of ``schemas.instrument``, by their place in the store."""
        n = len(self)
        columns = {
            "tel_id": self.tel_ids,
            "tel_type": [self.types[i].name for i in self.type_index],
            "name": list(self.tel_names),
            "pos_x": self.positions[:, 0],
            "pos_y": self.positions[:, 1],
            "pos_z": self.positions[:, 2],
            "subarray_name": pa.repeat(self.name, n),
            "reference_latitude": np.full(n, self.reference_latitude),
            "reference_longitude": np.full(n, self.reference_longitude),
            "reference_height": np.full(n, self.reference_height),
        }
        return {
            "subarray/telescopes": pa.table(columns, TELESCOPES),
            "subarray/optics": tables.optics_table(self.types),
            "subarray/cameras": tables.cameras_table(self.types),
            "subarray/pulses": tables.pulses_table(self.types),
        }

    @classmethod
    def from_tables(cls, of_array: Mapping[str, pa.Table]) -> "SubarrayDescription":
        """Inverse of `to_tables`: the digest is the same.

        Raises
        ------
        ValueError
            If there are no telescopes, or some of a type that is not described.
        """
        telescopes = of_array["subarray/telescopes"].to_pydict()
        types = tables.types_from_tables(
            of_array["subarray/optics"],
            of_array["subarray/cameras"],
            of_array["subarray/pulses"],
        )
        row_of = {each.name: row for row, each in enumerate(types)}
        unknown = sorted(set(telescopes["tel_type"]) - row_of.keys())
        if unknown or not telescopes["tel_id"]:
            raise ValueError(f"no telescopes, or of types not described: {unknown}")
        position = [telescopes[name] for name in ("pos_x", "pos_y", "pos_z")]
        return cls(
            telescopes["subarray_name"][0],
            np.array(telescopes["tel_id"], np.int16),
            tuple(telescopes["name"]),
            np.array(position).T.copy(),
            np.array([row_of[name] for name in telescopes["tel_type"]], np.int32),
            types,
            telescopes["reference_latitude"][0],
            telescopes["reference_longitude"][0],
            telescopes["reference_height"][0],
        )

    def __repr__(self) -> str:
        lines = [
            f"SubarrayDescription {self.name!r}: {len(self)} telescopes, reference "
            f"point {self.reference_latitude:.4f} deg, "
            f"{self.reference_longitude:.4f} deg, {self.reference_height:.0f} m"
        ]
        for each in self.types:
            tel_ids = self.tel_ids_of(each.name)
            lines.append(
                f"  {each.name}: {len(tel_ids)} x {each.camera.n_pixels} pixels, "
                f"focal length {each.focal_length:.3f} m, "
                f"telescopes {ranges(tel_ids.tolist())}"
            )
        return "\n".join(lines)


def ranges(numbers: Iterable[int]) -> str:
    """Write whole numbers briefly: ``[1, 2, 3, 7]`` as ``"1-3, 7"``."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{r[0]}-{r[-1]}" if r[1:] else str(r[0]) for r in runs)
