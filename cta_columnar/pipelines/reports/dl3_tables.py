"""What lies beside event lists, for their page."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from cta_columnar.page import Table

# Tables of numbers, with what a page calls them and their rows.
_NUMBERS = (
    ("technical/intervals", "Conditions", "intervals"),
    ("technical/telescopes", "Telescopes", "intervals of telescopes"),
)


def rows_of(folder: Path, name: str) -> pl.DataFrame:
    """Read a table beside the event lists; empty if there is none."""
    path = folder / f"{name}.parquet"
    return pl.read_parquet(path) if path.is_file() else pl.DataFrame()


def left_out(folder: Path) -> list[str]:
    """Tell of observations that have no event list, and why."""
    rows = rows_of(folder, "observations")
    if not rows.height:
        return []
    return [
        f"Observation {row['obs_id']} is left out: {row['why_not']}."
        for row in rows.filter(pl.col("why_not") != "").to_dicts()
    ]


def tables_beside(folder: Path) -> Iterator[tuple[str, Table]]:
    """Make tables of what is known besides: pointings, events drawn, conditions."""
    pointed = rows_of(folder, "observations")
    if pointed.height:
        pointed = pointed.filter(pl.col("why_not") == "")
        yield "Pointings and their responses", _pointings(pointed)
    drawn = rows_of(folder, "observed")
    if drawn.height:
        yield "Simulated events drawn", _drawn(drawn)
    for name, heading, what in _NUMBERS:
        rows = rows_of(folder, name)
        known = [
            each
            for each in rows.columns
            if rows[each].dtype.is_numeric() and rows[each].is_not_nan().any()
        ]
        if known:
            cells = [[f"{x:,.6g}" for x in row] for row in rows.select(known).rows()]
            header = [each.replace("_", " ") for each in known]
            yield heading, Table(cells, header, 0, folded=f"{len(cells)} {what}")


def _pointings(rows: pl.DataFrame) -> Table:
    cells = [
        (
            str(row["obs_id"]),
            str(row["response"]),
            *(f"{row[name]:.2f}" for name in
              ("zenith_min", "zenith_max", "azimuth_mean", "response_zenith",
               "response_azimuth")),
        )
        for row in rows.to_dicts()
    ]  # fmt: skip
    header = ("observation", "responses of", "zenith from", "to, deg", "azimuth, deg",
              "zenith of responses", "their azimuth")  # fmt: skip
    return Table(cells, header, 2, folded=f"{len(cells)} observations")


def _drawn(rows: pl.DataFrame) -> Table:
    cells = [
        (str(row["obs_id"]), str(row["sample"]), f"{row['n_expected']:,.1f}",
         f"{row['n_drawn']:,}", f"{row['n_lost']:,.1f}")
        for row in rows.to_dicts()
    ]  # fmt: skip
    header = ("observation", "sample", "expected", "drawn", "lost")
    return Table(cells, header, 2, folded=f"{len(cells)} rows")
