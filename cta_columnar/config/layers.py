"""Where configuration comes from: YAML files and ``--set key=value``."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from cta_columnar.bounded import MAX_YAML_BYTES, read_bounded
from cta_columnar.errors import UserError

_Lines = dict[tuple[str, ...], int]

_MOST_NODES = 100_000
_LONGEST_NUMBER = 100
_OF_NUMBERS = frozenset("0123456789+-._:eE")
_NUMBERS = {f"tag:yaml.org,2002:{each}" for each in ("int", "float", "timestamp")}

# A key is names between dots; "tel_id=4" is a name with an equals sign of its own.
_NAME = r"(?:tel_id=\d+(?=[.=])|[^.=\s]+)"
_SETTING = re.compile(rf"\s*({_NAME}(?:\.{_NAME})*)\s*=(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Layer:
    """Some keys with their values, and where each one stands.

    Attributes
    ----------
    values : mapping of str to object
        Nested as in YAML.
    where : mapping of tuple of str to str
        Place of a key by its path, e.g. ``"stage1.yaml:12"``.
    """

    values: Mapping[str, Any]
    where: Mapping[tuple[str, ...], str] = field(default_factory=dict)


class _Loader(yaml.SafeLoader):
    """Safe YAML that also reads 1e-3 as a number, as YAML 1.2 does.

    It takes no more time than its length: PyYAML alone takes the square of that for a
    long number, and for a long word that begins as one.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._n_nodes = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:  # noqa: ANN401
        """Refuse what has too many values before all of them are there."""
        self._n_nodes += 1
        if self._n_nodes > _MOST_NODES:
            raise yaml.YAMLError(f"it has more than {_MOST_NODES} values")
        return super().compose_node(parent, index)

    def compose_scalar_node(self, anchor: Any) -> yaml.ScalarNode:  # noqa: ANN401
        """Refuse numbers that no one can mean."""
        event = self.peek_event()  # type: ignore[no-untyped-call]
        is_long = len(event.value) > _LONGEST_NUMBER
        is_plain = event.style is None and set(event.value) <= _OF_NUMBERS
        if is_long and (is_plain or event.tag in _NUMBERS):
            raise ValueError(f"a number of {len(event.value)} characters")
        return super().compose_scalar_node(anchor)

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:  # noqa: ANN401
        """Find the type of a value: what is long is text, and not tried as a number."""
        if kind is yaml.ScalarNode and len(value) > _LONGEST_NUMBER:
            return "tag:yaml.org,2002:str"
        return super().resolve(kind, value, implicit)  # type: ignore[no-untyped-call]


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?(?:\d[\d_]*\.?\d*|\.\d+)[eE][-+]?\d+$"),
    list("-+0123456789."),
)


def read_file(path: Path) -> Layer:
    """Read a YAML file. A key without a value counts as not written.

    Raises
    ------
    UserError
        If it cannot be read, is no YAML, is no mapping, or has a key twice; if it is
        larger or deeper than configurations are.
    """
    try:
        text = read_bounded(path, MAX_YAML_BYTES).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise UserError(f"configuration {path} cannot be read: {reason}") from error
    values, lines = _parse(text, str(path))
    if values is None:
        return Layer({})
    if not isinstance(values, dict):
        raise UserError(f"{path}: a configuration is a list of 'key: value'")
    for key in values:
        if not isinstance(key, str):
            line = lines.get((str(key),), 1)
            raise UserError(f"{path}:{line}: {key!r} is no key: write a word")
    return Layer(values, {key: f"{path}:{line}" for key, line in lines.items()})


def read_setting(text: str) -> Layer:
    """Read ``"extractor.window_width=5"``; the value is YAML.

    Raises
    ------
    UserError
        If there is no key or no "=", or the value is no YAML.
    """
    found = _SETTING.fullmatch(text)
    if not found:
        raise UserError(
            f"--set {text!r}: write key=value, e.g. --set extractor.window_width=5"
        )
    key, value_text = found.groups()
    label = f"--set {text}"
    if not value_text.strip():
        raise UserError(f"--set {text!r}: the value is missing; null is one, too")
    value, lines = _parse(value_text, label)
    path = tuple(re.findall(_NAME, key))
    where = {path[:end]: label for end in range(1, len(path) + 1)}
    where |= {(*path, *inner): label for inner in lines}
    for name in reversed(path):
        value = {name: value}
    return Layer(value, where)


def _parse(text: str, label: str) -> tuple[Any, _Lines]:
    """Value of a YAML text, and the line of each key."""
    try:
        loader = _Loader(text)
    except yaml.YAMLError as error:
        # Not even characters that YAML allows.
        raise UserError(f"{label}: this is no YAML: {error}") from error
    try:
        node = loader.get_single_node()
        if node is None:
            return None, {}
        _check_nodes(node)
        lines: _Lines = {}
        _walk(node, (), lines, label)
        return loader.construct_document(node), lines
    except RecursionError:
        raise UserError(f"{label}: this is nested too deeply for YAML") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        line = f":{mark.line + 1}" if mark and "\n" in text else ""
        raise UserError(f"{label}{line}: this is no YAML: {problem}") from error
    except (ValueError, ArithmeticError, LookupError, AttributeError) as error:
        if isinstance(error, UserError):
            raise
        # A date that no calendar has, or what is not of the type that it says.
        raise UserError(f"{label}: a value cannot be: {error}") from error
    finally:
        loader.dispose()


def _check_nodes(node: yaml.Node) -> None:
    """Refuse what a few lines unfold to: names (``*a``) of names of names.

    Raises
    ------
    yaml.YAMLError
        If there are more values than any configuration has.
    """
    left, n = [node], 1
    while left:
        inside = left.pop().value
        if isinstance(inside, list):
            n += len(inside)
            if n > _MOST_NODES:
                what = f"more than {_MOST_NODES} values, names unfolded"
                raise yaml.YAMLError(f"it has {what}")
            for each in inside:
                left += each if isinstance(each, tuple) else (each,)


def _is_missing(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and not (node.value or node.style)


def _walk(node: yaml.Node, path: tuple[str, ...], lines: _Lines, label: str) -> None:
    if isinstance(node, yaml.SequenceNode):
        for index, each in enumerate(node.value):
            lines[*path, str(index)] = each.start_mark.line + 1
            _walk(each, (*path, str(index)), lines, label)
    elif isinstance(node, yaml.MappingNode):
        # A key of which all is commented out says nothing; to say null is to say it.
        node.value = [pair for pair in node.value if not _is_missing(pair[1])]
        for key, value in node.value:
            inner = (*path, str(key.value))
            line = key.start_mark.line + 1
            if inner in lines:
                raise UserError(
                    f"{label}:{line}: {'.'.join(inner)} stands here a second time, "
                    f"first in line {lines[inner]}"
                )
            lines[inner] = line
            _walk(value, inner, lines, label)
