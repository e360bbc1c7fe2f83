"""The report on event lists: which sections, which words."""

from collections.abc import Iterator

from cta_columnar import __version__
from cta_columnar.display import dl3_figures
from cta_columnar.display.dl3_contents import EventListsShown
from cta_columnar.display.irf_reports import cut_flow, provenance
from cta_columnar.display.style import to_png
from cta_columnar.page import Picture, Section, Table, render
from cta_columnar.schemas.version import SCHEMA_VERSION

MOST_PROBLEMS = 20


def dl3_report(shown: EventListsShown) -> str:
    """Write what is in event lists as one page of HTML.

    Returns
    -------
    str
        The page; it needs no other file and no network.
    """
    sections = [
        Section(
            "What is there",
            tables=[Table(shown.facts, n_words=2)],
            notes=shown.warnings,
        ),
        *_sky(shown),
        _observations(shown),
        _format(shown),
        *cut_flow(shown.cut_flow),
        *provenance(shown.provenance),
    ]
    n_runs, n_events = shown.observations.height, shown.observations["n_events"].sum()
    lead = f"{n_events:,} events in {n_runs:,} observations"
    footer = f"Made by ctacol {__version__}, data model {SCHEMA_VERSION}."
    return render(shown.title, lead, sections, footer)


def _sky(shown: EventListsShown) -> Iterator[Section]:
    if not shown.events.height:
        yield Section("Events", notes=["There is not a single event."])
        return
    pictures = [
        Picture(
            to_png(dl3_figures.sky(shown)), "Counts on the sky.", "White: no event."
        ),
        Picture(to_png(dl3_figures.energies(shown)), "Energies.", "Counts, not flux."),
    ]
    rates = to_png(dl3_figures.rates(shown))
    caption = "Error bars: of counting. Dashed: all observations together."
    pictures.append(Picture(rates, "Rates.", caption))
    notes = []
    if shown.on.height:
        caption = (
            "Squared distance to the target, beside that to places as far from the "
            "pointing as the target."
        )
        drawn = to_png(dl3_figures.theta2(shown))
        pictures.insert(1, Picture(drawn, "Theta squared.", caption))
    else:
        notes.append("There is no target with places beside it, so there is no theta².")
    yield Section("Events", "After all cuts.", pictures=pictures, notes=notes)


def _observations(shown: EventListsShown) -> Section:
    drawn = to_png(dl3_figures.timeline(shown))
    picture = Picture(drawn, "Good time.", "A bar for each interval.", is_wide=True)
    header = ("observation", "target", "zenith (deg)", "on time (s)", "live time (s)",
              "dead (%)", "events", "rate (1/s)")  # fmt: skip
    cells = [_row(row) for row in shown.observations.sort("tstart").to_dicts()]
    tables = [Table(cells, header, n_words=2)]
    tables += [
        Table(each.rows, each.header, each.n_words, title, each.folded)
        for title, each in shown.tables
    ]
    return Section("Observations", tables=tables, pictures=[picture])


def _row(row: dict[str, object]) -> tuple[str, ...]:
    ontime, livetime, n_events = (
        float(str(row[name])) for name in ("ontime", "livetime", "n_events")
    )
    dead = 100 * (1 - livetime / ontime) if ontime > 0 else float("nan")
    rate = n_events / livetime if livetime > 0 else float("nan")
    zenith = float(str(row["zen_pnt"]))
    return (
        str(row["obs_id"]), str(row["object"]), f"{zenith:.2f}", f"{ontime:,.1f}",
        f"{livetime:,.1f}", f"{dead:.2f}", f"{n_events:,.0f}", f"{rate:.3g}",
    )  # fmt: skip


def _format(shown: EventListsShown) -> Section:
    tables = [Table(shown.responses, ("observations", "tables"), n_words=2)]
    title, n_problems = "Format and responses", len(shown.problems)
    if not shown.problems:
        return Section(title, "All tables keep the format (GADF).", tables=tables)
    rows = [(problem,) for problem in shown.problems[:MOST_PROBLEMS]]
    note = f"Things that do not keep the format (GADF): {n_problems:,}."
    return Section(title, tables=[*tables, Table(rows)], notes=[note])
