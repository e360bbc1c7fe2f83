"""`ctacol run irf --interpolate-to`: a folder of responses to that of one place."""

import logging
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from cta_columnar.config import IrfConfig
from cta_columnar.digests import code_digest, sha256_of
from cta_columnar.errors import UserError
from cta_columnar.pipelines.irf.interpolation import (
    InterpolatedIrf,
    interpolate_irf,
    parse_target,
)
from cta_columnar.pipelines.irf.write import digests_of, write_products
from cta_columnar.pipelines.running.common import PlannedShard, RunOptions, RunSummary
from cta_columnar.pipelines.running.noting import note_tables
from cta_columnar.provenance import Activity, software
from cta_columnar.schemas import irf
from cta_columnar.stages.irf.components import POINT_LIKE
from cta_columnar.stages.irf.interpolation_weights import Interpolation
from cta_columnar.store import (
    IrfDataset,
    check_irf_output,
    new_irf,
    open_irf,
    recorded,
    save_irf_table,
    write_manifest,
)
from cta_columnar.store.irf.manifest import FILE as IRF_FILE

_log = logging.getLogger(__name__)


def run_interpolation(
    folders: Sequence[Path], output: Path, config: IrfConfig, options: RunOptions
) -> RunSummary:
    """Make the responses of one place of those of a grid.

    Parameters
    ----------
    folders : sequence of pathlib.Path
        One folder of responses.
    output : pathlib.Path
        Folder of the new ones.
    config : IrfConfig
        Its ``interpolate_to`` and ``interpolation`` count.
    options : RunOptions
        How to run.

    Raises
    ------
    UserError
        As `interpolate_irf`, or if there is not one input; before anything is written.
    """
    started = time.perf_counter()
    check_irf_output(output, overwrite=options.overwrite)
    if len(folders) != 1:
        raise UserError(f"one folder of responses is interpolated, not {len(folders)}")
    dataset = open_irf(folders[0])
    wanted = config.interpolation
    how = Interpolation(wanted.nearest, wanted.extrapolate, wanted.distributions)
    found = interpolate_irf(dataset, parse_target(str(config.interpolate_to)), how)
    told = [f"{found.place}: {found.weights} of {dataset.root}"]
    if found.weights.is_outside:
        told.append(f"{found.place} is outside of the grid: all of it is extrapolated")
    _log.info("%s", told[0])
    if options.dry_run:
        planned = [PlannedShard(str(found.place), (str(dataset.root),))]
        return RunSummary(
            "irf", output, shards=planned, warnings=told[1:], what="points"
        )
    settings: dict[str, object] = {
        "interpolate_to": config.interpolate_to,
        "interpolation": wanted.model_dump(mode="json"),
    }
    activity = Activity("irf", settings)
    with (
        new_irf(output, overwrite=options.overwrite) as draft,
        recorded(draft, activity),
    ):
        warnings = _write(draft, dataset, found, settings)
        manifest = dataset.root / IRF_FILE
        source = activity.used(
            str(dataset.root.absolute()), sha256_of(manifest), manifest.stat().st_size
        )
        note_tables(activity, draft, [source], "*.parquet")
    return RunSummary(
        "irf",
        output,
        {"points": 1},
        seconds=time.perf_counter() - started,
        warnings=[*told[1:], *warnings],
    )


def _write(
    draft: Path,
    dataset: IrfDataset,
    found: InterpolatedIrf,
    settings: dict[str, object],
) -> list[str]:
    """Write all files of the new folder."""
    manifest = dataset.manifest
    is_point_like = manifest.enclosure == POINT_LIKE
    warnings = write_products(draft, found.cells, is_point_like=is_point_like)
    for name, table in tables_of(dataset, found).items():
        save_irf_table(draft, name, table)
    configuration = {**manifest.configuration, **settings}
    new = replace(
        manifest,
        configuration=configuration,
        software={**software(), "code": code_digest()},
        sha256=digests_of(draft),
    )
    write_manifest(draft, new)
    return warnings


def tables_of(dataset: IrfDataset, found: InterpolatedIrf) -> dict[str, pa.Table]:
    """Make the tables beside the products: grid, runs, cut flow of the new folder."""
    used = found.weights.used
    first = dataset.grid.to_pylist()[used[0]]
    rows = [dataset.grid.to_pylist()[i] for i in used]
    place = asdict(found.place)
    n_runs = sum(row["n_runs"] for row in rows)
    row = {**first, **place, "azimuth": place["azimuth"] % 360, "n_runs": n_runs}
    runs = dataset.runs
    runs = runs.filter(pc.is_in(runs["point"], pa.array(used, runs["point"].type)))
    index = runs.schema.get_field_index("point")
    zeros = pa.repeat(pa.scalar(0, runs.schema.field(index).type), runs.num_rows)
    return {
        "grid": pa.Table.from_pylist([{**row, "point": 0}], schema=irf.GRID),
        "runs": runs.set_column(index, runs.schema.field(index), zeros),
        "cut_flow": dataset.cut_flow,
    }
