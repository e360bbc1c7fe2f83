"""Ranges of array events: how a large shard is cut, every row into exactly one."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cta_columnar.array_types import I8, Mask

Key = tuple[int, int]
"""``obs_id`` and ``event_id``: events are in the order of both."""

_TO = ".."


@dataclass(frozen=True)
class Block:
    """A range of array events; the first and the last one of a shard are open.

    So all blocks of a shard together hold every event there could be, and a row that
    somebody overlooked when the shard was cut is in one of them all the same.

    Attributes
    ----------
    begin : (int, int), optional
        The first event; None: no event is before this block.
    end : (int, int), optional
        The first event behind it; None: no event is.
    """

    begin: Key | None = None
    end: Key | None = None

    @classmethod
    def of(cls, text: str) -> "Block":
        """Inverse of `str`; an empty text is the block of all events.

        Raises
        ------
        ValueError
            If it is no block.
        """
        begin, _, end = text.partition(_TO)
        return cls(_key(begin), _key(end))

    def __str__(self) -> str:
        if self.is_all:
            return ""
        return f"{_text(self.begin)}{_TO}{_text(self.end)}"

    @property
    def is_all(self) -> bool:
        """Whether it holds all events."""
        return self.begin is None and self.end is None

    @property
    def is_first(self) -> bool:
        """Whether no other block of the shard is before it."""
        return self.begin is None

    def holds(self, obs_id: I8, event_id: I8) -> Mask:
        """bool[n]: which events are in it."""
        held = np.ones(obs_id.size, bool)
        if self.begin is not None:
            held &= ~_is_before(obs_id, event_id, self.begin)
        if self.end is not None:
            held &= _is_before(obs_id, event_id, self.end)
        return held

    def may_hold(self, least: Key, most: Key) -> bool:
        """Whether an event from ``least`` to ``most`` could be in it."""
        is_before = self.begin is not None and most < self.begin
        is_behind = self.end is not None and least >= self.end
        return not (is_before or is_behind)


def _text(key: Key | None) -> str:
    return "" if key is None else f"{key[0]}/{key[1]}"


def _key(text: str) -> Key | None:
    if not text:
        return None
    obs_id, event_id = map(int, text.split("/"))
    return obs_id, event_id


def _is_before(obs_id: I8, event_id: I8, key: Key) -> Mask:
    before: Mask = (obs_id < key[0]) | ((obs_id == key[0]) & (event_id < key[1]))
    return before


def cut(obs_id: I8, event_id: I8, most: int, n_together: int = 1) -> Sequence[Block]:
    """Cut events into blocks of about as many events.

    Parameters
    ----------
    obs_id, event_id : int64[n]
        The events, in any order; one may stand there several times.
    most : int
        Events of a block at most, and what is together with its last one.
    n_together : int
        So many ids in a row, from a multiple of it, are in one block.

    Returns
    -------
    sequence of Block
        In order; that of all events alone if they are not too many.
    """
    order = np.lexsort((event_id, obs_id))
    obs_id, event_id = obs_id[order], event_id[order]
    is_new = (np.diff(obs_id) != 0) | (np.diff(event_id) != 0)
    firsts = np.flatnonzero(np.concatenate([[True][: obs_id.size], is_new]))
    n_blocks = max(1, -(-firsts.size // most))
    # In whole numbers, so that it is the same on all machines.
    begins = firsts[np.arange(1, n_blocks) * firsts.size // n_blocks]
    # Beginning with the first of all events, before which nothing is.
    places = [0, *begins.tolist()] if firsts.size else []
    keys = dict.fromkeys(
        (int(obs_id[n]), int(event_id[n]) // n_together * n_together) for n in places
    )
    ends = [None, *list(keys)[1:], None]
    return [Block(*pair) for pair in itertools.pairwise(ends)]
