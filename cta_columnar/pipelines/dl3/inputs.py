"""The datasets of event lists: which they are, and whether they go together."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cta_columnar.errors import UserError
from cta_columnar.pipelines.running.dataset_shards import check_input
from cta_columnar.pipelines.running.simulated_inputs import (
    check_alike,
    check_twice,
    content_digest,
)
from cta_columnar.schemas.version import SCHEMA_VERSION
from cta_columnar.store import Store, open_store, run_digests, run_primaries

WANTED = (
    "obs_id",
    "event_id",
    "time",
    "reco_alt",
    "reco_az",
    "reco_energy",
    "gh_score",
)


@dataclass(frozen=True, eq=False)
class ListInput:
    """One dataset.

    Attributes
    ----------
    store : Store
        The dataset.
    """

    store: Store

    @cached_property
    def digest(self) -> str:
        """Of its content."""
        return content_digest(self.store)

    @cached_property
    def primaries(self) -> dict[int, list[int]]:
        """Which primaries each run has, by ``obs_id``; a run without events as others.

        Raises
        ------
        UserError
            If nobody can know what a run has.
        """
        found = run_primaries(self.store)
        every = {tuple(several) for several in found.values()}
        for obs_id in self.store.read("simulation/runs", ["obs_id"])[
            "obs_id"
        ].to_pylist():
            if obs_id not in found:
                if len(every) != 1:
                    raise UserError(
                        f"{self.store.root}: run {obs_id} has no event, so nobody "
                        "knows which particle was thrown; leave it out"
                    )
                found[obs_id] = list(next(iter(every)))
        return found

    @cached_property
    def runs(self) -> dict[int, str]:
        """Digest of the simulation of each run, by ``obs_id``."""
        return run_digests(self.store)

    @property
    def columns(self) -> list[str]:
        """Columns of its events."""
        return list(self.store.schema("events").names)


def open_inputs(
    paths: Sequence[Path], output: Path, *, simulated: bool
) -> list[ListInput]:
    """Open datasets and check that they go together.

    Parameters
    ----------
    paths : sequence of pathlib.Path
        Datasets of stage 3.
    output : pathlib.Path
        Folder of the event lists, which must not be one of them.
    simulated : bool
        Whether simulated events are wanted, or recorded ones.

    Raises
    ------
    UserError
        If one is not finished, of another stage or version of the data model, not of
        the wanted kind, or lacks energies or scores; if arrays differ; if a run is in
        two of them.
    """
    inputs = []
    for path in paths:
        store = open_store(path)
        check_input(store, output, ["stage3"], "dl3")
        check_version(store)
        each = ListInput(store)
        _check_kind(each, simulated=simulated)
        inputs.append(each)
    check_alike([each.store for each in inputs])
    if simulated:
        inputs.sort(key=lambda each: each.digest)
        check_twice(
            (run, each.store.root) for each in inputs for run in each.runs.items()
        )
    return inputs


def check_version(store: Store) -> None:
    """Refuse a dataset whose columns may mean something else.

    Raises
    ------
    UserError
        If the first number of its version of the data model is another one.
    """
    if store.identity is None:
        return
    version = store.identity.schema_version
    if version.partition(".")[0] != SCHEMA_VERSION.partition(".")[0]:
        raise UserError(
            f"{store.root} is of version {version} of the data model, and this is "
            f"{SCHEMA_VERSION}: make it again"
        )


def _check_kind(each: ListInput, *, simulated: bool) -> None:
    root, columns = each.store.root, each.columns
    is_simulated = "true_energy" in columns
    if simulated and not is_simulated:
        raise UserError(
            f"{root} has no truth, so it is recorded: leave out --observe, which is "
            "for simulated events"
        )
    if is_simulated and not simulated:
        raise UserError(
            f"{root} is simulated: say with --observe observation.yaml what its events "
            "are to be observed as (ctacol config show observation)"
        )
    missing = [name for name in WANTED if name not in columns]
    if missing:
        raise UserError(
            f"{root}: its events have no {missing[0]}; event lists want energies and "
            "scores: run stage3 with models of both"
        )
    if each.store.rows("events") == 0:
        raise UserError(f"{root} has no event")
