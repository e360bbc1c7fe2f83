"""One run of a file: its headers, and what follows from them for the events."""

from functools import cached_property

import numpy as np

from cta_columnar.array_types import I4, I8
from cta_columnar.instrument.optics import FocalLengthChoice
from cta_columnar.instrument.subarray import SubarrayDescription, ranges
from cta_columnar.kernels.simtel.block_types import (
    CAMERA_MONITORING,
    LASER_CALIBRATION,
    RUN_HEADER,
)
from cta_columnar.kernels.simtel.telescope_events import (
    N_TEL_IDS,
    NOT_WANTED,
    UNKNOWN,
)
from cta_columnar.sources.simtel.event_table import Telescopes
from cta_columnar.sources.simtel.header_blocks import (
    HeaderError,
)
from cta_columnar.sources.simtel.headers import RunHeaders
from cta_columnar.sources.simtel.telescopes import check_room
from cta_columnar.sources.simtel.truth import Carried


class Run:
    """A run and where in it the reading is.

    Parameters
    ----------
    headers : RunHeaders
        Its header blocks.
    choice : str
        Focal length to use.
    allowed_tels : set of int or None
        Telescopes to read; None for all.

    Attributes
    ----------
    has_begun : bool
        Whether its run header has come.
    carried : Carried
        Last shower before the buffer.
    """

    def __init__(
        self,
        headers: RunHeaders,
        choice: FocalLengthChoice,
        allowed_tels: set[int] | None,
    ) -> None:
        self.headers = headers
        self._choice = choice
        self._allowed = allowed_tels
        self.has_begun = False
        self.carried = Carried()
        self._index: I4 | None = None

    def add(self, block_type: int, block_id: int, data: bytes) -> None:
        """Take up a header block.

        Raises
        ------
        HeaderError
            If it is damaged or does not fit the others.
        """
        self.headers.add(block_type, block_id, data)
        self.has_begun |= block_type == RUN_HEADER
        if block_type in (CAMERA_MONITORING, LASER_CALIBRATION):
            self._index = None

    @cached_property
    def has_true_image(self) -> bool:
        """Whether the simulation kept true images."""
        return self.headers.has_true_image

    @property
    def warning(self) -> str:
        """Which telescopes of the run header nothing describes; empty if none.

        A file may end before all of them; one that has events must describe them all.
        """
        missing = self.headers.missing
        if not missing:
            return ""
        return (
            f"{len(missing)} of the {self.headers.n_telescopes} telescopes of run "
            f"{self.headers.run_number} are not described, so they cannot be read: "
            f"{ranges(missing)}"
        )

    @cached_property
    def whole_subarray(self) -> SubarrayDescription:
        """All telescopes of the run."""
        whole = self.headers.subarray(self._choice)
        check_room(whole)
        return whole

    @cached_property
    def subarray(self) -> SubarrayDescription:
        """Telescopes that are read.

        Raises
        ------
        KeyError
            If one of those to read is not in the array.
        """
        if self._allowed is None:
            return self.whole_subarray
        return self.whole_subarray.select(self._allowed)

    @cached_property
    def telescopes(self) -> Telescopes:
        """The same for kernels."""
        whole = self.whole_subarray
        n_pixels = np.array([each.readout.n_pixels for each in whole.types], np.int64)
        index = np.full(N_TEL_IDS, UNKNOWN, np.int64)
        index[whole.tel_ids] = NOT_WANTED
        rows = {int(tel_id): row for row, tel_id in enumerate(whole.tel_ids)}
        for tel_id in self.subarray.tel_ids:
            index[tel_id] = rows[int(tel_id)]
        return Telescopes(
            tel_id=whole.tel_ids.astype(np.int64),
            n_pixels=n_pixels[whole.type_index],
            index=index,
        )

    def calibration_index(self, telescopes: I8) -> I4:
        """Coefficients that hold now: a row of each telescope of the run header.

        Parameters
        ----------
        telescopes : int64[k]
            Those that are needed; others are -1 if they have none.

        Raises
        ------
        HeaderError
            If those of a telescope are not in the file.
        """
        if self._index is None:
            # In the order of the run header, so that rows do not depend on which
            # telescope has the first event.
            self._index = np.array([self._row_of(i) for i in self._tel_id], np.int32)
        for row in np.unique(telescopes[self._index[telescopes] < 0]):
            self.headers.calibration_index(self._tel_id[row])
        return self._index

    @property
    def _tel_id(self) -> list[int]:
        tel_id: list[int] = self.telescopes.tel_id.tolist()
        return tel_id

    def _row_of(self, tel_id: int) -> int:
        """Row of coefficients; -1 where they are missing, which may not matter."""
        try:
            return self.headers.calibration_index(tel_id)
        except HeaderError:
            return -1
