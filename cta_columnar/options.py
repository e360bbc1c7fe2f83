"""The options of an algorithm: its keyword parameters, with unit, meaning and range."""

import inspect
import json
import math
import operator
import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

from pydantic import TypeAdapter, ValidationError

from cta_columnar.errors import UserError, did_you_mean

_BOUNDS: dict[str, tuple[str, Callable[[Any, Any], bool]]] = {
    "ge": (">=", operator.ge),
    "gt": (">", operator.gt),
    "le": ("<=", operator.le),
    "lt": ("<", operator.lt),
}

RESERVED = ("name", "default")  # keys of a configuration with a meaning of their own


@dataclass(frozen=True, slots=True)
class Option:
    """What a type hint cannot say of an option: ``Annotated[float, Option(...)]``.

    Attributes
    ----------
    unit : str
        Unit of the value, empty for dimensionless.
    doc : str
        Meaning, in a few words.
    ge, gt, le, lt : float, optional
        Range, for numbers and for each number of a tuple or mapping.
    choices : tuple, optional
        Allowed values.
    """

    unit: str = ""
    doc: str = ""
    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None
    choices: tuple[Any, ...] | None = None

    @property
    def bounds(self) -> dict[str, float]:
        """The given limits by their names, e.g. ``{"ge": 0.0}``."""
        limits = {name: getattr(self, name) for name in _BOUNDS}
        return {name: limit for name, limit in limits.items() if limit is not None}


@dataclass(frozen=True)
class OptionSpec:
    """One configuration key of an algorithm, as read off its signature.

    Attributes
    ----------
    name : str
        Key, and name of the keyword parameter.
    type : type
        Type of the value.
    default : object
        Value where the configuration gives none.
    unit, doc : str
        As in `Option`.
    bounds : mapping of str to float
        Limits by ``ge``, ``gt``, ``le``, ``lt``.
    choices : tuple, optional
        Allowed values; read off a ``Literal`` too.
    """

    name: str
    type: Any
    default: Any
    unit: str = ""
    doc: str = ""
    bounds: typing.Mapping[str, float] = field(default_factory=dict)
    choices: tuple[Any, ...] | None = None

    @classmethod
    def declared(
        cls,
        name: str,
        hint: Any,  # noqa: ANN401
        default: Any,  # noqa: ANN401
        option: Option,
    ) -> "OptionSpec":
        """Put together what the type hint says and what `Option` says."""
        choices = option.choices
        if choices is None and typing.get_origin(hint) is typing.Literal:
            choices = typing.get_args(hint)
        return cls(name, hint, default, option.unit, option.doc, option.bounds, choices)

    @property
    def range(self) -> str:
        """Range in words, e.g. ``">= 0, < 1"`` or ``"one of a, b"``; may be empty."""
        if self.choices:
            return "one of " + ", ".join(map(str, self.choices))
        return ", ".join(f"{_BOUNDS[k][0]} {v:g}" for k, v in self.bounds.items())

    def validate(self, value: object) -> Any:  # noqa: ANN401
        """Return the value in the option's own type.

        Raises
        ------
        UserError
            If the type or the range is wrong. The text begins with the option's name.
        """
        if self.choices is not None and value not in self.choices:
            choices = [str(each) for each in self.choices]
            hint = did_you_mean(str(value), choices)
            raise UserError(f"{self.name}: {value!r} is not a choice; {hint}")
        try:
            checked = self._adapter.validate_json(_to_json(value), strict=True)
        except (TypeError, ValidationError) as error:
            wanted = in_words(self.type)
            raise UserError(f"{self.name}: wants {wanted}, got {value!r}") from error
        for number in _numbers(checked):
            for bound, limit in self.bounds.items():
                sign, holds = _BOUNDS[bound]
                if not holds(number, limit):
                    unit = f" {self.unit}" if self.unit else ""
                    raise UserError(
                        f"{self.name}: must be {sign} {limit:g}{unit}, got {number}"
                    )
            if not math.isfinite(number):
                raise UserError(f"{self.name}: must be finite, got {number}")
        return checked

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        return TypeAdapter(self.type)


_WORDS = {
    bool: "true or false",
    int: "an integer",
    float: "a number",
    str: "a text",
    type(None): "null",
    Any: "anything",
}


def in_words(hint: Any) -> str:  # noqa: ANN401
    """Name a type for people: ``tuple[int, ...]`` is "a list of integers"."""
    arguments = typing.get_args(hint)
    if hint in _WORDS:
        return _WORDS[hint]
    if typing.get_origin(hint) is typing.Literal:
        return "one of " + ", ".join(map(str, arguments))
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return " or ".join(map(in_words, arguments))
    if typing.get_origin(hint) in (tuple, list) and Ellipsis in arguments:
        return f"a list of {_several(arguments[0])}"
    if typing.get_origin(hint) is dict:
        return f"names with {_several(arguments[1])}"
    return inspect.formatannotation(hint)


def _several(hint: Any) -> str:  # noqa: ANN401
    """Name some of a type: ``float | str`` is "numbers or texts"."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return " or ".join(map(_several, typing.get_args(hint)))
    return in_words(hint).split(" ", 1)[-1] + "s"


def _to_json(value: object) -> str:
    # Strict JSON rules fit a configuration: a list may fill a tuple, but "7" or 7.0 is
    # no integer and 1 no boolean.
    return json.dumps(value, default=_plain)


def _plain(value: object) -> object:
    """NumPy values, sets and ranges as numbers and lists, for calls from a notebook."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, range):
        return list(value)
    raise TypeError(f"{type(value).__name__} cannot be written in a configuration")


def _numbers(value: object) -> Iterator[float]:
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield value
    elif isinstance(value, list | tuple | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _numbers(each)


def option_specs(func: Callable[..., Any]) -> typing.Mapping[str, OptionSpec]:
    """Read the options off the keyword-only parameters of a function.

    Raises
    ------
    TypeError
        If one has no default, or one that its own declaration forbids, or the function
        takes ``*args`` or ``**kwargs``.
    """
    specs = {}
    for parameter in inspect.signature(func).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise TypeError(f"{func.__qualname__} must name all its parameters")
        if parameter.kind is parameter.KEYWORD_ONLY:
            specs[parameter.name] = _spec(func, parameter)
    return MappingProxyType(specs)


def _spec(func: Callable[..., Any], parameter: inspect.Parameter) -> OptionSpec:
    name, default = parameter.name, parameter.default
    if default is parameter.empty:
        raise TypeError(f"option {name!r} of {func.__qualname__} needs a default")
    if name in RESERVED:
        raise TypeError(f"{func.__qualname__}: no option can be called {name!r}")
    hint = parameter.annotation
    if hint is parameter.empty:
        hint = Any if default is None else type(default)
    elif isinstance(hint, str):
        # Only this one: hints of columns may name what is imported for typing only.
        hint = eval(hint, inspect.unwrap(func).__globals__)
    option = Option()
    if typing.get_origin(hint) is typing.Annotated:
        hint, *extras = typing.get_args(hint)
        option = next((each for each in extras if isinstance(each, Option)), option)
    spec = OptionSpec.declared(name, hint, default, option)
    try:
        # 4000 as default of a float acts as 4000.0, so it is known as that.
        return replace(spec, default=spec.validate(default))
    except UserError as error:
        raise TypeError(f"default of {func.__qualname__}: {error}") from error
