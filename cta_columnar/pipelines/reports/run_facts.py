"""What is known of the runs that made a dataset, as plain data."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cta_columnar.pipelines.planning.status import status_of
from cta_columnar.pipelines.running.outcomes import cut_flow_of
from cta_columnar.pipelines.running.shards import PieceKey
from cta_columnar.store import JournalOfRun, open_store, read_journals

N_SLOWEST = 20

Facts = dict[str, Any]


def facts_of(dataset: str | Path) -> Facts:
    """Return all that a report says, as plain data.

    Times are in seconds, memory in bytes. Rates of hosts are per worker; those of
    steps are per second of processor time of the step.

    Raises
    ------
    UserError
        If there is no such dataset, or it is damaged.
    """
    store, journals = open_store(dataset), read_journals(dataset)
    made = [s for j in journals for s in j.shards if s["outcome"] == "made"]
    shards = list(_shards(journals))
    return {
        "status": status_of(dataset, store, journals).to_plain(),
        "runs": [_run(journal) for journal in journals],
        "n_attempts": sum(len(each["attempts"]) for each in shards),
        "n_retries": sum(max(len(each["attempts"]) - 1, 0) for each in shards),
        "steps": _steps(made),
        "hosts": list(_hosts(made)),
        "slowest": _slowest(made),
        "cut_flow": [asdict(cut) for cut in cut_flow_of(store.records)],
        "shards": shards,
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
        "workers": max(
            (int(line["workers"]) for line in journal.lines if "workers" in line),
            default=1,
        ),
        "status": end.get("status", ended),
        **{f"n_{each}": outcomes[each] for each in ("made", "kept", "failed")},
        "n_retried": sum(1 for _ in journal.retries),
    }


def _shards(journals: Sequence[JournalOfRun]) -> Iterator[Facts]:
    """Say of each shard how often it was tried, and what came of that."""
    attempts: dict[PieceKey, list[Facts]] = {}
    for journal in journals:
        element = journal.run.get("element")
        for line in journal.lines:
            if line["what"] not in ("shard", "retry"):
                continue
            # Of several shards of an input each has its first attempt.
            mine = attempts.setdefault((tuple(line["inputs"]), line.get("seq", 0)), [])
            if line.get("outcome") != "kept":
                mine.append(_attempt(line, element))
    for (inputs, seq), found in attempts.items():
        found.sort(key=lambda each: float(each["time"]))
        yield {"inputs": list(inputs), "seq": seq, "attempts": found}


def _attempt(line: Mapping[str, Any], element: int | None) -> Facts:
    outcome = "tried again" if line["what"] == "retry" else line["outcome"]
    told = ("reason", "host", "seconds", "events", "raw_bytes", "peak_bytes")
    return {
        "time": line["time"],
        "outcome": outcome,
        **({} if element is None else {"element": element}),
        **{name: line[name] for name in told if name in line},
    }


def _steps(made: Sequence[Facts]) -> dict[str, Facts]:
    """Add up the processor time of each step, and how many events it took."""
    n_events = sum(shard["events"] for shard in made)
    return {
        step: {
            "seconds": round(seconds, 3),
            "events_per_second": round(n_events / seconds, 3) if seconds else None,
        }
        for step, seconds in _summed(made).items()
    }


def _summed(made: Sequence[Facts]) -> dict[str, float]:
    total: dict[str, float] = defaultdict(float)
    for shard in made:
        for step, seconds in shard["steps"].items():
            total[step] += seconds
    return total


def _hosts(made: Sequence[Facts]) -> Iterator[Facts]:
    by_host: dict[str, list[Facts]] = defaultdict(list)
    for shard in made:
        by_host[shard["host"]].append(shard)
    for host, shards in sorted(by_host.items()):
        yield {
            "host": host,
            **_work(shards),
            "n_processes": len({shard.get("pid") for shard in shards}),
            "steps": _steps(shards),
        }


def _slowest(made: Sequence[Facts]) -> list[Facts]:
    """Return the inputs that took longest, with all of their shards."""
    by_input: dict[tuple[str, ...], list[Facts]] = defaultdict(list)
    for shard in made:
        by_input[tuple(shard["inputs"])].append(shard)
    found = [
        {
            "inputs": list(inputs),
            **_work(shards),
            "hosts": sorted({shard["host"] for shard in shards}),
        }
        for inputs, shards in by_input.items()
    ]
    return sorted(found, key=lambda each: -float(each["seconds"]))[:N_SLOWEST]


def _work(shards: Sequence[Facts]) -> Facts:
    """Add up what some shards took."""
    seconds = sum(shard["seconds"] for shard in shards)
    n_events = sum(shard["events"] for shard in shards)
    n_bytes = sum(shard["raw_bytes"] for shard in shards)
    return {
        "n_shards": len(shards),
        "seconds": round(seconds, 3),
        "events": n_events,
        "events_per_second": n_events / seconds if seconds else None,
        "raw_bytes_per_second": n_bytes / seconds if seconds else None,
        "peak_bytes": max(shard["peak_bytes"] for shard in shards),
    }
