"""The header blocks of a run: what is known about it and its telescopes."""

from collections import defaultdict
from typing import Any

import numpy as np
import pyarrow as pa

from cta_columnar.instrument.coefficients import Coefficients
from cta_columnar.instrument.optics import FocalLengthChoice
from cta_columnar.instrument.subarray import SubarrayDescription
from cta_columnar.kernels.simtel import block_types as types
from cta_columnar.sources.simtel import simulation_headers
from cta_columnar.sources.simtel.array_headers import GLOBAL_META, ArrayHeaders
from cta_columnar.sources.simtel.block_ids import (
    check_atmosphere,
    check_id,
    check_skipped,
    check_telescope,
)
from cta_columnar.sources.simtel.header_blocks import (
    COLD_BLOCKS,
    DESCRIPTION_BLOCKS,
    SKIPPED_BLOCKS,
    UNREAD_SETTINGS,
    HeaderError,
    parse_block,
)


class RunHeaders:
    """Collects the cold blocks of one run and answers questions about it.

    Feed it the blocks of `header_blocks.COLD_BLOCKS` in file order; others are
    ignored. Telescopes and runs can be asked for once `complete`; calibration blocks
    and the histograms may come at any time after.
    """

    def __init__(self) -> None:
        self._header: dict[str, Any] | None = None
        self._mc_header: dict[str, Any] | None = None
        self._profile: dict[str, Any] | None = None
        self._histograms: list[dict[str, Any]] = []
        self._history: list[bytes] = []
        self._meta: dict[int, dict[bytes, bytes]] = {}
        self._described: dict[int, dict[int, Any]] = defaultdict(dict)
        self._missing: set[int] = set()
        self._array: ArrayHeaders | None = None
        self._calibration: dict[int, dict[str, Any]] = defaultdict(dict)
        self._calibration_index: dict[int, int] = {}
        self._of_next_run: list[tuple[int, int, bytes]] = []

    def add(self, block_type: int, block_id: int, data: bytes) -> None:
        """Take up a block.

        Parameters
        ----------
        block_type, block_id : int
            As in its header.
        data : bytes
            The whole block, sync marker and header included.

        Raises
        ------
        HeaderError
            If it is damaged, names an unknown telescope, or describes a run or a
            telescope again.
        """
        if block_type in SKIPPED_BLOCKS:
            self._check_skipped(block_type, block_id)
        if block_type not in COLD_BLOCKS:
            return
        if self.complete and block_type in (types.HISTORY, types.HISTORY_META):
            self._of_next_run.append((block_type, block_id, data))
            return
        ident, content = parse_block(block_type, data)
        if (ident - block_id) % 2**32:  # signed or not
            raise HeaderError(block_type, f"has the id {ident}, not {block_id}")
        check_id(block_type, ident, content, self._header)
        self._take(block_type, ident, content)

    def _check_skipped(self, block_type: int, block_id: int) -> None:
        """Check a block of which nothing is read but its id."""
        check_skipped(block_type, block_id, self._header)
        if block_type in UNREAD_SETTINGS:
            self._describe_once(block_type, block_id, None)

    def _take(self, block_type: int, ident: int, content: Any) -> None:  # noqa: ANN401
        if block_type in DESCRIPTION_BLOCKS:
            self._add_description(block_type, ident, content)
        elif block_type in (types.CAMERA_MONITORING, types.LASER_CALIBRATION):
            self._add_calibration(block_type, content)
        elif block_type == types.RUN_HEADER:
            self._add_run_header(content)
        elif block_type == types.MC_RUN_HEADER:
            # Merged files have several; the last one before the telescopes counts.
            if not self.complete:
                self._mc_header = content
        elif block_type == types.HISTORY:
            self._history += [line for _, line in content]
        elif block_type == types.HISTORY_META:
            self._add_meta(ident, content)
        elif block_type == types.ATMOSPHERE:
            check_atmosphere(ident, self._mc_header)
            self._profile = self._profile or content
        else:
            self._histograms = content

    def _add_run_header(self, content: dict[str, Any]) -> None:
        if self._header is not None:
            raise HeaderError(types.RUN_HEADER, "a second one in the same run")
        tel_ids = content["tel_id"].tolist()
        if not tel_ids or len(set(tel_ids)) < len(tel_ids) or min(tel_ids) < 0:
            raise HeaderError(types.RUN_HEADER, f"telescopes {tel_ids}")
        if not np.isfinite(content["tel_pos"]).all():
            raise HeaderError(types.RUN_HEADER, "a position is not finite")
        unknown = self._meta.keys() - {GLOBAL_META, *tel_ids}
        if unknown and not self._is_merged:
            what = f"lacks telescopes {sorted(unknown)}, which have metadata"
            raise HeaderError(types.RUN_HEADER, what)
        self._header = content
        self._missing = set(tel_ids)

    @property
    def _is_merged(self) -> bool:
        """Whether metadata may be of several files, with ids of their own."""
        return simulation_headers.is_merged(self._history)

    def _add_meta(self, tel_id: int, content: dict[bytes, bytes]) -> None:
        if tel_id in self._meta and not self._is_merged:
            raise HeaderError(types.HISTORY_META, f"describes {tel_id} again")
        self._meta[tel_id] = content

    def _add_description(self, block_type: int, tel_id: int, content: Any) -> None:  # noqa: ANN401
        check_telescope(block_type, tel_id, self._header)
        if self._array is not None:
            raise HeaderError(block_type, "comes after the array was asked for")
        self._describe_once(block_type, tel_id, content)
        if self._described[tel_id].keys() >= DESCRIPTION_BLOCKS:
            self._missing.discard(tel_id)

    def _describe_once(self, block_type: int, tel_id: int, content: Any) -> None:  # noqa: ANN401
        if block_type in self._described[tel_id]:
            raise HeaderError(block_type, f"describes telescope {tel_id} again")
        self._described[tel_id][block_type] = content

    def _add_calibration(self, block_type: int, content: dict[str, Any]) -> None:
        tel_id = content["telescope_id"]
        check_telescope(block_type, tel_id, self._header)
        # A block may bring only part of the values; the others stay as they are.
        self._calibration[tel_id].update(content)
        self._calibration_index.pop(tel_id, None)

    def _require_header(self) -> dict[str, Any]:
        if self._header is None:
            raise HeaderError(types.RUN_HEADER, "has not come yet")
        return self._header

    @property
    def missing(self) -> tuple[int, ...]:
        """Telescopes of the run header that are not, or not fully, described."""
        return tuple(sorted(self._missing))

    @property
    def complete(self) -> bool:
        """Whether the run and all its telescopes are described."""
        return self._header is not None and not self._missing

    def following(self) -> "RunHeaders":
        """Headers for the next run of a file, with what has come for it so far.

        The history of a run stands before its run header, so it is only known to
        belong to the next run when that comes.
        """
        headers = RunHeaders()
        for block in self._of_next_run:
            headers.add(*block)
        return headers

    @property
    def run_number(self) -> int:
        """Number of the run, as in the file."""
        return int(self._require_header()["run"])

    @property
    def n_telescopes(self) -> int:
        """Number of telescopes of the run header, described or not."""
        return len(self._require_header()["tel_id"])

    @property
    def has_true_image(self) -> bool:
        """Whether the simulation kept true photo-electrons per pixel."""
        return simulation_headers.has_true_image(self._history)

    def run_row(self, obs_id: int) -> dict[str, Any]:
        """Row of `simulation.RUNS`."""
        header = self._require_header()
        return simulation_headers.run_row(header, self._mc_header, obs_id)

    def atmosphere(self, obs_id: int) -> pa.Table:
        """`simulation.ATMOSPHERE`; empty where the file has none."""
        return simulation_headers.atmosphere_table(self._profile, obs_id)

    def thrown(self, obs_id: int) -> pa.Table:
        """`simulation.THROWN`; empty before the end of the file."""
        return simulation_headers.thrown_table(self._histograms, obs_id)

    def subarray(
        self, focal_length_choice: FocalLengthChoice = "EFFECTIVE"
    ) -> SubarrayDescription:
        """Return the telescopes that are fully described; see `missing` for others.

        Parameters
        ----------
        focal_length_choice : str
            Which focal length to use for camera coordinates, EFFECTIVE or EQUIVALENT.

        Raises
        ------
        UserError
            If that focal length is not in the file.
        HeaderError
            If no telescope is described, or descriptions contradict each other.
        """
        return self._array_headers().subarray(focal_length_choice)

    def _array_headers(self) -> ArrayHeaders:
        if self._array is None:
            self._array = ArrayHeaders(
                self._require_header(), self._mc_header, self._meta, self._described
            )
        return self._array

    def coefficients(self, tel_type: str) -> Coefficients:
        """Return the coefficients of a type that `calibration_index` has named so far.

        Raises
        ------
        KeyError
            If there is no such type.
        """
        return self._array_headers().rows_of(tel_type).snapshot()

    def calibration_index(self, tel_id: int) -> int:
        """Row of `coefficients` that now holds for a telescope.

        Raises
        ------
        HeaderError
            If its calibration has not come, or does not fit its camera.
        """
        if tel_id not in self._calibration_index:
            index = self._array_headers().add_row(tel_id, self._calibration[tel_id])
            self._calibration_index[tel_id] = index
        return self._calibration_index[tel_id]
