"""Cuts as a key of a configuration: a list of names, each with its condition."""

from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer

from cta_columnar.config.expressions import Cut, read_cuts


def _plain_cuts(cuts: tuple[Cut, ...]) -> list[dict[str, str]]:
    return [{cut.name: cut.expression} for cut in cuts]


Cuts = Annotated[
    tuple[Cut, ...], BeforeValidator(read_cuts), PlainSerializer(_plain_cuts, list[Any])
]
