"""Check the algorithms of a configuration against those that exist."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar

from cta_columnar.config.choice import AlgorithmChoice, TelescopeRule
from cta_columnar.config.problems import Problem
from cta_columnar.config.section import Kind, Section, marker
from cta_columnar.errors import UserError, did_you_mean
from cta_columnar.options import OptionSpec

S = TypeVar("S", bound=Section)
Path = tuple[str, ...]


class Configurable(Protocol):
    """An algorithm, as far as configuration is concerned."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def doc(self) -> str: ...  # noqa: D102
    @property
    def options(self) -> Mapping[str, OptionSpec]: ...  # noqa: D102


class Catalogue(Protocol):
    """Where algorithms are looked up; the module `cta_columnar.registry` is one."""

    def get(self, kind: str, name: str) -> Configurable: ...  # noqa: D102
    def names(self, kind: str) -> tuple[str, ...]: ...  # noqa: D102


def complete(config: S, catalogue: Catalogue) -> tuple[S, list[Problem]]:
    """Check every algorithm and option, and fill in the defaults of the options.

    Returns
    -------
    Section
        The configuration as it acts: two that act alike are equal.
    list of Problem
        What is unknown or out of range.
    """
    problems: list[Problem] = []
    update: dict[str, Any] = {}
    for key, field in type(config).model_fields.items():
        kind, value = marker(field, Kind), getattr(config, key)
        if kind is None:
            continue
        if isinstance(value, AlgorithmChoice):
            update[key] = _completed(kind.kind, value, catalogue, (key,), problems)
        elif value is not None:
            update[key] = tuple(
                _completed(kind.kind, each, catalogue, (key, each.name), problems)
                for each in value
            )
    return config.model_copy(update=update), problems


def _completed(
    kind: str,
    choice: AlgorithmChoice,
    catalogue: Catalogue,
    path: Path,
    problems: list[Problem],
) -> AlgorithmChoice:
    algorithm = _lookup(kind, choice.name, catalogue, path, problems)
    if algorithm is None:
        return choice
    given = _checked(choice.options, [algorithm], path, problems)
    defaults = {key: spec.default for key, spec in algorithm.options.items()}
    known = [algorithm]
    rules = []
    for rule in choice.rules:
        here, name, users = (*path, rule.pattern), None, known
        if rule.name is not None:
            other = _lookup(kind, rule.name, catalogue, here, problems)
            if other is None:
                continue
            name, users = other.name, [other]
            known = [*known, other]
        options = _checked(rule.options, users, here, problems)
        rules.append(TelescopeRule(rule.pattern, name, options))
    return AlgorithmChoice(algorithm.name, defaults | given, tuple(rules))


def _lookup(
    kind: str, name: str, catalogue: Catalogue, path: Path, problems: list[Problem]
) -> Configurable | None:
    try:
        return catalogue.get(kind, name)
    except UserError as error:
        problems.append(Problem(path, str(error)))
        return None


def _checked(
    options: Mapping[str, object],
    algorithms: Sequence[Configurable],
    path: Path,
    problems: list[Problem],
) -> dict[str, Any]:
    """Check options against the algorithms that may be meant; one must take them.

    Which one it is for a rule that names none depends on the telescope; when that is
    known, the options are checked once more.
    """
    checked = {}
    for key, value in options.items():
        specs = [each.options[key] for each in algorithms if key in each.options]
        message = ""
        for spec in specs:
            try:
                checked[key] = spec.validate(value)
                break
            except UserError as error:
                message = message or str(error).removeprefix(f"{key}: ")
        else:
            if not specs:
                names = " or ".join(each.name for each in algorithms)
                known = {option for each in algorithms for option in each.options}
                hint = (
                    f" such option; {did_you_mean(key, known)}" if known else " options"
                )
                message = f"{names} has no{hint}"
            problems.append(Problem((*path, key), message))
    return checked
