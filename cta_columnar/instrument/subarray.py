"""The array: telescopes, where they stand and what type they are."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cta_columnar.instrument.digest import digest_of
from cta_columnar.instrument.telescope import TelescopeType


@dataclass(frozen=True, eq=False)
class SubarrayDescription:
    """Telescopes of an array. Two of equal content are equal.

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
    tel_ids: NDArray[np.int16]
    tel_names: tuple[str, ...]
    positions: NDArray[np.float64]
    type_index: NDArray[np.int32]
    types: tuple[TelescopeType, ...]
    reference_latitude: float
    reference_longitude: float
    reference_height: float

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

    def type_of(self, tel_id: int) -> TelescopeType:
        """Return the type of a telescope.

        Raises
        ------
        KeyError
            If there is no such telescope.
        """
        return self.types[self.type_index[self.index_of(tel_id)]]

    def tel_ids_of(self, type_name: str) -> NDArray[np.int16]:
        """int16[n]: telescopes of a type."""
        names = np.array([t.name for t in self.types])
        return self.tel_ids[names[self.type_index] == type_name]

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
        raise NotImplementedError

    @classmethod
    def from_tables(cls, tables: dict[str, pa.Table]) -> "SubarrayDescription":
        """Inverse of `to_tables`."""
        raise NotImplementedError
