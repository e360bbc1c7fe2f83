"""What a report on responses shows: plain tables, by whoever read them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from cta_columnar.page import Table

ENERGIES = ("reco_energy", "true_energy")
OFFSETS = ("true_source_fov_offset", "reco_source_fov_offset")


@dataclass(frozen=True, eq=False)
class Response:
    """One response: a point of a grid, an event type, or a published one.

    Attributes
    ----------
    name : str
        As legends give it.
    products : mapping of str to polars.DataFrame
        Tables of ``schemas.irf.TABLES``, bins being ``<axis>_low`` to ``<axis>_high``.
    is_reference : bool
        Whether it is what the others are compared with.
    """

    name: str
    products: Mapping[str, pl.DataFrame]
    is_reference: bool = False


@dataclass(frozen=True, eq=False)
class IrfShown:
    """What a page on responses says.

    Attributes
    ----------
    title : str
        Of the page.
    facts : sequence of (str, str)
        What the responses are made of.
    responses : sequence of Response
        To be drawn over each other: points of the grid, folders, references.
    by_type : sequence of Response
        Event types of the first point, if there are any.
    tables : sequence of (str, Table)
        Grid, runs and inputs, with their headings.
    cut_flow : polars.DataFrame
        Columns of ``schemas.dl1.CUT_FLOW``.
    provenance : sequence of (str, sequence of Table)
        From raw data to these responses: a heading and tables for each step.
    warnings : sequence of str
        What to know before anything else.
    """

    title: str
    facts: Sequence[tuple[str, str]]
    responses: Sequence[Response]
    by_type: Sequence[Response] = ()
    tables: Sequence[tuple[str, Table]] = ()
    cut_flow: pl.DataFrame = field(default_factory=pl.DataFrame)
    provenance: Sequence[tuple[str, Sequence[Table]]] = ()
    warnings: Sequence[str] = ()


def energy_of(rows: pl.DataFrame) -> str:
    """Which energy the bins of a product are of."""
    for name in ENERGIES:
        if f"{name}_low" in rows.columns:
            return name
    raise ValueError("a product without an axis of energy")


def innermost(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of the ring of the field of view that is nearest to its centre."""
    for name in OFFSETS:
        low = f"{name}_low"
        if low in rows.columns:
            rows = rows.filter(pl.col(low) == pl.col(low).min())
    return rows


def offset_of(rows: pl.DataFrame) -> str | None:
    """Which offset the bins of a product are of, if there are several."""
    for name in OFFSETS:
        low = f"{name}_low"
        if low in rows.columns and rows[low].n_unique() > 1:
            return name
    return None
