"""What all configuration models have in common."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator
from pydantic.fields import FieldInfo

from cta_columnar.config.choice import AlgorithmChoice
from cta_columnar.options import Option, OptionSpec

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Kind:
    """Marks a key that chooses one algorithm, or a list of them.

    Attributes
    ----------
    kind : str
        Kind of algorithm in the registry.
    doc : str
        Meaning of the key.
    """

    kind: str
    doc: str


@dataclass(frozen=True, slots=True)
class Meaning:
    """Says what a key means whose values are of a class of their own."""

    doc: str


@dataclass(frozen=True, slots=True)
class OfThisMachine:
    """Marks a key that names a file or folder, which cannot be at a URL."""


@dataclass(frozen=True, slots=True)
class NoDifference:
    """Marks a key of a stage whose null is as if there were no such key."""


class Section(BaseModel):
    """A frozen group of keys. Unknown keys are errors, and nothing is converted.

    Each key is declared once, with its type, default, unit, meaning and range::

        max_events: Annotated[int | None, Option(doc="stop after as many", gt=0)] = None
    """

    # Whoever runs one stage needs no more than its keys.
    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, defer_build=True
    )

    @field_validator("*", mode="before")
    @classmethod
    def _as_declared(cls, value: Any, info: ValidationInfo) -> Any:  # noqa: ANN401
        name = str(info.field_name)
        field = cls.model_fields[name]
        if marker(field, Kind) and isinstance(field.default, tuple):
            return read_choices(value)
        if marker(field, OfThisMachine) and "://" in str(value):
            _refuse_url(value)
        spec = cls.spec(name)
        return spec.validate(value) if spec else value

    @classmethod
    def spec(cls, name: str) -> OptionSpec | None:
        """Return the declaration of a plain key; None for a section or an algorithm."""
        field = cls.model_fields[name]
        option = marker(field, Option)
        if option is None:
            return None
        return OptionSpec.declared(name, field.annotation, field.default, option)


def _refuse_url(value: object) -> None:
    # Here, not above: it takes a moment to load, and few configurations need it.
    from cta_columnar.remote import refuse_url  # noqa: PLC0415

    refuse_url(
        value, "wants a file or folder of this machine: copy it there (docs/remote.md)"
    )


def marker(field: FieldInfo, kind: type[T]) -> T | None:
    """Return the annotation of a field that is of some class, if it has one."""
    return next((each for each in field.metadata if isinstance(each, kind)), None)


def read_choices(value: object) -> tuple[AlgorithmChoice, ...]:
    """Read a list of algorithms.

    Raises
    ------
    ValueError
        If it is none, or names one twice.
    """
    if not isinstance(value, list | tuple):
        raise ValueError(f"wants a list of algorithms, got {value!r}")
    choices = tuple(map(AlgorithmChoice.parse, value))
    names = [choice.name for choice in choices]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"names {', '.join(sorted(twice))} twice")
    return choices


def algorithm_keys(
    config: Section,
) -> Iterator[tuple[str, str, tuple[AlgorithmChoice, ...]]]:
    """All keys that choose algorithms: key, kind, and none, one or several choices."""
    for key, field in type(config).model_fields.items():
        kind, value = marker(field, Kind), getattr(config, key)
        if kind is not None and isinstance(value, tuple):
            yield key, kind.kind, value
        elif kind is not None:
            yield key, kind.kind, () if value is None else (value,)
