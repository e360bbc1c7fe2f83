"""Calibration coefficients as they come in, telescope after telescope."""

import numpy as np

from cta_columnar.array_types import F4, AnyArray, Mask
from cta_columnar.instrument.coefficients import Coefficients
from cta_columnar.instrument.digest import digest_of

Row = tuple[F4, F4, F4, Mask]


class CoefficientRows:
    """Rows of `Coefficients` of one telescope type; they are only ever added.

    Parameters
    ----------
    shape : tuple of int
        Channels and pixels.
    """

    def __init__(self, shape: tuple[int, int]) -> None:
        self._shape = shape
        self._rows: list[Row] = []
        self._row_of: dict[str, int] = {}
        self._snapshot: Coefficients | None = None

    def add(self, row: Row) -> int:
        """Return where these coefficients are; equal ones are kept once."""
        index = self._row_of.setdefault(digest_of(row), len(self._rows))
        if index == len(self._rows):
            self._rows.append(row)
            self._snapshot = None
        return index

    def snapshot(self) -> Coefficients:
        """All rows up to now. Later ones do not change it."""
        if self._snapshot is None:
            columns = [self._stack(column) for column in range(4)]
            self._snapshot = Coefficients(*columns)
        return self._snapshot

    def _stack(self, column: int) -> AnyArray:
        dtype = np.bool_ if column == 3 else np.float32
        stacked: AnyArray = np.empty((len(self._rows), *self._shape), dtype)
        for k, row in enumerate(self._rows):
            stacked[k] = row[column]
        return stacked
