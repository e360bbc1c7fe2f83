"""From layers of configuration to one that is checked, or to all that is wrong."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from cta_columnar.config.algorithms import Catalogue, complete
from cta_columnar.config.choice import AlgorithmChoice
from cta_columnar.config.layers import Layer
from cta_columnar.config.merge import entry_section, inner_section, lay_over
from cta_columnar.config.models import STAGES
from cta_columnar.config.problems import ConfigError, Problem
from cta_columnar.config.section import NoDifference, Section, marker
from cta_columnar.errors import UserError, did_you_mean

Path = tuple[str, ...]


def load(stage: str, layers: Sequence[Layer], catalogue: Catalogue) -> Section:
    """Lay the layers over the defaults of a stage and check the result.

    Parameters
    ----------
    stage : str
        Key of `STAGES`.
    layers : sequence of Layer
        Files first, then settings: a later one changes an earlier one.
    catalogue : Catalogue
        The algorithms there are: `cta_columnar.registry`.

    Returns
    -------
    Section
        Complete, options of algorithms included: two configurations that act alike are
        equal and have the same `digest`.

    Raises
    ------
    ConfigError
        With everything that is wrong.
    """
    model = model_of(stage)
    tree: dict[str, Any] = {}
    problems: list[Problem] = []
    for layer in layers:
        problems += lay_over(model, tree, layer.values)
    config, invalid = _validated(model, tree)
    problems += [_problem(model, each, catalogue) for each in invalid]
    config, unknown = complete(config, catalogue)
    problems += unknown
    if problems:
        placed = [_placed(problem, layers) for problem in problems]
        raise ConfigError(sorted(placed, key=_in_file_order))
    return config


def _validated(
    model: type[Section], tree: dict[str, Any]
) -> tuple[Section, list[ErrorDetails]]:
    """Return what can be made of a tree, and what had to be left out of it."""
    try:
        return model.model_validate(tree), []
    except ValidationError as error:
        details = error.errors(include_url=False)
    # Go on without the bad keys, so that a user learns of all problems at once.
    roots = {str(detail["loc"][0]) for detail in details if detail["loc"]}
    try:
        return model.model_validate(
            {k: tree[k] for k in tree if k not in roots}
        ), details
    except ValidationError:
        return model(), details


def model_of(stage: str) -> type[Section]:
    """Look up the configuration model of a stage.

    Raises
    ------
    UserError
        If there is none, naming the nearest known one.
    """
    if stage not in STAGES:
        raise UserError(f"no stage {stage!r}; {did_you_mean(stage, STAGES)}")
    return STAGES[stage]


def digest(config: Section) -> str:
    """Sha256 of a complete configuration, written as JSON in one fixed way."""
    values = config.model_dump(mode="json")
    for name, field in type(config).model_fields.items():
        if values[name] is None and marker(field, NoDifference) is not None:
            del values[name]
    text = json.dumps(_ordered(values), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _ordered(value: Any) -> Any:  # noqa: ANN401
    """Turn exceptions for telescopes into lists: their order matters."""
    if isinstance(value, dict) and "default" in value:
        return [[key, _ordered(each)] for key, each in value.items()]
    if isinstance(value, dict):
        return {key: _ordered(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_ordered(each) for each in value]
    return value


def _placed(problem: Problem, layers: Iterable[Layer]) -> Problem:
    where = {path: place for layer in layers for path, place in layer.where.items()}
    path = problem.path
    for end in range(len(path), 0, -1):
        for tried in (path[:end], (*path[:1], "default", *path[1:end])):
            if tried in where:
                return replace(problem, place=where[tried])
    return problem


def _in_file_order(problem: Problem) -> tuple[str, int]:
    """Sort key: files by name, and by line; settings stay in their order."""
    file, _, line = problem.place.rpartition(":")
    is_line = line.isdigit() and not file.startswith("--set")
    return (file, int(line)) if is_line else ("~", 0)


def _problem(
    model: type[Section], detail: ErrorDetails, catalogue: Catalogue
) -> Problem:
    """Say in our words what pydantic found."""
    path = tuple(map(str, detail["loc"]))
    inner, outer = _section_at(model, path), _section_at(model, path[:-1])
    got = repr(detail["input"])
    message = f"{detail['msg']}, got {got}"
    match detail["type"]:
        case "extra_forbidden":
            message = _unknown(model, outer, path, catalogue)
        case "model_type" | "model_attributes_type":
            keys = ", ".join(inner.model_fields)
            message = f"wants keys with values ({keys}), got {got}"
        case "literal_error" if path == ("stage",):
            wanted = outer.model_fields["stage"].default
            message = f"this configuration is for {got}, not for {wanted!r}"
        case "value_error":
            message = str(detail["ctx"]["error"])
            key, colon, rest = message.partition(": ")
            if path and key == path[-1]:
                message = rest
            elif colon and key in inner.model_fields:
                path, message = (*path, key), rest
    return Problem(path, message)


def _section_at(model: type[Section], path: Path) -> type[Section]:
    for name in path:
        field = model.model_fields.get(name)
        model = inner_section(field) or entry_section(field) or model
    return model


def _unknown(
    model: type[Section], section: type[Section], path: Path, catalogue: Catalogue
) -> str:
    elsewhere = [key for key in known_keys(model, catalogue) if key[-1] == path[-1]]
    if elsewhere:
        keys = " or ".join(repr(".".join(key)) for key in elsewhere)
        return f"no such key here; did you mean {keys}?"
    return f"no such key; {did_you_mean(path[-1], section.model_fields)}"


def known_keys(model: type[Section], catalogue: Catalogue) -> Iterator[Path]:
    """Paths of all keys, those of the default algorithms included."""
    config, _ = complete(model(), catalogue)
    yield from _keys(config, ())


def _keys(config: Section, path: Path) -> Iterator[Path]:
    for name in type(config).model_fields:
        value = getattr(config, name)
        here = (*path, name)
        yield here
        if isinstance(value, Section):
            yield from _keys(value, here)
        choices = value if isinstance(value, tuple) else (value,)
        for choice in choices:
            if isinstance(choice, AlgorithmChoice):
                own = (choice.name,) if isinstance(value, tuple) else ()
                yield from ((*here, *own, option) for option in choice.options)
