"""What every source of events offers, and how one is opened."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from cta_columnar.errors import ReadError, UserError, did_you_mean, is_disk_failure
from cta_columnar.instrument.coefficients import Coefficients
from cta_columnar.instrument.subarray import SubarrayDescription
from cta_columnar.options import option_specs
from cta_columnar.remote import location
from cta_columnar.schemas.event_types import EventType
from cta_columnar.sources.decompression import StreamError, peek
from cta_columnar.sources.sections import Section

ENTRY_POINTS = "cta_columnar.sources"


class BadInputError(UserError):
    """An input that cannot be read, or not to its end.

    Attributes
    ----------
    path : Path
        The file.
    offset : int or None
        Where it goes wrong, in bytes of the decompressed content; None if it could not
        be opened.
    message : str
        What is wrong.
    events_read : int
        Array events that were whole before that place.
    since : int
        Where reading began, if not at the start: see `sources.sections`.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        offset: int | None,
        message: str,
        events_read: int = 0,
        since: int = 0,
    ) -> None:
        self.path = location(path)
        self.offset = offset
        self.message = message
        self.events_read = events_read
        self.since = since
        begin = f" from byte {since} on" if since else ""
        where = (
            ""
            if offset is None
            else (
                f" (at byte {offset} of the decompressed content, after "
                f"{events_read} whole array events{begin})"
            )
        )
        super().__init__(f"{path}: {message}{where}")

    def __reduce__(self) -> tuple[Any, ...]:
        # Workers send errors to their parent; the text alone would not do.
        where = (self.offset, self.message, self.events_read, self.since)
        return type(self), (str(self.path), *where)


@dataclass(frozen=True, eq=False)
class EventBatch:
    """Some array events of one type, and the telescope events in them.

    Attributes
    ----------
    event_type : EventType
        Type of all its events; `EventType.SUBARRAY` for showers.
    trigger : pyarrow.RecordBatch
        ``schemas.dl1.TRIGGER``, a row per array event.
    showers : pyarrow.RecordBatch
        ``schemas.simulation.SHOWERS``, a row per array event; empty for calibration.
    telescopes : dict of str to pyarrow.RecordBatch
        By telescope type: ``schemas.r0.TELESCOPE_EVENTS``, its axes bound. Where a
        camera gives only sums, there is one sample, as uint32.
    coefficients : dict of str to Coefficients
        By telescope type: what ``calibration_index`` points into.
    """

    event_type: EventType
    trigger: pa.RecordBatch
    showers: pa.RecordBatch
    telescopes: dict[str, pa.RecordBatch]
    coefficients: dict[str, Coefficients]


@dataclass
class Counts:
    """What has been read so far.

    Attributes
    ----------
    array_events_read : int
        Array events that were whole in the file, calibration events included.
    array_events, telescope_events : int
        Those that were handed out.
    dropped : dict of str to int
        Others, by reason.
    """

    array_events_read: int = 0
    array_events: int = 0
    telescope_events: int = 0
    dropped: dict[str, int] = field(default_factory=dict)

    def drop(self, reason: str, number: int) -> None:
        """Count ``number`` events that were left out for a reason."""
        if number:
            self.dropped[reason] = self.dropped.get(reason, 0) + number


class EventSource(Protocol):
    """A raw file, or a section of it, read once from start to end."""

    path: Path
    counts: Counts

    @property
    def subarray(self) -> SubarrayDescription:
        """The telescopes that are read."""

    @property
    def runs(self) -> pa.Table:
        """``schemas.simulation.RUNS`` up to now."""

    @property
    def thrown(self) -> pa.Table:
        """``schemas.simulation.THROWN``; complete at the end of the file."""

    @property
    def atmosphere(self) -> pa.Table:
        """``schemas.simulation.ATMOSPHERE``; complete at the end of the file."""

    @property
    def warnings(self) -> list[str]:
        """What the user should look at, each with the file; complete at its end."""

    @property
    def bytes_read(self) -> int:
        """Decompressed bytes so far; headers count once, in the first section."""

    @property
    def position(self) -> int:
        """Bytes so far; at the end, the size of the file or section."""

    def batches(self) -> Iterator[EventBatch]:
        """Read the file; can be asked for once.

        Raises
        ------
        BadInputError
            Where the file is damaged, after all whole events before.
        """

    def close(self) -> None:
        """Close the file."""


def source_classes() -> dict[str, Any]:
    """Classes of sources by name: those installed under the entry point group.

    Each has ``is_compatible(path)``, which looks at the content, and takes the path and
    options: keywords, declared as those of an algorithm. One that can read a file in
    sections has ``sections(path)``, which returns them, and the option ``section``.
    """
    found = {each.name: each for each in entry_points(group=ENTRY_POINTS)}
    return {name: found[name].load() for name in sorted(found)}


def open_source(path: str | os.PathLike[str], **options: Any) -> EventSource:  # noqa: ANN401
    """Open a file with the source that knows its content.

    Parameters
    ----------
    path : path
        File to read.
    **options : object
        Given to the source, once they are checked as a configuration is.

    Raises
    ------
    UserError
        If it has no such option, or the value cannot be.
    BadInputError
        If there is no such file, it cannot be read, or no source knows its content.
    """
    path = location(path).expanduser()
    cls = _class_of(path)
    source: EventSource = cls(path, **_checked(cls, options))
    return source


def sections_of(path: Path, section_bytes: int | None = None) -> tuple[Section, ...]:
    """Return sections of a file that can be read apart, by the option ``section``.

    Together they hold what the whole file does. They depend on the file and the wanted
    size alone.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    section_bytes : int, optional
        Decompressed bytes of events that make a section, at least; by default
        `cta_columnar.sources.sections.SECTION_BYTES`.

    Returns
    -------
    sections : tuple of Section
        In order; empty if the file is to be read as a whole.

    Raises
    ------
    BadInputError
        As for `open_source`.
    """
    cls = _class_of(path)
    if not hasattr(cls, "sections"):
        return ()
    try:
        found: tuple[Section, ...] = cls.sections(path, section_bytes)
    except OSError as error:
        raise unreadable(path, error) from error
    return found


def _class_of(path: Path) -> Any:  # noqa: ANN401
    """Return the class of sources that knows the content of a file."""
    require_file(path)
    try:
        start = peek(path)
    except StreamError as error:
        raise BadInputError(path, error.offset, str(error)) from error
    except OSError as error:
        raise unreadable(path, error) from error
    classes = source_classes()
    for cls in classes.values():
        if cls.is_compatible(path):
            return cls
    what = f"starts with {start[:8]!r}" if start else "is empty"
    known = ", ".join(classes)
    raise BadInputError(path, 0, f"no known format ({known}): the content {what}")


def _checked(source: Any, options: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401
    """Return options in the types that a class of sources declares."""
    specs = option_specs(source.__init__)
    for name in options:
        if name not in specs:
            hint = did_you_mean(name, specs)
            raise UserError(f"{name}: {source.__name__} has no such option; {hint}")
    return {name: specs[name].validate(value) for name, value in options.items()}


def require_file(path: Path) -> None:
    """Refuse what is no file, before anybody waits for its first byte.

    Raises
    ------
    BadInputError
        If there is nothing, a folder, a pipe or a device.
    """
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise unreadable(path, error) from error
    if not stat.S_ISREG(mode):
        what = "directory" if stat.S_ISDIR(mode) else "pipe or device"
        raise BadInputError(path, None, f"is a {what}, not a file")


def unreadable(path: Path, error: OSError) -> BadInputError | ReadError:
    """Word the error of a file that cannot be opened or read at all."""
    if is_disk_failure(error):
        return ReadError(path, error)
    if isinstance(error, FileNotFoundError):
        reason = "no such file"
    else:
        reason = f"cannot be read: {error.strerror or error}"
    return BadInputError(path, None, reason)
