"""What a report on event lists shows: plain arrays, by whoever read the files."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from cta_columnar.page import Table

Position = tuple[float, float]


@dataclass(frozen=True, eq=False)
class EventListsShown:
    """What a page on event lists says.

    Attributes
    ----------
    title : str
        Of the page.
    observations : polars.DataFrame
        ``obs_id``, ``object``, ``lon``, ``lat`` (of the pointing, deg around
        ``centre``), ``zen_pnt`` (deg), ``tstart``, ``ontime``, ``livetime`` (s),
        ``n_events``, a row for each observation.
    intervals : polars.DataFrame
        ``obs_id``, ``start``, ``stop`` (s): good time.
    events : polars.DataFrame
        ``obs_id``, ``lon``, ``lat`` (deg, around ``centre``), ``energy`` (TeV).
    on, off : polars.DataFrame
        ``theta2`` (deg2) of events from the target, and from places without it, each
        with its ``weight``; empty without a target.
    centre : (float, float)
        Right ascension and declination of the middle of the map, deg.
    target : (float, float), optional
        Where it is around ``centre``, deg.
    facts : sequence of (str, str)
        What the event lists are.
    responses : sequence of (str, str)
        Observations, and which responses they have.
    problems : sequence of str
        What does not keep the format.
    tables : sequence of (str, Table)
        What else lies in the folder, with headings.
    cut_flow : polars.DataFrame
        Columns of ``schemas.dl1.CUT_FLOW``.
    provenance : sequence of (str, sequence of Table)
        From raw data to these files.
    warnings : sequence of str
        What to know before anything else.
    """

    title: str
    observations: pl.DataFrame
    intervals: pl.DataFrame
    events: pl.DataFrame
    on: pl.DataFrame
    off: pl.DataFrame
    centre: Position
    target: Position | None = None
    facts: Sequence[tuple[str, str]] = ()
    responses: Sequence[tuple[str, str]] = ()
    problems: Sequence[str] = ()
    tables: Sequence[tuple[str, Table]] = ()
    cut_flow: pl.DataFrame = field(default_factory=pl.DataFrame)
    provenance: Sequence[tuple[str, Sequence[Table]]] = field(default=())
    warnings: Sequence[str] = ()
