"""Keys that two shards share."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from cta_columnar.arrays import to_numpy
from cta_columnar.store.keys import describe, first_duplicate, key_columns
from cta_columnar.store.parquet_files import read_file
from cta_columnar.store.records import IdRange, Record


@dataclass(frozen=True)
class Double:
    """Two shards that may not stand side by side.

    Attributes
    ----------
    first, second : str
        Keys of the shards.
    what : str
        What they share.
    names : tuple of str
        Their inputs.
    """

    first: str
    second: str
    what: str
    names: tuple[str, str]


Roots = Path | Mapping[str, Path]


def find_doubles(root: Roots, records: Sequence[Record]) -> list[Double]:
    """Find all pairs of shards that share the key of an event or of a run.

    Files are opened only for pairs whose ranges of events overlap. Shards of several
    datasets are compared if ``root`` says where each lies, by its key.
    """
    shared = {
        pair: what
        for pair in _overlapping(records)
        if (what := _shared_key(root, records[pair[0]], records[pair[1]]))
    }
    for pair, obs_id in _same_run(records):
        # Even if their events differ: nobody can tell whether each file counts its own
        # thrown showers or those of the whole run.
        what = f"both describe the run obs_id {obs_id}, whose showers would count twice"
        shared.setdefault(pair, what)
    return [
        _double(records[first], records[second], what)
        for (first, second), what in sorted(shared.items())
    ]


def _double(first: Record, second: Record, what: str) -> Double:
    names = sorted([first.shard.input_names, second.shard.input_names])
    return Double(first.key, second.key, what, (names[0], names[1]))


def _overlapping(records: Sequence[Record]) -> Iterator[tuple[int, int]]:
    """Yield pairs with overlapping ranges of events: one sweep over sorted ranges."""
    numbered = enumerate(records)
    ranges = sorted((each, n) for n, record in numbered for each in record.id_ranges)
    active: list[tuple[IdRange, int]] = []
    seen = set()
    for each, n in ranges:
        active = [(other, m) for other, m in active if each.overlaps(other)]
        for _, m in active:
            pair = (min(m, n), max(m, n))
            if m != n and pair not in seen:
                seen.add(pair)
                yield pair
        active.append((each, n))


def _same_run(records: Sequence[Record]) -> Iterator[tuple[tuple[int, int], int]]:
    by_run = defaultdict(list)
    for n, record in enumerate(records):
        for obs_id in record.runs:
            by_run[obs_id].append(n)
    for obs_id, several in by_run.items():
        for first, second in combinations(several, 2):
            yield (first, second), obs_id


def _shared_key(root: Roots, first: Record, second: Record) -> str | None:
    """Describe an event that is in the same table of both; None if there is none."""
    others = {part.place: part for part in second.parts}
    for part in first.parts:
        names = key_columns(part.place.table)
        other = others.get(part.place)
        if "event_id" not in names or other is None or not (part.rows and other.rows):
            continue
        tables = [
            _keys(_root_of(root, record) / each.path, names)
            for record, each in ((first, part), (second, other))
        ]
        columns = [np.concatenate(pair) for pair in zip(*tables, strict=True)]
        row = first_duplicate(columns)
        if row is not None:
            key = describe(dict(zip(names, columns, strict=True)), row)
            return f"both have {key} in {part.place}"
    return None


def _root_of(root: Roots, record: Record) -> Path:
    return root if isinstance(root, Path) else root[record.key]


def _keys(path: Path, names: Sequence[str]) -> list[np.ndarray]:
    table = read_file(path, names)
    return [to_numpy(table[name].combine_chunks()).astype(np.int64) for name in names]
