"""From a YAML file to sections that are checked, or to all that is wrong with it."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

import cta_columnar.configs
from cta_columnar.config import ConfigError, Layer, Problem, Section, read_file
from cta_columnar.errors import UserError, did_you_mean

S = TypeVar("S", bound=Section)
Tree = Mapping[str, Any]
KeyPath = tuple[str, ...]

_SHIPPED = Path(cta_columnar.configs.__file__).parent
_ENDINGS = (".yaml", ".yml")


def shipped(kind: str) -> list[str]:
    """Names of the shipped files: of ``"arrays"`` or ``"telescopes"``."""
    return sorted(path.stem for path in (_SHIPPED / kind).glob("*.yaml"))


def read_shipped(kind: str, name: str) -> Layer:
    """Read a shipped file.

    Raises
    ------
    UserError
        If there is none of this name; with the nearest known one.
    """
    known = shipped(kind)
    if name not in known:
        raise UserError(f"no {kind[:-1]} {name!r}; {did_you_mean(name, known)}")
    return read_file(_SHIPPED / kind / f"{name}.yaml")


def read_array(name_or_path: str | Path) -> Layer:
    """Read a shipped array by its name, or a user's own file.

    Raises
    ------
    UserError
        If there is no such array, or the file cannot be read.
    """
    path = Path(name_or_path)
    if path.suffix in _ENDINGS or len(path.parts) > 1 or path.is_file():
        return read_file(path)
    try:
        return read_shipped("arrays", str(name_or_path))
    except UserError as error:
        raise UserError(f"{error}, or give the path of a YAML file") from error


def overlaid(base: Tree, changes: Tree) -> dict[str, Any]:
    """Return a tree of keys as changed by another one, section by section."""
    tree = deepcopy(dict(base))
    for key, value in changes.items():
        below = tree.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            tree[key] = overlaid(below, value)
        else:
            tree[key] = deepcopy(value)
    return tree


def checked(model: type[S], tree: object, path: KeyPath = ()) -> S:
    """Return a section made of a tree of keys.

    Parameters
    ----------
    model : type of Section
        What the tree should be.
    tree : object
        As read from YAML.
    path : tuple of str
        Where the tree stands in its file.

    Raises
    ------
    ConfigError
        With everything that is wrong, places not said yet: see `placed`.
    """
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        details = error.errors(include_url=False)
    raise ConfigError([_problem(model, each, path) for each in details])


def placed(
    problems: Iterable[Problem], where: Mapping[KeyPath, str], file: str
) -> ConfigError:
    """Return an error that says where in the file each problem stands."""

    def place(path: KeyPath) -> str:
        tried = (path[:end] for end in range(len(path), 0, -1))
        return next((where[each] for each in tried if each in where), file)

    return ConfigError([Problem(p.path, p.message, place(p.path)) for p in problems])


def _problem(model: type[Section], detail: ErrorDetails, above: KeyPath) -> Problem:
    """Say in our words what pydantic found."""
    path = tuple(map(str, detail["loc"]))
    outer, inner = _section_at(model, path[:-1]), _section_at(model, path)
    message = f"{detail['msg']}, got {detail['input']!r}"
    match detail["type"]:
        case "extra_forbidden":
            message = f"no such key; {did_you_mean(path[-1], outer.model_fields)}"
        case "missing":
            message = f"is missing: {_meaning(outer, path[-1])}"
        case "model_type" | "model_attributes_type":
            keys = ", ".join(inner.model_fields)
            message = f"wants keys with values ({keys}), got {detail['input']!r}"
        case "value_error":
            message = str(detail["ctx"]["error"]).removeprefix(f"{path[-1]}: ")
        case "list_type":
            message = f"wants a list, got {detail['input']!r}"
    return Problem((*above, *path), message)


def _meaning(section: type[Section], key: str) -> str:
    spec = section.spec(key)
    if spec:
        return f"{spec.doc} [{spec.unit}]" if spec.unit else spec.doc
    kind = section.model_fields[key].annotation
    doc = getattr(kind, "__doc__", None) if _is_section(kind) else None
    return (doc or key).strip().rstrip(".").lower()


def _section_at(model: type[Section], path: KeyPath) -> type[Section]:
    """Section that a path leads to, or the innermost one on the way."""
    for name in path:
        field = model.model_fields.get(name)
        for kind in (field.annotation, *get_args(field.annotation)) if field else ():
            if _is_section(kind):
                model = kind
    return model


def _is_section(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Section)
