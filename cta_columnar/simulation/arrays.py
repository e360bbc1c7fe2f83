"""Arrays of telescopes: those that are shipped, and a user's own."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cta_columnar.config import ConfigError, Problem
from cta_columnar.errors import UserError, did_you_mean
from cta_columnar.simulation.building import build_telescope
from cta_columnar.simulation.places import array_complaints, name_of
from cta_columnar.simulation.reading import (
    checked,
    overlaid,
    placed,
    read_array,
    read_shipped,
    shipped,
)
from cta_columnar.simulation.sections import ArraySection, TelescopeSection
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

    @property
    def field(self) -> tuple[float, float, float]:
        """Magnetic field to the north, west and up, uT."""
        along = self.B_total * math.cos(self.B_inclination)
        return (
            along * math.cos(self.B_declination),
            -along * math.sin(self.B_declination),
            -self.B_total * math.sin(self.B_inclination),
        )


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


def array_names() -> list[str]:
    """Names of the shipped arrays."""
    return shipped("arrays")


def telescope_names() -> list[str]:
    """Names of the shipped telescope models."""
    return shipped("telescopes")


def load_telescope(name: str) -> TelescopeModel:
    """Read a shipped telescope model by its name.

    Raises
    ------
    UserError
        If there is no such model.
    """
    layer = read_shipped("telescopes", name)
    try:
        return build_telescope(checked(TelescopeSection, layer.values), ())
    except ConfigError as error:
        raise placed(error.problems, layer.where, name) from error


def load_array(name_or_path: str | Path) -> ArrayModel:
    """Read a shipped array by its name, or a user's own from a YAML file.

    Parameters
    ----------
    name_or_path : str or Path
        One of `array_names`, or a file that looks like theirs.

    Raises
    ------
    UserError
        If there is no such array, or it is impossible; with all that is wrong.
    """
    layer = read_array(name_or_path)
    try:
        section = checked(ArraySection, layer.values)
        complaints = list(array_complaints(section))
        models, more = _models(section)
        if complaints + more:
            raise ConfigError(complaints + more)
    except ConfigError as error:
        raise placed(error.problems, layer.where, str(name_or_path)) from error
    return _array(section, models)


def _models(
    section: ArraySection,
) -> tuple[dict[str, TelescopeModel], list[Problem]]:
    """Build the models that an array uses or defines; return what is wrong, too."""
    models: dict[str, TelescopeModel] = {}
    problems: list[Problem] = []
    for name, tree in section.models.items():
        try:
            models[name] = _own_model(name, tree)
        except ConfigError as error:
            problems += error.problems
    known = [*telescope_names(), *section.models]
    for row, place in enumerate(section.telescopes):
        if place.model not in known:
            hint = did_you_mean(place.model, known)
            message = f"no telescope model {place.model!r}; {hint}"
            problems.append(Problem(("telescopes", str(row), "model"), message))
        elif place.model not in (*models, *section.models):
            models[place.model] = load_telescope(place.model)
    return models, problems


def _own_model(name: str, tree: object) -> TelescopeModel:
    """Build a model that stands in the file of an array."""
    path = ("models", name)
    if not isinstance(tree, Mapping):
        message = f"wants keys with values, such as base: LST, got {tree!r}"
        raise ConfigError([Problem(path, message)])
    values = {"name": name, **tree}
    base = values.pop("base", None)
    if base is not None:
        try:
            values = overlaid(read_shipped("telescopes", str(base)).values, values)
        except UserError as error:
            raise ConfigError([Problem((*path, "base"), str(error))]) from error
    return build_telescope(checked(TelescopeSection, values, path), path)


def _array(section: ArraySection, models: Mapping[str, TelescopeModel]) -> ArrayModel:
    places = sorted(section.telescopes, key=lambda place: place.id)
    used = list(dict.fromkeys(place.model for place in places))
    return ArrayModel(
        section.name,
        Site(**section.site.model_dump()),
        np.array([place.id for place in places], np.int16),
        tuple(name_of(place) for place in places),
        np.array([place.position for place in places], np.float64),
        np.array([used.index(place.model) for place in places], np.int32),
        tuple(models[name] for name in used),
    )
