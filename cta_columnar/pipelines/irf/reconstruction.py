"""How events of inputs were reconstructed: a point of the grid wants one way for all.

Responses are of one analysis. Signal that other models have seen than background, or
that was cleaned in another way, is that of two.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from cta_columnar import registry
from cta_columnar.config import load
from cta_columnar.digests import value_digest
from cta_columnar.pipelines.stage3.column_origins import (
    origins_of,
    reconstruction_of,
)
from cta_columnar.store import History, Store, history_of

# Whose configuration decides what becomes of an event. Stage 3 is known by its models.
_STAGES = ("reduce", "stage1", "stage2")
_KEY = re.compile("[0-9a-f]{20}")
# Which events are read, and under what numbers: no matter of how.
_HARMLESS = frozenset(
    f"{stage}.source.{name}"
    for stage in _STAGES
    for name in (
        "max_events",
        "obs_id",
        "obs_id_offset",
        "section_size",
        "skip_calibration_events",
    )
) | {"stage2.block_size"}


@dataclass(frozen=True)
class Reconstruction:
    """How the events of a dataset were reconstructed.

    Attributes
    ----------
    models : mapping of str to str
        Digest of what made each column that responses read, of those that models made.
    configuration : str
        Digest of the configuration of what was before; empty if nobody noted it.
    """

    models: Mapping[str, str] = field(default_factory=dict)
    configuration: str = ""


def reconstruction(store: Store, columns: Collection[str]) -> Reconstruction:
    """Read how the events of a dataset of stage 3 were reconstructed.

    Parameters
    ----------
    store : Store
        The dataset.
    columns : collection of str
        Those that are read.

    Raises
    ------
    UserError
        If it is of a version that did not note its models.
    """
    made = origins_of(store)
    models = {
        name: value_digest(asdict(made[name])) for name in sorted(columns & made.keys())
    }
    return Reconstruction(models, reconstruction_of(store))


Made = tuple[Path, Reconstruction]


def differences(inputs: Sequence[Made]) -> Iterator[str]:
    """Say which inputs were reconstructed in another way than the first of them.

    Parameters
    ----------
    inputs : sequence of (Path, Reconstruction)
        Datasets that are to be alike.
    """
    for other in inputs[1:]:
        told = _models(inputs[0], other) or _configurations(inputs[0], other)
        if told:
            yield told


def _models(one: Made, other: Made) -> str:
    mine, theirs = one[1].models, other[1].models
    columns = [
        name
        for name in sorted(mine.keys() | theirs.keys())
        if mine.get(name) != theirs.get(name)
    ]
    if not columns:
        return ""
    return (
        f"{', '.join(columns)} of {other[0]} is what other models say than in "
        f"{one[0]}, or by other weights of images: apply the same models to both in "
        "the same way"
    )


def _configurations(one: Made, other: Made) -> str:
    if one[1].configuration == other[1].configuration:
        return ""
    mine, theirs = _Settings.of(one[0]), _Settings.of(other[0])
    lost = [*mine.lost, *theirs.lost]
    keys = [key for key in mine.unlike(theirs) if key not in _HARMLESS]
    if lost:
        which = f"in what cannot be told, as {lost[0]} is not there any more"
    elif keys:
        which = f"differing keys are {', '.join(keys)}"
    elif mine.values != theirs.values:
        # Explained, by keys that are harmless or at what was usual before them.
        return ""
    else:
        # Files beside the input, say, whose content counts and whose names are alike.
        which = "in what their provenance does not tell"
    return (
        f"{other[0]} was reconstructed with another configuration than {one[0]}: "
        f"{which}; make both in the same way"
    )


@dataclass(eq=False)
class _Settings:
    """Keys of all steps that led to a dataset, with their values."""

    values: dict[str, set[str]] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    seen: set[Path] = field(default_factory=set)

    @classmethod
    def of(cls, root: Path) -> "_Settings":
        """Follow the provenance of a dataset back to raw data."""
        settings = cls()
        settings._follow(root)
        return settings

    def unlike(self, other: "_Settings") -> list[str]:
        """Return keys of other values.

        A key that the version of a step did not have yet is what it is by default.
        """
        return [
            key
            for key in sorted(self.values.keys() | other.values.keys())
            if self._of(key) != other._of(key)
        ]

    def _of(self, key: str) -> set[str] | None:
        if key in self.values or f"{key.partition('.')[0]}.stage" not in self.values:
            return self.values.get(key)
        return _defaults().get(key)

    def _follow(self, root: Path) -> None:
        if root in self.seen:
            return
        self.seen.add(root)
        history = history_of(root)
        if history is None:
            self.lost.append(str(root))
            return
        for run in history.runs:
            if run.stage in _STAGES:
                for key, value in _flat(run.configuration, run.stage):
                    self.values.setdefault(key, set()).add(value)
        for product in _products(history):
            self._follow(product)


@cache
def _defaults() -> dict[str, set[str]]:
    """Return what keys are if nobody sets them."""
    return {
        key: {value}
        for stage in _STAGES
        for key, value in _flat(
            load(stage, [], registry).model_dump(mode="json"), stage
        )
    }


def _products(history: History) -> Iterator[Path]:
    """Datasets that a dataset was made of; raw files and models are none."""
    # A shard of a dataset is named after its folder, and its key.
    shards = (Path(name) for name in history.inputs)
    folders = (each.parent for each in shards if _KEY.fullmatch(each.name))
    yield from dict.fromkeys(folders)


def _flat(value: Any, name: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    if isinstance(value, Mapping) and value:
        for key, inside in value.items():
            yield from _flat(inside, f"{name}.{key}")
    else:
        yield name, str(value)
