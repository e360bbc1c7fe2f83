"""Arrays of telescopes: those that are shipped, and a user's own."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cta_columnar.simulation.telescopes import TelescopeModel


@dataclass(frozen=True)
class Site:
    """Where an array stands.

    Attributes
    ----------
    latitude, longitude : float
        deg.
    altitude : float
        Of the observation level, m above the sea.
    B_total : float
        Magnetic field, uT.
    B_inclination, B_declination : float
        Its direction, rad.
    """

    latitude: float
    longitude: float
    altitude: float
    B_total: float
    B_inclination: float
    B_declination: float


@dataclass(frozen=True, eq=False)
class ArrayModel:
    """Telescopes and where they stand.

    Attributes
    ----------
    name : str
        Name of the array.
    site : Site
        Where it is.
    tel_ids : int16[t]
        Telescopes, ascending.
    tel_names : tuple of str
        Their names.
    positions : float64[t, 3]
        North, west, up from the middle of the array at the observation level, m.
    model_index : int32[t]
        Their row in ``models``.
    models : tuple of TelescopeModel
        Kinds of telescopes.
    """

    name: str
    site: Site
    tel_ids: NDArray[np.int16]
    tel_names: tuple[str, ...]
    positions: NDArray[np.float64]
    model_index: NDArray[np.int32]
    models: tuple[TelescopeModel, ...]

    @property
    def n_telescopes(self) -> int:
        """Number of telescopes."""
        return self.tel_ids.size

    def model_of(self, index: int) -> TelescopeModel:
        """Return the model of the telescope in a row of ``tel_ids``."""
        return self.models[int(self.model_index[index])]

    def select(self, tel_ids: Iterable[int]) -> "ArrayModel":
        """Return the array with only these telescopes, in its own order.

        Raises
        ------
        KeyError
            If one of them is not in the array.
        ValueError
            If none is left.
        """
        wanted = set(tel_ids)
        known = self.tel_ids.tolist()
        if unknown := sorted(wanted - set(known)):
            raise KeyError(f"no telescope {unknown[0]} in {self.name}: {known}")
        if not wanted:
            raise ValueError(f"no telescope of {self.name} was selected")
        rows = [row for row, tel_id in enumerate(known) if tel_id in wanted]
        used, model_index = np.unique(self.model_index[rows], return_inverse=True)
        return replace(
            self,
            tel_ids=self.tel_ids[rows],
            tel_names=tuple(self.tel_names[row] for row in rows),
            positions=self.positions[rows],
            model_index=model_index.astype(np.int32),
            models=tuple(self.models[i] for i in used),
        )


def load_array(name_or_path: str | Path) -> ArrayModel:
    """Read a shipped array by its name, or a user's own from a YAML file.

    Raises
    ------
    UserError
        If there is no such array, or it is impossible; with all that is wrong.
    """
    raise NotImplementedError(name_or_path)
