"""What each telescope gets: the algorithms of a configuration, looked up."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cta_columnar import registry
from cta_columnar.config import AlgorithmChoice, Section
from cta_columnar.config.section import algorithm_keys
from cta_columnar.errors import UserError
from cta_columnar.instrument.subarray import SubarrayDescription
from cta_columnar.registry import Algorithm


@dataclass(frozen=True, slots=True)
class Chosen:
    """An algorithm with all its options."""

    algorithm: Algorithm
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TelescopeGroup:
    """Telescopes of one type that are treated alike.

    Attributes
    ----------
    tel_type : str
        Their readout group.
    tel_ids : tuple of int
        The telescopes.
    chosen : mapping of str to tuple of Chosen
        Algorithms by the key of the configuration; none where a step is left out.
    """

    tel_type: str
    tel_ids: tuple[int, ...]
    chosen: Mapping[str, tuple[Chosen, ...]] = field(default_factory=dict)


def resolve(
    kind: str, choice: AlgorithmChoice, tel_type: str, tel_id: int
) -> tuple[Algorithm, dict[str, Any]]:
    """Look up the algorithm of one telescope, with all its options.

    Raises
    ------
    UserError
        If an exception for this telescope gives an option that its algorithm lacks.
    """
    selection = choice.resolve(tel_type, tel_id)
    algorithm = registry.get(kind, selection.name)
    try:
        return algorithm, algorithm.validate_options(selection.options)
    except UserError as error:
        where = f"{kind} of telescope {tel_id} ({tel_type})"
        raise UserError(f"{where}: {error}") from error


def telescope_groups(
    config: Section, tel_type: str, tel_ids: Iterable[int]
) -> list[TelescopeGroup]:
    """Split the telescopes of a type by what a configuration chooses for them.

    Without exceptions by ``tel_id=`` there is one group.

    Raises
    ------
    UserError
        As `resolve`.
    """
    groups: list[tuple[dict[str, tuple[Chosen, ...]], list[int]]] = []
    for tel_id in tel_ids:
        chosen = _chosen(config, tel_type, int(tel_id))
        for known, members in groups:
            if known == chosen:
                members.append(int(tel_id))
                break
        else:
            groups.append((chosen, [int(tel_id)]))
    return [
        TelescopeGroup(tel_type, tuple(members), chosen) for chosen, members in groups
    ]


def _chosen(
    config: Section, tel_type: str, tel_id: int
) -> dict[str, tuple[Chosen, ...]]:
    chosen = {}
    for key, kind, choices in algorithm_keys(config):
        resolved = [resolve(kind, each, tel_type, tel_id) for each in choices]
        chosen[key] = tuple(Chosen(*each) for each in resolved)
    return chosen


def unmatched_patterns(config: Section, subarray: SubarrayDescription) -> list[str]:
    """Exceptions of a configuration that fit no telescope, e.g. for a misspelt type."""
    ids = subarray.tel_ids.tolist()
    there = [(subarray.type_of(tel_id).name, tel_id) for tel_id in ids]
    return [
        f"{key}: {pattern}"
        for key, _, choices in algorithm_keys(config)
        for choice in choices
        for pattern in choice.unmatched(there)
    ]
