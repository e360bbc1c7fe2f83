"""Sections of a raw file, each read by itself: its headers, then some of its events."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from cta_columnar.zstd_frames import Frame

SECTION_BYTES = 256 << 20
"""Decompressed bytes of events that are worth a section of their own.

Each section reads the headers again, which takes 0.05 to 0.3 s: some percent of the
time for so many bytes. It may not depend on the number of workers, or the bytes of a
dataset would. About a second of work is right for one machine; on a large cluster each
shard wants minutes (`docs/scale.md`).
"""


class Section(NamedTuple):
    """What to read of a file that is split.

    All positions are of the file as it is, compressed, unless it says otherwise.

    Attributes
    ----------
    number, n_sections : int
        Which section, from 0, of how many.
    headers : int
        End of the headers, which lie at the beginning and are for all sections. What
        may follow before the first shower, calibration events, is in the first section.
    headers_size : int
        Decompressed bytes of the headers.
    begin, end : int
        Where its events are. The first section begins with the headers, at 0; the last
        one holds what comes behind all events, the histograms.
    offset : int
        Decompressed bytes before ``begin``.
    file_size : int
        Size of the whole file when it was split.
    modified : int
        When it was last changed before it was split, ns since 1970.
    digest : str
        Of the whole file, see `cta_columnar.digests.file_digest`; empty if all of it
        would have to be read.
    """

    number: int
    n_sections: int
    headers: int
    headers_size: int
    begin: int
    end: int
    offset: int
    file_size: int
    modified: int = 0
    digest: str = ""

    @property
    def is_first(self) -> bool:
        """Whether what holds for the whole file is told by this section."""
        return self.number == 0

    @property
    def is_last(self) -> bool:
        """Whether the histograms are in this section."""
        return self.number == self.n_sections - 1

    def __str__(self) -> str:
        return f"bytes {self.begin} to {self.end}"


def split(
    frames: Sequence[Frame],
    headers: int,
    first: int,
    file_size: int,
    section_bytes: int | None = None,
) -> tuple[Section, ...]:
    """Cut a file between frames into sections of about equal size.

    Parameters
    ----------
    frames : sequence of Frame
        Those with content.
    headers, first : int
        The first of them behind the headers, and the first one with showers.
    file_size : int
        Size of the file.
    section_bytes : int, optional
        Decompressed bytes of a section, at least; by default `SECTION_BYTES`.

    Returns
    -------
    sections : tuple of Section
        At least two; empty if the file is too small for that.
    """
    # Decompressed bytes before each frame, and all of them.
    before = [0, *accumulate(frame.size or 0 for frame in frames)]
    size = before[-1] - before[first]
    count = size // (section_bytes or SECTION_BYTES)
    cuts = [
        bisect_left(before, before[first] + size * n / count) for n in range(1, count)
    ]
    # Frames may be larger than that: none is cut.
    cuts = [0, *sorted(set(cuts) - {first, len(frames)})]
    ends = [*(frames[cut].begin for cut in cuts[1:]), file_size]
    if len(cuts) == 1:
        return ()
    return tuple(
        Section(
            number,
            len(cuts),
            frames[headers].begin,
            before[headers],
            frames[cut].begin if cut else 0,
            end,
            before[cut],
            file_size,
        )
        for number, (cut, end) in enumerate(zip(cuts, ends, strict=True))
    )
