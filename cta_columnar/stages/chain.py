"""Run a fixed list of algorithms over one dict of arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from cta_columnar.array_types import AnyArray
from cta_columnar.clock import StepClock
from cta_columnar.registry import Algorithm
from cta_columnar.stages.image_quality import KEPT_LISTS

Arrays = dict[str, AnyArray]


@dataclass(frozen=True, slots=True)
class Step:
    """One algorithm with the options it runs with.

    Attributes
    ----------
    algorithm : Algorithm
        What runs.
    options : mapping
        Its keyword arguments, complete and checked.
    """

    algorithm: Algorithm
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Chain:
    """Steps that run one after the other on the same rows.

    Each step finds its input among the columns and the context by name, and adds
    what it computes. A column that no later step reads and nobody asked for is
    dropped at once, so that a slice stays small enough for the cache.

    Attributes
    ----------
    steps : sequence of Step
        In the order in which they run.
    keep : frozenset of str
        Columns to hand back at the end.
    """

    steps: Sequence[Step]
    keep: frozenset[str]

    @property
    def reads(self) -> set[str]:
        """Names that some step reads and no earlier step writes."""
        needed: set[str] = set()
        for step in reversed(self.steps):
            needed -= set(step.algorithm.writes.names)
            needed |= set(step.algorithm.reads)
        return needed

    def split(self, names: frozenset[str]) -> tuple["Chain", "Chain"]:
        """Cut the chain behind the last step that reads one of these names.

        Run one after the other, the two do what the chain does.
        """
        readers = [bool(names & set(step.algorithm.reads)) for step in self.steps]
        n_first = max((i + 1 for i, reads in enumerate(readers) if reads), default=0)
        last = Chain(self.steps[n_first:], self.keep)
        return Chain(self.steps[:n_first], self.keep | last.reads), last

    def run(
        self,
        columns: Mapping[str, AnyArray],
        context: Mapping[str, object],
        clock: StepClock | None = None,
    ) -> Arrays:
        """Run all steps.

        Parameters
        ----------
        columns : mapping of str to array
            Input columns, one row per telescope event.
        context : mapping of str to object
            What is not a column: ``camera``, ``coefficients``, ``subarray``.
        clock : StepClock, optional
            Takes the processor time, by kind of algorithm.

        Returns
        -------
        dict of str to array
            The columns named in ``keep``.

        Raises
        ------
        KeyError
            If a step reads a column that nothing provides.
        """
        live = dict(columns)
        n_rows = len(next(iter(columns.values()), ()))
        for step, wanted in zip(self.steps, self._wanted, strict=True):
            of_rows = set(step.algorithm.writes.names) - KEPT_LISTS
            rows = dict.fromkeys(of_rows, n_rows)
            live |= step.algorithm.run(live, context, step.options, rows)
            live = {name: live[name] for name in live if name in wanted}
            if clock is not None:
                clock.add(step.algorithm.kind)
        return live

    @cached_property
    def _wanted(self) -> list[frozenset[str]]:
        """Columns that are still needed behind each step."""
        wanted = [self.keep]
        for step in self.steps[:0:-1]:
            wanted.append(wanted[-1].union(step.algorithm.reads))
        return wanted[::-1][: len(self.steps)]
