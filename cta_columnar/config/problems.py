"""What is wrong with a configuration, and where."""

from collections.abc import Sequence
from dataclasses import dataclass

from cta_columnar.errors import UserError


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    Attributes
    ----------
    path : tuple of str
        The key.
    message : str
        What is wrong with it.
    place : str
        Where it stands, e.g. ``"stage1.yaml:12"``; empty where unknown.
    """

    path: tuple[str, ...]
    message: str
    place: str = ""

    def __str__(self) -> str:
        # "--set key=value" says the key already.
        key = "" if self.place.startswith("--set") else ".".join(self.path)
        parts = (self.place, key, self.message)
        return ": ".join(part for part in parts if part)


class ConfigError(UserError):
    """A configuration that cannot be used; its text has a line per problem.

    Attributes
    ----------
    problems : tuple of Problem
        All that is wrong, so that a user mends it in one go.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)
