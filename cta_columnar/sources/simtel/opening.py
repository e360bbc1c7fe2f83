"""Open a sim_telarray file, or a section of it, and read its headers."""

from contextlib import ExitStack
from pathlib import Path

from cta_columnar.instrument.optics import FocalLengthChoice
from cta_columnar.kernels.simtel.framing import MAX_LENGTH
from cta_columnar.sources.base import BadInputError, Counts, unreadable
from cta_columnar.sources.decompression import Decompressed, StreamError
from cta_columnar.sources.sections import Section
from cta_columnar.sources.simtel.chunks import Chunks
from cta_columnar.sources.simtel.reading import Reading
from cta_columnar.sources.simtel.section_reading import SectionReading

# Decompressed at once: it mostly stays in the cache until it is decoded.
CHUNK_BYTES = 16 << 20


def open_reading(
    path: Path,
    choice: FocalLengthChoice,
    allowed_tels: set[int] | None,
    counts: Counts,
    section: Section | None,
    *,
    skips_calibration: bool,
) -> tuple[Reading, Decompressed]:
    """Open a file and read its headers.

    Parameters
    ----------
    path, choice, allowed_tels, counts
        See `Reading`.
    section : Section or None
        What to read; None: all.
    skips_calibration : bool
        See `SectionReading`.

    Returns
    -------
    reading : Reading
        Behind the headers.
    stream : Decompressed
        What it reads from; to be closed.

    Raises
    ------
    BadInputError
        If the file cannot be opened, or is damaged there.
    """
    rest = (choice, allowed_tels, counts)
    part = (section.begin, section.end) if section else None
    with ExitStack() as opened:
        stream = opened.enter_context(_open(path, part))
        chunks = _chunks(stream, section.offset if section else 0)
        reading = Reading(path, chunks, *rest)
        if section is not None:
            reading = of_section = SectionReading(
                path, chunks, *rest, section, skips_calibration=skips_calibration
            )
        if section is None or section.is_first:
            reading.read_headers()
        else:
            with _open(path, (0, section.headers)) as headers:
                of_section.read_headers_from(_chunks(headers))
        opened.pop_all()
    return reading, stream


def _open(path: Path, part: tuple[int, int] | None) -> Decompressed:
    try:
        return Decompressed(path, part)
    except OSError as error:
        raise unreadable(path, error) from error
    except StreamError as error:
        raise BadInputError(path, error.offset, str(error)) from error


def _chunks(stream: Decompressed, offset: int = 0) -> Chunks:
    return Chunks(stream, CHUNK_BYTES, MAX_LENGTH + CHUNK_BYTES, offset)
