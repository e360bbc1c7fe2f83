"""Open raw data for people: the source, seen event by event."""

from os import PathLike
from typing import Any

from cta_columnar.events import EventStream
from cta_columnar.sources.base import open_source as open_by_content


def open_source(path: str | PathLike[str], **options: Any) -> EventStream:  # noqa: ANN401
    """Open a raw file by its content.

    Parameters
    ----------
    path : path
        File to read, e.g. ``run.simtel.zst``.
    **options : object
        Keys of ``source`` in the configuration: ``allowed_tels=[1, 2]``,
        ``max_events=100``, ``focal_length_choice="EQUIVALENT"`` ...

    Returns
    -------
    EventStream
        Iterate over it for events; ``batches()`` gives them as the stages see them,
        ``subarray`` is the array.

    Raises
    ------
    BadInputError
        If it is no file of a known format, or is damaged.

    Examples
    --------
    >>> for event in open_source("run.simtel.zst"):
    ...     print(event.simulation.energy.to("GeV"), list(event.r0.tel))
    """
    return EventStream(open_by_content(path, **options))
