"""One configuration out of several layers; a later one changes an earlier one."""

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any, get_args, get_origin

from pydantic.fields import FieldInfo

from cta_columnar.config.choice import AlgorithmChoice
from cta_columnar.config.expressions import Cut, read_cuts
from cta_columnar.config.problems import Problem
from cta_columnar.config.section import Kind, Section, marker, read_choices
from cta_columnar.errors import did_you_mean

Tree = dict[str, Any]


def lay_over(
    model: type[Section],
    tree: Tree,
    values: Mapping[str, Any],
    path: tuple[str, ...] = (),
) -> list[Problem]:
    """Change a tree of keys by the values of one layer, types not looked at yet.

    Parameters
    ----------
    model : type of Section
        What the keys belong to; gives the value of a key that is not in the tree.
    tree : dict
        The keys given so far; changed in place. Unknown ones are kept: the model's own
        validation names them.
    values : mapping of str to object
        What to change, nested. Algorithms may be given in any of their forms.
    path : tuple of str
        Where the tree stands in the whole.

    Returns
    -------
    list of Problem
        What could not be laid over.
    """
    problems: list[Problem] = []
    for key, value in values.items():
        here = (*path, str(key))
        field = model.model_fields.get(key)
        base = tree.get(key, field.default if field else None)
        inner = inner_section(field)
        try:
            if inner and isinstance(value, Mapping):
                branch = base if isinstance(base, dict) else {}
                problems += lay_over(inner, branch, value, here)
                tree[key] = branch
            elif (
                field and isinstance(field.default, tuple) and not entry_section(field)
            ):
                is_change = isinstance(value, Mapping)
                tree[key] = _amended_list(field, base, value) if is_change else value
            elif field and marker(field, Kind) and None not in (base, value):
                tree[key] = AlgorithmChoice.parse(base).amended(value)
            elif isinstance(base, dict) and isinstance(value, Mapping):
                merged = {**base, **value}
                tree[key] = {k: v for k, v in merged.items() if v is not None}
            else:
                tree[key] = value
        except ValueError as error:
            problems.append(Problem(here, str(error)))
    return problems


def inner_section(field: FieldInfo | None) -> type[Section] | None:
    """Model of a key that is a section of its own."""
    kind: Any = field.annotation if field else None
    if isinstance(kind, UnionType):  # of a section that may be null
        kind = next(each for each in get_args(kind) if each is not NoneType)
    return kind if isinstance(kind, type) and issubclass(kind, Section) else None


def entry_section(field: FieldInfo | None) -> type[Section] | None:
    """Model of the entries of a key that is a list of sections."""
    kind: Any = field.annotation if field else None
    entry = next(iter(get_args(kind)), None) if get_origin(kind) is tuple else None
    return entry if isinstance(entry, type) and issubclass(entry, Section) else None


def _amended_list(
    field: FieldInfo, base: object, values: Mapping[str, Any]
) -> tuple[Any, ...]:
    """Change single entries of a list, which are known by name.

    The list is the default, or as an earlier layer wrote it.
    """
    read = read_choices if marker(field, Kind) else read_cuts
    entries: dict[str, Any] = {each.name: each for each in read(base)}
    if not marker(field, Kind):
        cuts = {name: _cut(name, value) for name, value in values.items()}
        return tuple(each for each in (entries | cuts).values() if each)
    for name, value in values.items():
        if name not in entries:
            raise ValueError(
                f"{name!r} is not in the list, so it cannot be changed; "
                f"{did_you_mean(str(name), entries)}"
            )
        entries[name] = entries[name].amended(value)
    return tuple(entries.values())


def _cut(name: str, expression: object) -> Cut | None:
    """Read a cut; null takes away the one of that name."""
    if expression is None:
        return None
    if not isinstance(expression, str):
        raise ValueError(f"{name}: wants an expression, got {expression!r}")
    return Cut(name, expression)
