"""What a report says of folders of instrument responses, and of published ones."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import polars as pl
import pyarrow as pa

from cta_columnar.display.irf_contents import IrfShown, Response
from cta_columnar.page import Table
from cta_columnar.pipelines.reports.irf_bins import by_bin
from cta_columnar.pipelines.reports.provenance import provenance_tables
from cta_columnar.schemas.irf import TABLES
from cta_columnar.stages.dl3.published import components_of_hdus
from cta_columnar.stages.irf.component import Component
from cta_columnar.stages.irf.product_tables import from_table, to_table
from cta_columnar.stages.irf.resolution_of_response import (
    angular_resolution_of,
    energy_resolution_of,
)
from cta_columnar.store import ALL_TYPES, IrfDataset, cell_name, open_irf
from cta_columnar.store.gadf import read_published

MAX_POINTS = 6
# Derived of other products where these are not there.
_DERIVED: dict[str, tuple[str, Callable[[Component], Component]]] = {
    "angular_resolution": ("psf", angular_resolution_of),
    "energy_resolution": ("energy_dispersion", energy_resolution_of),
}


def read_irfs(folders: Sequence[Path], references: Sequence[Path]) -> IrfShown:
    """Read what is to be shown of some folders of responses.

    Parameters
    ----------
    folders : sequence of pathlib.Path
        The first one is described, the others are drawn beside it.
    references : sequence of pathlib.Path
        FITS files of responses.

    Raises
    ------
    UserError
        If something cannot be read.
    """
    datasets = [open_irf(folder) for folder in folders]
    first = datasets[0]
    several = len(datasets) > 1
    responses = [
        response
        for dataset in datasets
        for response in _points(dataset, dataset.root.name if several else "")
    ]
    published = [_published(path) for path in references]
    return IrfShown(
        title=f"Instrument responses: {', '.join(each.root.name for each in datasets)}",
        facts=list(_facts(first)),
        responses=[*responses, *published],
        by_type=list(_types(first)),
        tables=list(_tables(first)),
        cut_flow=_frame(first.cut_flow),
        provenance=provenance_tables(first.root),
        warnings=list(_warnings(datasets)),
    )


def _points(dataset: IrfDataset, prefix: str) -> Iterator[Response]:
    """All event types together, at the first points of the grid."""
    n_points = 1 if _further(dataset) else MAX_POINTS
    for row in dataset.grid.to_pylist()[:n_points]:
        where = f"zenith {row['zenith']:g}°, azimuth {row['azimuth']:g}°"
        where += f", nsb {row['nsb']:g}" if row["nsb"] else ""
        name = f"{prefix}: {where}" if prefix else where
        yield from _responses(dataset, (row["point"], ALL_TYPES), name)


def _types(dataset: IrfDataset) -> Iterator[Response]:
    known = {
        event_type
        for product in dataset.products
        for _, event_type in dataset.cells(product)
        if event_type != ALL_TYPES
    }
    for event_type in sorted(known):
        yield from _responses(dataset, (0, event_type), f"type {event_type}")


def _responses(
    dataset: IrfDataset, cell: tuple[int, int], name: str
) -> Iterator[Response]:
    """Those of a point and an event type: one, or one of each bin of further axes."""
    components = {
        product: from_table(dataset.read(product, *cell))
        for product in dataset.products
        if cell in dataset.cells(product)
    }
    shown = list(by_bin(components, _further(dataset)))
    if len(shown) > MAX_POINTS + 1:
        shown = [*shown[:MAX_POINTS], shown[-1]]
    for said, own in shown:
        if own:
            yield Response(f"{name}; {said}" if said else name, _frames(own))


def _further(dataset: IrfDataset) -> list[str]:
    """Return axes of responses besides their own."""
    return list(dataset.manifest.configuration.get("axes", {}).get("further", {}))


def _frames(components: Mapping[str, Component]) -> dict[str, pl.DataFrame]:
    """Return tables, of what can be derived too."""
    frames = {name: _of(component) for name, component in components.items()}
    for name, (origin, derive) in _DERIVED.items():
        if name not in frames and origin in components:
            frames[name] = _of(derive(components[origin]))
    return frames


def _published(path: Path) -> Response:
    frames = _frames(components_of_hdus(read_published(path)))
    return Response(path.name.partition(".")[0], frames, is_reference=True)


def _of(component: Component) -> pl.DataFrame:
    return _frame(to_table(component))


def _frame(table: pa.Table) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(table))


def _facts(dataset: IrfDataset) -> Iterator[tuple[str, str]]:
    known = dataset.manifest
    yield "enclosure", known.enclosure.lower()
    yield (
        "showers",
        f"{100 * known.fraction:g} % of each simulated run, seed {known.seed}",
    )
    types = ", ".join(map(str, known.event_types))
    yield "event types", f"{types} ({known.event_type_column})" if types else "none"
    yield "products", ", ".join(n for n in TABLES if n in dataset.products)
    yield "data model", known.schema_version
    # The digest of the code is long.
    versions = (f"{name} {value[:12]}" for name, value in known.software.items())
    yield "software", ", ".join(versions)


def _tables(dataset: IrfDataset) -> Iterator[tuple[str, Table]]:
    grid = [
        tuple(
            f"{row[name]:g}" for name in ("point", "zenith", "azimuth", "nsb", "n_runs")
        )
        for row in dataset.grid.to_pylist()
    ]
    header = ("point", "zenith (deg)", "azimuth (deg)", "nsb", "runs")
    yield "Grid", Table(grid, header, n_words=0)
    inputs = [
        (each.particle, each.path, each.digest[:16], f"{len(each.runs):,}")
        for each in dataset.manifest.inputs
    ]
    if inputs:
        names = ("particle", "dataset", "digest", "runs")
        yield "Inputs", Table(inputs, names, n_words=3)


def _warnings(datasets: Sequence[IrfDataset]) -> Iterator[str]:
    first = datasets[0]
    n_points = first.grid.num_rows
    if further := _further(first):
        yield (
            f"There are bins of {', '.join(further)}; pictures are of the first "
            f"{MAX_POINTS} of them at the first point."
        )
    elif n_points > MAX_POINTS:
        yield f"There are {n_points} points; pictures are of the first {MAX_POINTS}."
    enclosures = {each.manifest.enclosure for each in datasets}
    if len(enclosures) > 1:
        yield "Point-like and full-enclosure responses: areas differ by a cut."
    for product in first.products:
        metadata = first.read(product, *first.cells(product)[0]).schema.metadata or {}
        if told := metadata.get(b"interpolated"):
            yield f"Interpolated: {told.decode()} of the grid."
            return
    for row in first.grid.to_pylist():
        cell = (row["point"], ALL_TYPES)
        if "cuts" not in first.products or cell not in first.cells("cuts"):
            yield f"There are no cuts of {cell_name(cell)}."
            continue
        valid = first.read("cuts", *cell)["is_valid"].to_pylist()
        if not all(valid):
            yield (
                f"{cell_name(cell)}: cuts are not valid in {valid.count(False)} of "
                f"{len(valid)} bins of energy."
            )
