"""Whether counts of responses can be taken over; else all inputs are read anew."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from cta_columnar.config import IrfConfig
from cta_columnar.digests import code_digest
from cta_columnar.errors import UserError
from cta_columnar.pipelines.irf.add import Addition
from cta_columnar.pipelines.irf.inputs import IrfSource, open_inputs
from cta_columnar.pipelines.irf.inventory import Inventory, event_types_of
from cta_columnar.pipelines.irf.run_bins import simulated
from cta_columnar.pipelines.irf.stored_cuts import CUTS_TABLE, StoredCuts


def why_anew(
    addition: Addition,
    new: Sequence[IrfSource],
    config: IrfConfig,
    stored: StoredCuts | None,
) -> str:
    """Say why merging would not be what a run on all inputs gives; empty if it is.

    Parameters
    ----------
    addition : Addition
        What is there.
    new : sequence of IrfSource
        What is added.
    config : IrfConfig
        What is wanted.
    stored : StoredCuts or None
        The cuts, if they are stored ones.
    """
    manifest = addition.dataset.manifest
    known = set(manifest.event_types)
    cuts = "" if stored is None else stored.digest
    reasons = {
        "the configuration is another one": (
            _compared(config.model_dump(mode="json"))
            != _compared(manifest.configuration)
        ),
        "the stored cuts are others": cuts != manifest.other_irfs.get(CUTS_TABLE, ""),
        f"cuts are set by the events (cuts.method is {config.cuts.method})": (
            not config.cuts.is_fixed
        ),
        "resamplings are not kept": config.bootstrap > 0,
        "they were made by another version of this program": (
            manifest.software.get("code") != code_digest()
        ),
        "there are other event types now": (
            not set(event_types_of(new, config)) <= known
        ),
    }
    for reason, holds in reasons.items():
        if holds:
            return reason
    every = [*addition.sources, *new]
    for particle in {source.particle for source in new}:
        tables = [each.runs for each in every if each.particle == particle]
        if not simulated(pa.concat_tables(tables)).is_of_one_kind:
            return f"what was simulated of {particle} differs from run to run"
    return ""


def _compared(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """Return what decides on results: of stored cuts that is not where they lie."""
    cuts = {**configuration["cuts"], "table": None}
    return {**configuration, "cuts": cuts}


def why_regrouped(
    addition: Addition, inventory: Inventory, stored: StoredCuts | None
) -> str:
    """Say why counts of the old points are not those of new ones; empty if they are.

    Parameters
    ----------
    addition : Addition
        What is there, with the points that its runs had.
    inventory : Inventory
        The same runs and more, on their common grid.
    stored : StoredCuts or None
        The cuts, if they are stored ones.
    """
    grids = addition.dataset.grid, inventory.grid
    cuts_of = [stored.points_of(g, inventory.config) if stored else [] for g in grids]
    for source in addition.sources:
        pairs = set(point_pairs(source, inventory.sources))
        # What was counted of an input is kept by point.
        if len({old for old, _ in pairs}) < len(pairs):
            return "runs that were one point of the grid are several now"
        if len({new for _, new in pairs}) < len(pairs):
            return "runs that were several points of the grid are one now"
        if stored and any(cuts_of[0][old] != cuts_of[1][new] for old, new in pairs):
            return "a point of the grid has moved to where other cuts are stored"
    return ""


def reopened(
    addition: Addition, output: Path, config: IrfConfig
) -> tuple[list[IrfSource], list[str]]:
    """Open the recorded inputs once more, to count all of them anew.

    Raises
    ------
    UserError
        If one is not there, or has changed.
    """
    recorded = {
        each.digest: Path(each.path) for each in addition.dataset.manifest.inputs
    }
    for path in recorded.values():
        if not path.exists():
            raise UserError(
                f"{path}, an input of {addition.dataset.root}, is not there any more: "
                "all must be counted anew"
            )
    sources, warnings = open_inputs(list(recorded.values()), output, config)
    for each in sources:
        if each.digest not in recorded:
            raise UserError(
                f"{each.path}, an input of {addition.dataset.root}, has changed since"
            )
    return sources, warnings


def point_pairs(old: IrfSource, sources: Sequence[IrfSource]) -> list[tuple[int, int]]:
    """Return the points of the runs of an input, on the old grid and on a new one."""
    new = next(
        each
        for each in sources
        if (each.particle, each.digest) == (old.particle, old.digest)
    )
    points = (each.runs["point"].to_pylist() for each in (old, new))
    return list(zip(*points, strict=True))
