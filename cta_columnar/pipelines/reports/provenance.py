"""The chain of steps from raw data to a product, as tables of a report."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cta_columnar.digests import value_digest
from cta_columnar.page import Table
from cta_columnar.remote import is_url
from cta_columnar.store import History, PastRun, history_of

MAX_PATHS = 6


@dataclass(eq=False)
class _Step:
    """Runs of one stage that had the same software."""

    runs: list[PastRun] = field(default_factory=list)
    products: list[str] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)


def provenance_tables(root: Path) -> list[tuple[str, Sequence[Table]]]:
    """Follow the provenance of a product back to raw data.

    Parameters
    ----------
    root : pathlib.Path
        A folder with its provenance in it.

    Returns
    -------
    steps : list of (str, sequence of Table)
        Heading and tables, the first step first. Runs of one stage and software are one
        step, which says in what their configurations differ. Products that are no
        longer where they were end the chain there, which is said.
    """
    steps: dict[str, _Step] = {}
    lost: list[str] = []
    _follow(root, {}, steps, lost)
    told = [_told(step) for step in steps.values()]
    if lost:
        rows = [(path, "not found, or without a provenance") for path in _short(lost)]
        told.insert(0, ("where the chain begins", [Table(rows, n_words=2)]))
    return told


def _follow(
    root: Path, seen: dict[Path, bool], steps: dict[str, _Step], lost: list[str]
) -> None:
    """Add all steps that led to a product, those before it first."""
    if root in seen:
        return
    seen[root] = True
    history = history_of(root)
    if history is None:
        lost.append(str(root))
        return
    # A document of somebody else must not make us ask servers.
    lost += [path for path in history.inputs if is_url(path)]
    here = (Path(path) for path in history.inputs if not is_url(path))
    origins = list(dict.fromkeys(map(_product_of, here)))
    for origin in origins:
        _follow(origin, seen, steps, lost)
    for run in _distinct(history):
        key = value_digest([run.stage, dict(run.software)])
        step = steps.setdefault(key, _Step())
        step.runs.append(run)
        step.products.append(str(root))
        step.inputs += [str(origin) for origin in origins]


def _distinct(history: History) -> Iterator[PastRun]:
    """Give runs that completed, or the last one if none has."""
    finished = [run for run in history.runs if run.status == "completed"]
    yield from finished or history.runs[-1:]


def _product_of(path: Path) -> Path:
    """Product that an input is a part of: shards and models lie below their folder."""
    if history_of(path) is not None:
        return path
    for folder in list(path.parents)[:3]:
        if history_of(folder) is not None:
            return folder
    return path


def _told(step: _Step) -> tuple[str, Sequence[Table]]:
    first = step.runs[0]
    versions = ", ".join(f"{name} {value}" for name, value in first.software.items())
    keys, differing = _configuration(step.runs)
    rows = [
        ("made", _listed(step.products)),
        ("from", _listed(step.inputs) or "nothing"),
        ("when", _times(step.runs)),
        ("ended", _listed([run.status for run in step.runs])),
        ("software", versions),
    ]
    if differing:
        rows.append(("differing keys", ", ".join(differing)))
    folded = f"configuration: {len(keys)} keys"
    return first.stage, [Table(rows, n_words=2), Table(keys, n_words=2, folded=folded)]


def _configuration(runs: Sequence[PastRun]) -> tuple[list[tuple[str, str]], list[str]]:
    """Collect the keys of all runs with their values, and which of them differ."""
    values: dict[str, list[str]] = {}
    for run in runs:
        for name, value in _flat(run.configuration):
            values.setdefault(name, []).append(value)
    rows = [(name, _listed(each)) for name, each in values.items()]
    return rows, [name for name, each in values.items() if len(set(each)) > 1]


def _times(runs: Sequence[PastRun]) -> str:
    times = sorted(run.started[:19].replace("T", " ") for run in runs)
    ends = dict.fromkeys([times[0], times[-1]])
    return f"{' to '.join(ends)} UTC"


def _listed(values: Sequence[str]) -> str:
    """Say different values, the first of them if there are many."""
    return ", ".join(_short(list(dict.fromkeys(values))))


def _short(paths: Sequence[str]) -> list[str]:
    more = len(paths) - MAX_PATHS
    return [*paths[:MAX_PATHS], *([f"and {more:,} more"] if more > 0 else [])]


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401
    """Keys of a configuration in one line each: ``a.b``."""
    if isinstance(value, Mapping) and value:
        for key, inside in value.items():
            yield from _flat(inside, f"{name}.{key}" if name else str(key))
    else:
        yield name, str(value)
