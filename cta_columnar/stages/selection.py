"""Which rows take part in a step, by named cuts, and how many survive each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import AnyArray, Mask
from cta_columnar.config.expressions import Cut
from cta_columnar.schemas import dl1


@dataclass(frozen=True, slots=True)
class Selection:
    """The outcome of cuts on one set of rows.

    Attributes
    ----------
    names : tuple of str
        The cuts in order.
    passed : bool[k, n]
        Whether each row passes each cut.
    """

    names: tuple[str, ...]
    passed: Mask

    @classmethod
    def of(
        cls, cuts: Sequence[Cut], columns: Mapping[str, AnyArray], n_rows: int
    ) -> "Selection":
        """Evaluate cuts; a comparison with NaN is not passed.

        Parameters
        ----------
        cuts : sequence of Cut
            Conditions; none selects every row.
        columns : mapping of str to array
            The columns that the cuts name, of ``n_rows`` rows.
        n_rows : int
            Number of rows.

        Raises
        ------
        ValueError
            If a column is missing.
        """
        passed = np.empty((len(cuts), n_rows), dtype=bool)
        for row, cut in zip(passed, cuts, strict=True):
            row[:] = cut.passes(columns)
        return cls(tuple(cut.name for cut in cuts), passed)

    @property
    def mask(self) -> Mask:
        """bool[n]: rows that pass every cut."""
        mask: Mask = np.logical_and.reduce(self.passed, axis=0)
        return mask

    def cut_flow(self, stage: str, groups: Mapping[str, Mask | slice]) -> pa.Table:
        """Count what each cut leaves, alone and after all before it.

        Parameters
        ----------
        stage : str
            Name of the selection, e.g. ``"stereo_quality"``.
        groups : mapping of str to bool[n] or slice
            Rows of each telescope type; ``{"": slice(None)}`` for array events.

        Returns
        -------
        pyarrow.Table
            `schemas.dl1.CUT_FLOW`; position 0 of each group counts its rows. Tables of
            several batches add up with `add_cut_flows`.
        """
        rows = [
            {"stage": stage, "tel_type": group, **counts}
            for group, members in groups.items()
            for counts in self._counts(members)
        ]
        return pa.Table.from_pylist(rows, schema=dl1.CUT_FLOW)

    def _counts(self, members: Mask | slice) -> Iterable[dict[str, object]]:
        passed = self.passed[:, members]
        alone = [passed.shape[1], *passed.sum(axis=1)]
        survivors = np.logical_and.accumulate(passed, axis=0).sum(axis=1)
        left = [passed.shape[1], *survivors]
        for position, name in enumerate(("all", *self.names)):
            yield {
                "cut": name,
                "position": position,
                "n_passed": int(alone[position]),
                "n_survivors": int(left[position]),
            }


def add_cut_flows(tables: Iterable[pa.Table]) -> pa.Table:
    """Sum the counts of the same cut over batches.

    Rows are sorted, so that they do not depend on which telescope type came first.
    """
    table = pa.concat_tables([dl1.CUT_FLOW.empty_table(), *tables])
    keys = ["stage", "tel_type", "position", "cut"]
    counts = ["n_passed", "n_survivors"]
    sums = table.group_by(keys, use_threads=False).aggregate(
        [(count, "sum") for count in counts]
    )
    sums = sums.sort_by([(key, "ascending") for key in keys])
    columns = {key: sums[key] for key in keys}
    columns |= {count: sums[f"{count}_sum"] for count in counts}
    ordered = [columns[name] for name in dl1.CUT_FLOW.names]
    return pa.Table.from_arrays(ordered, schema=dl1.CUT_FLOW)
