"""Columns that are given, or asked for."""

from collections.abc import Mapping

import numpy as np

from cta_columnar.array_types import F8, AnyArray
from cta_columnar.errors import UserError, did_you_mean


def given(columns: Mapping[str, AnyArray], name: str, what: str) -> AnyArray:
    """Return a column as an array in one piece.

    Parameters
    ----------
    columns : mapping of str to array[n]
        All columns.
    name : str
        The one that is wanted.
    what : str
        Who wants it, for the error.

    Raises
    ------
    UserError
        If it is not there.
    """
    if name not in columns:
        hint = did_you_mean(name, columns)
        raise UserError(f"{what} want the column {name!r}; {hint}")
    return np.ascontiguousarray(columns[name])


def given_floats(columns: Mapping[str, AnyArray], name: str, what: str) -> F8:
    """As `given`, as float64[n]."""
    return given(columns, name, what).astype(np.float64, copy=False)
