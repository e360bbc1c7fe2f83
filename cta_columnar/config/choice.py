"""Which algorithm runs, with which options, on which telescope."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

_TEL_ID = re.compile(r"tel_id=(\d+)")
# Readout groups of one camera type that differ otherwise are numbered from 2.
_NUMBER = re.compile(r"_\d+$")


def without_number(tel_type: str) -> str:
    """Return the name that readout groups of one telescope type share."""
    return _NUMBER.sub("", tel_type)


FORMS = (
    'a name, "{name: X, option: value}", '
    'or "{default: {name: X}, PATTERN: {option: value}}"'
)


@dataclass(frozen=True, slots=True)
class Selection:
    """What one telescope gets."""

    name: str
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TelescopeRule:
    """An exception for some telescopes.

    Attributes
    ----------
    pattern : str
        ``"tel_id=4"``, or a telescope type with wildcards such as ``"*FlashCam"``.
    name : str, optional
        Another algorithm; None keeps the one chosen so far.
    options : mapping of str to object
        Its options, or those to change.
    """

    pattern: str
    name: str | None
    options: Mapping[str, Any]

    def matches(self, tel_type: str, tel_id: int) -> bool:
        """Whether it is about this telescope.

        A pattern fits a type with or without the number that tells apart readout groups
        of the same type: ``"*FlashCam"`` fits ``"MST_MST_FlashCam_2"``.
        """
        if one := _TEL_ID.fullmatch(self.pattern):
            return int(one[1]) == tel_id
        names = (tel_type, without_number(tel_type))
        return any(fnmatchcase(name, self.pattern) for name in names)

    def amended(self, other: "TelescopeRule") -> "TelescopeRule":
        """Return this rule as changed by a later one of the same pattern."""
        if other.name not in (None, self.name):
            return other
        options = {**self.options, **other.options}
        return TelescopeRule(self.pattern, self.name, options)


@dataclass(frozen=True, slots=True)
class AlgorithmChoice:
    """An algorithm by name, its options, and exceptions for some telescopes.

    Written in a configuration in one of three ways::

        gain_selector: ThresholdGainSelector
        gain_selector: {name: ThresholdGainSelector, threshold: 3500}
        gain_selector:
          default: {name: ThresholdGainSelector}
          "*FlashCam": {threshold: 3500}
          "tel_id=4": {name: ManualGainSelector, channel: 0}

    Attributes
    ----------
    name : str
        The algorithm of all telescopes without an exception.
    options : mapping of str to object
        Its options.
    rules : tuple of TelescopeRule
        Exceptions in order: a later one changes what an earlier one chose.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    rules: tuple[TelescopeRule, ...] = ()

    @classmethod
    def parse(cls, value: object) -> "AlgorithmChoice":
        """Read one of the written forms.

        Raises
        ------
        ValueError
            If it is none of them, or names no algorithm.
        """
        if isinstance(value, cls):
            return value
        default, rules = _parts(value)
        if default.name is None:
            raise ValueError(f"names no algorithm; write {FORMS}")
        return cls(default.name, default.options, tuple(rules))

    def amended(self, value: object) -> "AlgorithmChoice":
        """Return this choice as changed by a later layer of configuration.

        A value that names the algorithm replaces everything, exceptions too; one that
        gives options only changes those.
        """
        if isinstance(value, AlgorithmChoice):
            return value
        default, rules = _parts(value)
        if default.name is not None:
            return AlgorithmChoice(default.name, default.options, tuple(rules))
        merged = {rule.pattern: rule for rule in self.rules}
        for rule in rules:
            earlier = merged.get(rule.pattern)
            merged[rule.pattern] = earlier.amended(rule) if earlier else rule
        options = {**self.options, **default.options}
        return AlgorithmChoice(self.name, options, tuple(merged.values()))

    def resolve(self, tel_type: str, tel_id: int) -> Selection:
        """Apply the exceptions that match a telescope, in order.

        A rule that names another algorithm starts from that one's defaults; any other
        one changes single options.
        """
        name, options = self.name, dict(self.options)
        for rule in self.rules:
            if rule.matches(tel_type, tel_id):
                if rule.name not in (None, name):
                    name, options = str(rule.name), {}
                options |= rule.options
        return Selection(name, options)

    def unmatched(self, telescopes: Iterable[tuple[str, int]]) -> list[str]:
        """Patterns that fit none of the telescopes, given as (type, id)."""
        there = list(telescopes)
        return [
            rule.pattern
            for rule in self.rules
            if not any(rule.matches(tel_type, tel_id) for tel_type, tel_id in there)
        ]

    def plain(self) -> Any:  # noqa: ANN401
        """Return the shortest written form."""
        default = {"name": self.name, **self.options}
        if self.rules:
            rules = {rule.pattern: _plain(rule) for rule in self.rules}
            return {"default": default, **rules}
        return default if self.options else self.name

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Tell pydantic how to read and write a choice."""
        written = core_schema.plain_serializer_function_ser_schema(cls.plain)
        return core_schema.no_info_plain_validator_function(
            cls.parse, serialization=written
        )


def _plain(rule: TelescopeRule) -> dict[str, Any]:
    name = {} if rule.name is None else {"name": rule.name}
    return {**name, **rule.options}


def _parts(value: object) -> tuple[TelescopeRule, list[TelescopeRule]]:
    """Split a written form into its default and its exceptions."""
    if isinstance(value, Mapping) and _is_per_telescope(value):
        rules = [_rule(pattern, each) for pattern, each in value.items()]
        defaults = [rule for rule in rules if rule.pattern == "default"]
        exceptions = [rule for rule in rules if rule.pattern != "default"]
        return (defaults or [TelescopeRule("default", None, {})])[0], exceptions
    return _rule("default", value), []


def _is_per_telescope(value: Mapping[Any, Any]) -> bool:
    if "name" in value or not value:
        return False
    if any(key == "default" or set("*?[=") & set(str(key)) for key in value):
        return True
    # A telescope type without wildcards looks like an option, but no option of an
    # algorithm is a mapping.
    return all(isinstance(each, Mapping) for each in value.values())


def _rule(pattern: object, value: object) -> TelescopeRule:
    pattern = str(pattern)
    if "=" in pattern and not _TEL_ID.fullmatch(pattern):
        raise ValueError(f'{pattern!r} is no telescope; write "tel_id=4"')
    if isinstance(value, str):
        return TelescopeRule(pattern, value, {})
    if not isinstance(value, Mapping):
        raise ValueError(f"wants {FORMS}, got {value!r}")
    options = {str(key): each for key, each in value.items() if key != "name"}
    name = value.get("name")
    if name is not None and not isinstance(name, str):
        raise ValueError(f"the name of an algorithm is a text, got {name!r}")
    return TelescopeRule(pattern, name, options)
