"""The report of a run: what was done where, how fast, and what was left out."""

import json
import logging
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from cta_columnar.errors import UserError
from cta_columnar.page import Section, Table, render, write_whole
from cta_columnar.pipelines.reports.run_facts import Facts, facts_of
from cta_columnar.remote import RemotePath, location
from cta_columnar.store import JOURNAL
from cta_columnar.texts import encodable

# Where every run leaves its report: no result depends on that folder.
BESIDE = Path(JOURNAL, "report.html")
# A page of a hundred thousand lines is of no use; all of them are in the data.
MAX_ROWS = 200

_log = logging.getLogger(__name__)


def run_report(dataset: str | Path, output: str | Path) -> tuple[Path, Path]:
    """Write what is known of the runs that made a dataset, at any time.

    Parameters
    ----------
    dataset : path
        The dataset: planned, running, interrupted or finished.
    output : path
        The page, ``.html``, which may be at a URL; the same as data goes beside it,
        ``.json``.

    Returns
    -------
    page, data : pathlib.Path
        Both files.

    Raises
    ------
    UserError
        If there is no such dataset, or it is damaged.
    """
    facts = facts_of(dataset)
    page = location(output)
    data = page.with_suffix(".json")
    _write(page, to_html(facts))
    _write(data, json.dumps(encodable(facts)) + "\n")
    return page, data


def _write(path: Path, text: str) -> None:
    if isinstance(path, RemotePath):
        # An object is whole once it has its name.
        path.write_bytes(text.encode(errors="backslashreplace"))
    else:
        write_whole(path, text)


def report_beside(dataset: Path) -> None:
    """Write the report of a run that ended into its dataset, beside its journal.

    Nothing is done where there is no journal: other products have none. What goes wrong
    is told and harms nobody: the run is over, well or with an error of its own.
    """
    page = dataset / BESIDE
    try:
        if (dataset / JOURNAL).is_dir():
            run_report(dataset, page)
    except UserError as error:
        _log.warning("no report of this run could be written: %s", error)
    except OSError as error:
        # By its own name: a draft of it, which has another, is gone by now.
        reason = os.strerror(error.errno) if error.errno else str(error)
        _log.warning("no report of this run could be written: %s: %s", page, reason)
    except Exception as error:
        told = f"{type(error).__name__}: {error}"
        _log.warning("no report of this run could be written: %s", told)


def to_html(facts: Facts) -> str:
    """Write the facts as a page that needs no other file."""
    now = facts["status"]
    title = f"{now['stage']}: {now['dataset']}"
    lead = (
        f"{now['state'].capitalize()}: {now['n_done']:,} of {now['n_shards']:,} shards "
        f"are done, {now['n_failed']:,} failed, {now['n_left_out']:,} left out. "
        f"{facts['n_attempts']:,} attempts, {facts['n_retries']:,} of them not the "
        "first of their shard."
    )
    footer = f"As of {datetime.now(UTC):%Y-%m-%d %H:%M} UTC; times are UTC."
    return render(title, lead, _sections(facts), footer)


def _sections(facts: Facts) -> Iterator[Section]:
    now = facts["status"]
    for name, title in (
        ("failures", "What failed"),
        ("ended", "Runs that ended early"),
        ("left_out", "Inputs that were left out"),
    ):
        if now[name]:
            why = [(each["what"], each["reason"]) for each in now[name]]
            yield Section(title, tables=[_limited(why, ("what", "why"), 2)])
    if facts["n_retries"]:
        yield Section("Shards of several attempts", tables=[_attempts_table(facts)])
    if not facts["hosts"]:
        yield Section("Work", "No shard was made yet, or none of it was written down.")
    else:
        yield Section("Where the time goes", _PER_STEP, tables=[_steps_table(facts)])
        machines = [_hosts_table(facts)]
        if len(facts["hosts"]) > 1:
            machines.append(_steps_of_hosts_table(facts))
        yield Section("Machines", "Rates are per worker.", tables=machines)
        yield Section("Slowest inputs", tables=[_slowest_table(facts)])
    if facts["cut_flow"]:
        yield Section("Survivors of cuts", tables=[_cuts_table(facts)])
    yield Section("Runs", tables=[_runs_table(facts)])


_PER_STEP = (
    "Processor time of all workers. Rates are array events per second of the processor "
    "time of that step."
)


def _limited(
    rows: Sequence[tuple[str, ...]],
    header: tuple[str, ...],
    n_words: int,
    title: str = "",
) -> Table:
    """Return a table of the first rows, and say how many there are."""
    if len(rows) > MAX_ROWS:
        title = f"{title} The first {MAX_ROWS} of {len(rows):,}".strip()
    return Table(rows[:MAX_ROWS], header, n_words, title)


def _attempts_table(facts: Facts) -> Table:
    rows = []
    for shard in facts["shards"]:
        attempts = shard["attempts"]
        if len(attempts) < 2:
            continue
        reasons = [each["reason"] for each in attempts if "reason" in each]
        rows.append(
            (
                ", ".join(shard["inputs"]),
                "; ".join(dict.fromkeys(reasons)),
                attempts[-1]["outcome"],
                f"{shard['seq']}",
                f"{len(attempts)}",
            )
        )
    header = ("inputs", "what went wrong", "at last", "shard", "attempts")
    return _limited(rows, header, 3)


def _steps_table(facts: Facts) -> Table:
    total = sum(each["seconds"] for each in facts["steps"].values()) or 1.0
    rows = [
        (
            step,
            f"{each['seconds']:,.2f}",
            f"{100 * each['seconds'] / total:.0f}",
            _rate(each["events_per_second"]),
        )
        for step, each in facts["steps"].items()
    ]
    return Table(rows, ("step", "processor time, s", "%", "events/s"))


def _rate(rate: float | None, unit: float = 1.0) -> str:
    return "" if rate is None else f"{rate / unit:,.1f}"


def _hosts_table(facts: Facts) -> Table:
    header = (
        *("host", "processes", "shards", "busy, s"),
        *("events/s", "raw MB/s", "most memory, MB"),
    )
    rows = [
        (
            each["host"],
            f"{each['n_processes']:,}",
            f"{each['n_shards']:,}",
            f"{each['seconds']:,.1f}",
            _rate(each["events_per_second"]),
            _rate(each["raw_bytes_per_second"], 1e6),
            f"{each['peak_bytes'] / 1e6:,.0f}",
        )
        for each in facts["hosts"]
    ]
    return _limited(rows, header, 1)


def _steps_of_hosts_table(facts: Facts) -> Table:
    steps = tuple(facts["steps"])
    rows = [
        (
            each["host"],
            *(_rate(each["steps"].get(s, {}).get("events_per_second")) for s in steps),
        )
        for each in facts["hosts"]
    ]
    return _limited(rows, ("host", *steps), 1, "Events per second of each step")


def _slowest_table(facts: Facts) -> Table:
    header = ("inputs", "hosts", "shards", "s", "events/s", "raw MB/s", "memory, MB")
    rows = [
        (
            ", ".join(each["inputs"]),
            ", ".join(each["hosts"]),
            f"{each['n_shards']:,}",
            f"{each['seconds']:,.1f}",
            _rate(each["events_per_second"]),
            _rate(each["raw_bytes_per_second"], 1e6),
            f"{each['peak_bytes'] / 1e6:,.0f}",
        )
        for each in facts["slowest"]
    ]
    return Table(rows, header, 2)


def _cuts_table(facts: Facts) -> Table:
    rows = [
        (e["stage"], e["tel_type"], e["cut"] or "all", f"{e['n_survivors']:,}")
        for e in facts["cut_flow"]
    ]
    return Table(rows, ("selection", "telescopes", "cut", "survivors"), 3)


def _runs_table(facts: Facts) -> Table:
    header = (
        *("began", "host", "status", "element", "workers", "s"),
        *("made", "kept", "failed", "tried again"),
    )
    rows = [
        (
            *(each["began"], each["host"], each["status"]),
            "" if each["element"] is None else str(each["element"]),
            f"{each['workers']:,}",
            f"{each['seconds']:,.1f}",
            *(f"{each[n]:,}" for n in ("n_made", "n_kept", "n_failed", "n_retried")),
        )
        for each in facts["runs"]
    ]
    return _limited(rows, header, 3)
