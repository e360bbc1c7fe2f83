"""How many images of each class and telescope type take part, and where others went."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
import pyarrow as pa

from cta_columnar.array_types import I8, Mask
from cta_columnar.config import TrainConfig
from cta_columnar.schemas import dl1
from cta_columnar.stages.selection import add_cut_flows
from cta_columnar.stages.training.choice import OTHER, SELECTION, Chosen, steps

INPUT, DRAWN = "the input", "max_rows"
"""The first step, and the last one."""

_DRAWS = 65_536


@dataclass(frozen=True, eq=False)
class Tally:
    """Images by telescope type and class, and how many each step leaves.

    Attributes
    ----------
    classes : tuple of str
        Classes of the configuration.
    steps : tuple of str
        `INPUT`, what a row must pass, and `DRAWN`.
    left : mapping of str to int64[k, s]
        Images of each class that there are after each step, by telescope type.
    n_events : mapping of str to int
        Array events of each class that have an image after the last step.
    limits : mapping of int to float
        Of `Chosen.draw`, by number of the class: below it an image takes part.
    cut_flow : pyarrow.Table
        The same of all classes together, `schemas.dl1.CUT_FLOW`.
    """

    classes: tuple[str, ...]
    steps: tuple[str, ...]
    left: Mapping[str, I8]
    n_events: Mapping[str, int]
    limits: Mapping[int, float] = field(default_factory=dict)
    cut_flow: pa.Table = field(default_factory=dl1.CUT_FLOW.empty_table)

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """Images of each class that take part, by telescope type."""
        return {
            tel_type: dict(zip(self.classes, left[:, -1].tolist(), strict=True))
            for tel_type, left in self.left.items()
        }

    def of(self, names: Sequence[str], tel_type: str | None = None) -> I8:
        """int64[s]: images of some classes after each step; None: of all types."""
        rows = [self.classes.index(name) for name in names]
        types = self.left if tel_type is None else (tel_type,)
        total: I8 = np.zeros(len(self.steps), np.int64)
        for each in types:
            total += self.left[each][rows].sum(axis=0)
        return total

    def told(self, names: Sequence[str], tel_type: str | None = None) -> str:
        """Say how many images were in the input, and which steps left fewer."""
        left = self.of(names, tel_type).tolist()
        if not left[0]:
            return "none in the input"
        fewer = [
            f"{n:,} after {step}"
            for step, before, n in zip(self.steps[1:], left[:-1], left[1:], strict=True)
            if n < before
        ]
        return ", ".join([f"{left[0]:,} in the input", *fewer])

    def drawn(self) -> dict[str, tuple[int, int]]:
        """Images of classes of which not all are drawn: how many are, of how many."""
        found = {name: self.of([name])[-2:].tolist() for name in self.classes}
        return {name: (n, of) for name, (of, n) in found.items() if n < of}


class Counting:
    """Counts images while they are read, and finds how many showers fit.

    Parameters
    ----------
    config : TrainConfig
        Classes, and what a row must pass.
    tel_types : sequence of str
        Telescope types.
    """

    def __init__(self, config: TrainConfig, tel_types: Sequence[str]) -> None:
        self._classes = tuple(config.classes)
        self._steps = (INPUT, *steps(config), DRAWN)
        n_classes = len(self._classes)
        shape = (n_classes, len(self._steps) - 1)
        self._left = {each: np.zeros(shape, np.int64) for each in tel_types}
        # In bins of the draw: those that pass, and all.
        shape = (n_classes, _DRAWS)
        self._passing = {each: np.zeros(shape, np.int64) for each in tel_types}
        self._all = {each: np.zeros(shape, np.int64) for each in tel_types}
        self._events = np.zeros(shape, np.int64)
        self._flows: list[pa.Table] = []

    def add(
        self, chosen: Mapping[str, Chosen], keys: Mapping[str, pl.DataFrame]
    ) -> None:
        """Count all images of some array events.

        Parameters
        ----------
        chosen : mapping of str to Chosen
            By telescope type.
        keys : mapping of str to polars.DataFrame
            Keys of the array events of the same rows.
        """
        passing = []
        for tel_type, own in chosen.items():
            group = {tel_type: slice(None)}
            self._flows.append(own.selection.cut_flow(SELECTION, group))
            place = np.floor(own.draw * _DRAWS).astype(np.int64)
            known, mask = own.label != OTHER, own.selection.mask
            np.add.at(self._all[tel_type], (own.label[known], place[known]), 1)
            np.add.at(self._passing[tel_type], (own.label[mask], place[mask]), 1)
            self._left[tel_type] += self._after_each_step(own, known)
            drawn = [pl.Series("label", own.label), pl.Series("place", place)]
            passing.append(keys[tel_type].with_columns(drawn).filter(pl.Series(mask)))
        if passing:
            seen = pl.concat(passing).unique()
            label, place = (seen[name].to_numpy() for name in ("label", "place"))
            np.add.at(self._events, (label, place), 1)

    def _after_each_step(self, own: Chosen, known: Mask) -> I8:
        """int64[k, s]: images of each class in the input, and after each cut."""
        passed = np.logical_and.accumulate([known, *own.selection.passed], axis=0)
        counts = [
            np.bincount(own.label[rows], minlength=len(self._classes))
            for rows in passed
        ]
        return np.stack(counts, axis=1)

    def tally(self, max_rows: int | None = None) -> Tally:
        """Draw what fits.

        Parameters
        ----------
        max_rows : int, optional
            Images of all types and classes together; None: all.
        """
        sums = np.cumsum(sum(self._passing.values()), axis=1)
        ends = [_DRAWS] * len(sums) if max_rows is None else shared(sums, max_rows)
        left, last = {}, len(self._steps) - 1
        for tel_type, before in self._left.items():
            drawn = _below(self._passing[tel_type], ends)
            left[tel_type] = np.column_stack([before, drawn])
            flow = {
                "stage": SELECTION,
                "tel_type": tel_type,
                "cut": DRAWN,
                "position": last,
                "n_passed": int(_below(self._all[tel_type], ends).sum()),
                "n_survivors": int(drawn.sum()),
            }
            self._flows.append(pa.Table.from_pylist([flow], schema=dl1.CUT_FLOW))
        n_events = _below(self._events, ends).tolist()
        return Tally(
            self._classes,
            self._steps,
            left,
            dict(zip(self._classes, n_events, strict=True)),
            {number: end / _DRAWS for number, end in enumerate(ends)},
            add_cut_flows(self._flows),
        )


def _below(histogram: I8, ends: Sequence[int]) -> I8:
    """int64[k]: what is in the first bins of each class."""
    rows = zip(histogram, ends, strict=True)
    return np.array([row[:end].sum() for row, end in rows], np.int64)


def shared(sums: I8, max_rows: int) -> list[int]:
    """Share the rows that are allowed equally among classes.

    Parameters
    ----------
    sums : int64[k, n]
        Rows of each class, of all telescope types, in the first bins of the draw.
    max_rows : int
        Of all classes together. What a small class does not need is for the others.

    Returns
    -------
    list of int
        How many bins of each class take part.
    """
    ends = [0] * len(sums)
    left = max_rows
    smallest_first = np.argsort(sums[:, -1], kind="stable").tolist()
    for done, number in enumerate(smallest_first):
        share = left // (len(sums) - done)
        ends[number] = int(np.searchsorted(sums[number], share, side="right"))
        left -= int(sums[number, ends[number] - 1]) if ends[number] else 0
    return ends
