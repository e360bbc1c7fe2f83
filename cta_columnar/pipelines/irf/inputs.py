"""The datasets of a run of responses: their particles, runs and checks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from cta_columnar.config import IrfConfig
from cta_columnar.errors import UserError
from cta_columnar.pipelines.irf.checks import check_columns, check_untrained
from cta_columnar.pipelines.irf.columns_read import columns_read
from cta_columnar.pipelines.irf.night_sky import night_sky
from cta_columnar.pipelines.irf.reconstruction import Reconstruction, reconstruction
from cta_columnar.pipelines.running.simulated_inputs import (
    array_digest,
    check_twice,
    content_digest,
    open_simulated,
)
from cta_columnar.schemas import irf, simulation
from cta_columnar.stages.irf.thrown_accounts import THROWN_COLUMNS, check_thrown
from cta_columnar.store import (
    IrfInput,
    IrfTelescope,
    Record,
    Store,
    irf_telescopes,
    run_digests,
    run_primaries,
)


@dataclass(frozen=True, eq=False)
class IrfSource:
    """The runs of one particle in a dataset.

    Attributes
    ----------
    path : pathlib.Path
        The dataset.
    particle : str
        Which particle.
    digest : str
        Of the content of the dataset.
    runs : pyarrow.Table
        `schemas.irf.RUNS`; all of point 0 as long as there is no grid.
    size : int
        Bytes of the dataset.
    array, version : str
        Digest of its array of telescopes, and its version of the data model.
    telescopes : tuple of IrfTelescope
        That array.
    shards : tuple of Record
        What is to be read; none if all was counted before.
    made : Reconstruction
        How its events were reconstructed.
    """

    path: Path
    particle: str
    digest: str
    runs: pa.Table
    size: int = 0
    array: str = ""
    version: str = ""
    telescopes: tuple[IrfTelescope, ...] = ()
    shards: tuple[Record, ...] = ()
    made: Reconstruction = field(default_factory=Reconstruction)

    @property
    def info(self) -> IrfInput:
        """What is recorded of it."""
        pairs = zip(
            self.runs["obs_id"].to_pylist(),
            self.runs["run_digest"].to_pylist(),
            strict=True,
        )
        path = str(self.path.absolute())
        runs = tuple(sorted(pairs))
        return IrfInput(
            self.particle,
            self.digest,
            path,
            self.size,
            runs,
            self.made.models,
            self.made.configuration,
        )


def open_inputs(
    paths: Sequence[Path], output: Path, config: IrfConfig
) -> tuple[list[IrfSource], list[str]]:
    """Open datasets and check all that can be checked before events are read.

    Parameters
    ----------
    paths : sequence of pathlib.Path
        Datasets of stage 3.
    output : pathlib.Path
        Folder of the responses.
    config : IrfConfig
        Names the particles.

    Returns
    -------
    sources : list of IrfSource
        In an order that depends on their content only.
    warnings : list of str
        What was left out.

    Raises
    ------
    UserError
        If one is not fit, or they do not go together; see `open_simulated`. If
        predictions are missing, the simulation's accounts of what was thrown differ, or
        events were trained on.
    """
    stores = open_simulated(paths, output, ["stage3"], "irf")
    # All are of one array.
    telescopes = irf_telescopes(stores[0].subarray())
    sources: list[IrfSource] = []
    warnings: list[str] = []
    for store in stores:
        check_columns(store, config)
        check_untrained(store, config)
        runs = store.read("simulation/runs")
        # Thousands of bins a run, and no other column is compared.
        thrown = store.read("simulation/thrown", THROWN_COLUMNS)
        try:
            check_thrown(runs, thrown)
        except UserError as error:
            raise UserError(f"{store.root}: {error}") from error
        found, left_out = _by_particle(store, runs, config)
        sources += [replace(each, telescopes=telescopes) for each in found]
        warnings += left_out
    check_twice((run, source.path) for source in sources for run in source.info.runs)
    return sorted(sources, key=lambda e: (e.particle, e.digest)), warnings


def _by_particle(
    store: Store, runs: pa.Table, config: IrfConfig
) -> tuple[list[IrfSource], list[str]]:
    """Divide the runs of a dataset by what was simulated."""
    primaries = run_primaries(store)
    digest, digests = content_digest(store), run_digests(store, primaries, runs)
    name_of = {p: name for name, several in config.particles.items() for p in several}
    wanted = (config.signal, *config.background)
    of: dict[str, list[int]] = {}
    warnings = []
    for obs_id in runs["obs_id"].to_pylist():
        found = primaries.get(obs_id) or _only_primary(store, primaries, obs_id)
        names = {name_of.get(each, f"primary {each}") for each in found}
        if len(names) > 1:
            raise UserError(
                f"{store.root}: run {obs_id} has {', '.join(sorted(names))} together; "
                "what was thrown of each is not known"
            )
        (name,) = names
        if name in wanted:
            of.setdefault(name, []).append(obs_id)
        else:
            warnings.append(
                f"run {obs_id} of {store.root} is left out: {name} is neither signal "
                "nor background"
            )
    made = reconstruction(store, columns_read(store, config))
    nsb = night_sky(store.root, config.nsb)
    sources = []
    for name, obs_ids in of.items():
        chosen = runs.filter(pc.is_in(runs["obs_id"], pa.array(obs_ids)))
        table = _run_table(chosen, name, digest, digests, nsb, config.fraction)
        sources.append(
            IrfSource(
                store.root,
                name,
                digest,
                table,
                size=store.size,
                array=array_digest(store),
                version=store.identity.schema_version if store.identity else "",
                shards=store.records,
                made=made,
            )
        )
    return sources, warnings


def _only_primary(
    store: Store, primaries: Mapping[int, Sequence[int]], obs_id: int
) -> Sequence[int]:
    """Return what the other runs of a dataset have, for one without any event.

    Raises
    ------
    UserError
        If they are not all alike.
    """
    every = {tuple(several) for several in primaries.values()}
    if len(every) != 1:
        raise UserError(
            f"{store.root}: run {obs_id} has no event, so nobody knows which particle "
            "was thrown; leave it out"
        )
    return every.pop()


def _run_table(
    runs: pa.Table,
    particle: str,
    digest: str,
    digests: Mapping[int, str],
    nsb: float,
    fraction: float,
) -> pa.Table:
    """Return the runs of a particle as they are recorded: `schemas.irf.RUNS`."""
    n, share = runs.num_rows, simulation.KEPT_SHARE.names[0]
    kept = runs[share].to_pylist() if share in runs.column_names else [1.0] * n
    columns = {name: runs[name] for name in simulation.RUNS.names}
    columns |= {
        "particle": [particle] * n,
        "point": [0] * n,
        "input": [digest] * n,
        "run_digest": [digests[each] for each in runs["obs_id"].to_pylist()],
        "nsb": [nsb] * n,
        "kept_share": [each * fraction for each in kept],
    }
    return pa.table({f.name: columns[f.name] for f in irf.RUNS}, irf.RUNS)
