"""What a run of responses has to do: inputs, cuts that are given, what is kept."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cta_columnar.config import IrfConfig
from cta_columnar.pipelines.irf.add import Addition, check_addition, find_addition
from cta_columnar.pipelines.irf.anew import reopened, why_anew, why_regrouped
from cta_columnar.pipelines.irf.cells import Cell
from cta_columnar.pipelines.irf.cuts import fixed_cuts
from cta_columnar.pipelines.irf.inputs import open_inputs
from cta_columnar.pipelines.irf.inventory import Inventory, take_inventory
from cta_columnar.pipelines.irf.stored_cuts import (
    CUTS_TABLE,
    StoredCuts,
    open_stored_cuts,
)
from cta_columnar.stages.irf.cuts import Cuts

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Work:
    """What is to be done.

    Attributes
    ----------
    inventory : Inventory
        All inputs.
    cuts : mapping of (int, int) to Cuts
        Those that do not depend on the events; none if they do.
    addition : Addition or None
        Responses whose counts are taken over.
    others : mapping of str to (pathlib.Path, str)
        Other responses that are used, by what for: a file that stands for them, and
        their digest.
    told : list of str
        Warnings so far.
    """

    inventory: Inventory
    cuts: Mapping[Cell, Cuts]
    addition: Addition | None
    others: Mapping[str, tuple[Path, str]]
    told: list[str]

    @property
    def warnings(self) -> list[str]:
        """All that is to be told."""
        return [*self.told, *self.inventory.warnings]


def find_work(datasets: Sequence[Path], output: Path, config: IrfConfig) -> Work:
    """Open all inputs, and decide what can be taken over of earlier responses.

    Parameters
    ----------
    datasets : sequence of pathlib.Path
        Datasets of stage 3.
    output : pathlib.Path
        Folder of the responses.
    config : IrfConfig
        What is wanted, and what is added to.

    Raises
    ------
    UserError
        If anything does not go together.
    """
    addition = find_addition(config)
    config = config.model_copy(update={"add_to": None})
    stored = open_stored_cuts(config)
    others = {} if stored is None else {CUTS_TABLE: (stored.path, stored.digest)}
    sources, told = open_inputs(datasets, output, config)
    if addition is None:
        inventory = take_inventory(sources, config)
        return Work(inventory, _given(inventory, stored), None, others, told)
    dataset = addition.dataset
    others["add_to"] = dataset.description, dataset.digest
    check_addition(addition, sources)
    reason = why_anew(addition, sources, config, stored)
    if not reason:
        addition.check_files()
        every = [*addition.sources, *sources]
        inventory = take_inventory(every, config, dataset.manifest.event_types)
        reason = why_regrouped(addition, inventory, stored)
    if reason:
        earlier, more = reopened(addition, output, config)
        told = [*told, *more, f"all inputs were counted anew, since {reason}"]
        _log.warning("all inputs are counted anew, since %s", reason)
        inventory = take_inventory([*earlier, *sources], config)
    kept = None if reason else addition
    return Work(inventory, _given(inventory, stored), kept, others, told)


def _given(inventory: Inventory, stored: StoredCuts | None) -> dict[Cell, Cuts]:
    """Return cuts that do not depend on events, if they are such."""
    config = inventory.config
    if stored is not None:
        return stored.of(inventory.grid, inventory.event_types, config)
    if config.cuts.method == "fixed":
        return fixed_cuts(config, inventory.plan, inventory.cells)
    return {}
