"""Members and groups of a camera trigger, from its model."""

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from cta_columnar.simulation.banks import Banks
from cta_columnar.simulation.telescopes import TelescopeModel, TriggerModel

I4 = NDArray[np.int32]

_NIGHT_SKY_SIGMAS = 5.0
"""The night sky is taken to add at most this many sigma to a member with light."""
_LEAST_LIGHT = 0.5
"""p.e. that a member must have, however low its threshold."""


@dataclass(frozen=True, eq=False)
class TriggerLogic:
    """A camera trigger as its kernels take it.

    Attributes
    ----------
    members : int32[e, m]
        Pixels that are added up, padded by -1.
    groups : int32[n, k]
        Members that must coincide.
    threshold : float
        Of each member, p.e. at the peak.
    sky : float
        Most that the night sky is taken to add to a member, p.e.
    gate : int
        Samples for which a member counts once it reached the threshold.
    """

    members: I4
    groups: I4
    threshold: float
    sky: float
    gate: int

    @property
    def least(self) -> float:
        """Charge below which a member cannot reach the threshold, p.e."""
        return max(self.threshold - self.sky, _LEAST_LIGHT)


def make_logic(model: TelescopeModel, banks: Banks) -> TriggerLogic:
    """Prepare the trigger of a telescope model, with the threshold of the model."""
    trigger = model.trigger
    members = trigger.patches
    pixels = float((members >= 0).sum(axis=1).mean())
    return TriggerLogic(
        members=np.ascontiguousarray(members, np.int32),
        groups=find_groups(trigger),
        threshold=trigger.threshold,
        sky=_NIGHT_SKY_SIGMAS * math.sqrt(pixels * banks.sky_variance),
        gate=max(1, round(trigger.window / model.readout.sample_width)),
    )


def find_groups(trigger: TriggerModel) -> I4:
    """Find the groups that must coincide, int32[n, multiplicity], ascending.

    Three members are a group if each touches the others; where no three do, on square
    grids, if one of them touches both others.

    Raises
    ------
    ValueError
        If the trigger asks for more than three members.
    """
    if trigger.multiplicity == 1:
        return np.arange(trigger.patches.shape[0], dtype=np.int32)[:, np.newaxis]
    indptr, indices = trigger.neighbors
    touching = [set(part.tolist()) for part in np.split(indices, indptr[1:-1])]
    pairs = {tuple(sorted((a, b))) for a, near in enumerate(touching) for b in near}
    if trigger.multiplicity == 2:
        return _as_array(pairs, 2)
    if trigger.multiplicity != 3:
        raise ValueError(f"trigger of {trigger.multiplicity} members; known: 1, 2, 3")
    triples = {
        tuple(sorted((a, b, c)))
        for a, near in enumerate(touching)
        for b, c in combinations(near, 2)
    }
    triangles = {
        group for group in triples if all(p in pairs for p in combinations(group, 2))
    }
    return _as_array(triangles or triples, 3)


def _as_array(groups: set[tuple[int, ...]], size: int) -> I4:
    return np.array(sorted(groups), np.int32).reshape(-1, size)
