"""Shards that are done: which they are, and what their records add up to."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Self

from cta_columnar.pipelines.running.common import CutFlowRow
from cta_columnar.pipelines.running.shards import ShardOutcome
from cta_columnar.store import Record


class Outcomes:
    """What came of shards, without their records.

    A record has all parts of a shard and the cut flow, some 20 kB; those of a run are
    on the disk. So each is looked at once, and what it adds to the sums is kept.
    """

    def __init__(self) -> None:
        self._outcomes: list[ShardOutcome] = []
        self._counts: Counter[str] = Counter()
        self._seconds: Counter[str] = Counter()
        self._warnings: dict[str, None] = {}
        self._cut_flow = CutFlow()

    @classmethod
    def of(cls, outcomes: Iterable[ShardOutcome]) -> Self:
        """Add up shards that have their records with them."""
        found = cls()
        for each in outcomes:
            found.add(each, each.record)
        return found

    def add(self, outcome: ShardOutcome, record: Record | None) -> None:
        """Add a shard; its record is gone if somebody has taken it out meanwhile."""
        self._outcomes.append(outcome)
        self._seconds.update(outcome.step_seconds)
        if record is not None:
            self._counts.update(record.counts)
            self._warnings |= dict.fromkeys(record.info.get("warnings", []))
            self._cut_flow.add(record)

    def extend(self, other: "Outcomes") -> None:
        """Add other shards."""
        self._outcomes += other._outcomes
        self._counts.update(other._counts)
        self._seconds.update(other._seconds)
        self._warnings |= other._warnings
        self._cut_flow.extend(other._cut_flow)

    def __iter__(self) -> Iterator[ShardOutcome]:
        return iter(self._outcomes)

    def __len__(self) -> int:
        return len(self._outcomes)

    @property
    def counts(self) -> dict[str, int]:
        """Rows by what they are."""
        return dict(self._counts)

    @property
    def cut_flow(self) -> list[CutFlowRow]:
        """Survivors per cut, of all shards."""
        return self._cut_flow.rows()

    @property
    def step_seconds(self) -> dict[str, float]:
        """Processor time per step."""
        return dict(self._seconds)

    @property
    def warnings(self) -> list[str]:
        """Warnings of all shards, each once."""
        return list(self._warnings)


class CutFlow:
    """Cut flows of shards, added up; in order of first appearance."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str, str, int], Counter[str]] = {}

    def add(self, record: Record) -> None:
        """Add that of a shard."""
        for row in record.info.get("cut_flow", []):
            key = (row["stage"], row["tel_type"], row["cut"], row["position"])
            self._counts.setdefault(key, Counter()).update(
                passed=row["n_passed"], survivors=row["n_survivors"]
            )

    def extend(self, other: "CutFlow") -> None:
        """Add those of other shards."""
        for key, counts in other._counts.items():
            self._counts.setdefault(key, Counter()).update(counts)

    def rows(self) -> list[CutFlowRow]:
        """Return a row for each cut of each selection."""
        return [
            CutFlowRow(*key, counts["passed"], counts["survivors"])
            for key, counts in self._counts.items()
        ]


def cut_flow_of(records: Iterable[Record]) -> list[CutFlowRow]:
    """Add up the cut flows of all shards, in order of first appearance."""
    found = CutFlow()
    for record in records:
        found.add(record)
    return found.rows()
