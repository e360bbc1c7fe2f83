"""The report of a run: what was done where, how fast, and what was left out."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cta_columnar.display.page import Section, Table, render
from cta_columnar.pipelines.planning.status import status
from cta_columnar.pipelines.reports.report import replace_page
from cta_columnar.pipelines.running.runner import cut_flow_of
from cta_columnar.store import JournalOfRun, open_store, read_journals

N_SLOWEST = 20

Facts = dict[str, Any]


def run_report(dataset: str | Path, output: str | Path) -> tuple[Path, Path]:
    """Write what is known of the runs that made a dataset, at any time.

    Parameters
    ----------
    dataset : path
        The dataset: planned, running, interrupted or finished.
    output : path
        The page, ``.html``; the same as data goes beside it, ``.json``.

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
    page = Path(output)
    data = page.with_suffix(".json")
    replace_page(page, to_html(facts))
    replace_page(data, json.dumps(facts, indent=1) + "\n")
    return page, data


def facts_of(dataset: str | Path) -> Facts:
    """Return all that a report says, as plain data.

    Times are in seconds, memory in bytes; rates are per worker.
    """
    journals = read_journals(dataset)
    made = [s for j in journals for s in j.shards if s["outcome"] == "made"]
    cuts = cut_flow_of(open_store(dataset).records)
    slowest = sorted(made, key=lambda shard: -shard["seconds"])[:N_SLOWEST]
    wanted = ("inputs", "seq", "host", "seconds", "events", "raw_bytes", "peak_bytes")
    return {
        "status": status(dataset).to_plain(),
        "runs": [_run(journal) for journal in journals],
        "n_retries": _retries(journals),
        "steps": _steps(made),
        "hosts": list(_hosts(made)),
        "slowest": [{name: each[name] for name in wanted} for each in slowest],
        "cut_flow": [
            {
                **{"stage": cut.stage, "tel_type": cut.tel_type, "cut": cut.cut},
                **{"n_passed": cut.n_passed, "n_survivors": cut.n_survivors},
            }
            for cut in cuts
        ],
    }


def _run(journal: JournalOfRun) -> Facts:
    outcomes = Counter(shard["outcome"] for shard in journal.shards)
    end = journal.end or {}
    ended = "running" if journal.is_running else "killed"
    return {
        "began": datetime.fromtimestamp(journal.run["time"], UTC).isoformat(
            "T", "seconds"
        ),
        "seconds": round(journal.last_time - journal.run["time"], 3),
        "host": journal.run["host"],
        "element": journal.run.get("element"),
        "workers": journal.run.get("workers", 1),
        "status": end.get("status", ended),
        **{f"n_{each}": outcomes[each] for each in ("made", "kept", "failed")},
    }


def _retries(journals: Sequence[JournalOfRun]) -> int:
    """Count attempts beyond the first one of each input."""
    attempts: Counter[tuple[object, ...]] = Counter()
    for journal in journals:
        for line in journal.shards:
            if line["outcome"] == "kept":
                continue
            # Of several shards of an input each has its first attempt.
            attempts[(*line["inputs"], line.get("seq", 0))] += 1
    return sum(count - 1 for count in attempts.values())


def _steps(made: Sequence[Facts]) -> dict[str, float]:
    total: dict[str, float] = defaultdict(float)
    for shard in made:
        for step, seconds in shard["steps"].items():
            total[step] += seconds
    return {step: round(seconds, 3) for step, seconds in total.items()}


def _hosts(made: Sequence[Facts]) -> Iterator[Facts]:
    by_host: dict[str, list[Facts]] = defaultdict(list)
    for shard in made:
        by_host[shard["host"]].append(shard)
    for host, shards in sorted(by_host.items()):
        seconds = sum(shard["seconds"] for shard in shards) or 1e-9
        yield {
            "host": host,
            "n_shards": len(shards),
            "seconds": round(seconds, 3),
            "events_per_second": sum(s["events"] for s in shards) / seconds,
            "raw_bytes_per_second": sum(s["raw_bytes"] for s in shards) / seconds,
            "peak_bytes": max(shard["peak_bytes"] for shard in shards),
        }


def to_html(facts: Facts) -> str:
    """Write the facts as a page that needs no other file."""
    now = facts["status"]
    title = f"{now['stage']}: {now['dataset']}"
    lead = (
        f"{now['state']}: {now['n_done']:,} of {now['n_shards']:,} shards are done, "
        f"{now['n_failed']:,} failed, {now['n_left_out']:,} left out; "
        f"{facts['n_retries']:,} were tried again."
    )
    footer = f"Times are of {datetime.now(UTC):%Y-%m-%d %H:%M} UTC and before."
    return render(title, lead, _sections(facts), footer)


def _sections(facts: Facts) -> Iterator[Section]:
    now = facts["status"]
    for name, title in (
        ("failures", "What failed"),
        ("killed", "Processes that ended without a word"),
        ("left_out", "Inputs that were left out"),
    ):
        if now[name]:
            why = [(each["what"], each["reason"]) for each in now[name]]
            yield Section(title, tables=[Table(why, ("what", "why"), 2)])
    total = sum(facts["steps"].values()) or 1.0
    rows = [
        (s, f"{t:,.1f}", f"{100 * t / total:.0f}") for s, t in facts["steps"].items()
    ]
    header = ("step", "processor time, s", "%")
    yield Section("Where the time goes", tables=[Table(rows, header)])
    yield Section("Machines", "Rates are per worker.", tables=[_hosts_table(facts)])
    yield Section("Slowest shards", tables=[_slowest_table(facts)])
    yield Section("Survivors of cuts", tables=[_cuts_table(facts)])
    yield Section("Runs", tables=[_runs_table(facts)])


def _hosts_table(facts: Facts) -> Table:
    header = ("host", "shards", "busy, s", "events/s", "raw MB/s", "most memory, MB")
    rows = [
        (
            each["host"],
            f"{each['n_shards']:,}",
            f"{each['seconds']:,.1f}",
            f"{each['events_per_second']:,.1f}",
            f"{each['raw_bytes_per_second'] / 1e6:,.1f}",
            f"{each['peak_bytes'] / 1e6:,.0f}",
        )
        for each in facts["hosts"]
    ]
    return Table(rows, header)


def _slowest_table(facts: Facts) -> Table:
    header = ("inputs", "host", "shard", "s", "events", "most memory, MB")
    rows = [
        (
            ", ".join(each["inputs"]),
            each["host"],
            f"{each['seq']}",
            f"{each['seconds']:,.1f}",
            f"{each['events']:,}",
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
    header = ("began", "host", "status", "element", "s", "made", "kept", "failed")
    rows = [
        (
            *(each["began"], each["host"], each["status"]),
            "" if each["element"] is None else str(each["element"]),
            f"{each['seconds']:,.1f}",
            *(f"{each[name]:,}" for name in ("n_made", "n_kept", "n_failed")),
        )
        for each in facts["runs"]
    ]
    return Table(rows, header, 3)
