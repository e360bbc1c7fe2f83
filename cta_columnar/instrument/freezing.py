"""Arrays of descriptions that nobody can write into."""

from collections.abc import Iterable
from typing import TypeVar

from cta_columnar.array_types import AnyArray

A = TypeVar("A", bound=AnyArray)


def frozen(array: A) -> A:
    """View an array so that nobody can write into it by this view."""
    view = array.view()
    view.flags.writeable = False
    return view


def freeze(description: object, names: Iterable[str]) -> None:
    """Replace arrays of a frozen dataclass by views that nobody can write into.

    All algorithms of a process share a description, and its digest is computed once.

    Parameters
    ----------
    description : object
        An instance that is just being made.
    names : iterable of str
        Attributes that are arrays.
    """
    for name in names:
        object.__setattr__(description, name, frozen(getattr(description, name)))
