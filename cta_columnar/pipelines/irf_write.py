"""The folder of responses: products, histograms, tables beside them, FITS and ECSV."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from cta_columnar.array_types import AnyArray
from cta_columnar.arrays import to_batch
from cta_columnar.config import IrfConfig
from cta_columnar.digests import code_digest, sha256_of
from cta_columnar.pipelines.irf_fill import Cell, Filled, in_order
from cta_columnar.pipelines.irf_inputs import IrfSource
from cta_columnar.provenance import software
from cta_columnar.schemas import irf
from cta_columnar.stages.dl3.responses import FORMS, NoObservation, response_hdus
from cta_columnar.stages.irf.component import Component
from cta_columnar.stages.irf.components import FULL_ENCLOSURE, POINT_LIKE
from cta_columnar.stages.irf.product_tables import histogram_to_table, to_table
from cta_columnar.store import (
    IrfInput,
    IrfManifest,
    cell_name,
    histogram_path,
    save_irf_table,
    save_product,
    write_manifest,
)
from cta_columnar.store.gadf import write_gadf
from cta_columnar.store.irf_plain_tables import EXTENSIONS, benchmark_hdu, save_ecsv
from cta_columnar.store.irf_tables import with_keys

SAMPLE = "sample"


@dataclass(frozen=True, eq=False)
class Responses:
    """All that is written.

    Attributes
    ----------
    config : IrfConfig
        What was wanted.
    event_types : tuple of int
        Classes with responses of their own.
    sources : sequence of IrfSource
        Inputs.
    grid, cut_flow : pyarrow.Table
        Tables beside the products.
    products : mapping of (int, int) to mapping of str to Component
        By point and event type, then by name.
    filled : sequence of mapping of (int, int) to Filled
        Of each source.
    """

    config: IrfConfig
    event_types: tuple[int, ...]
    sources: Sequence[IrfSource]
    grid: pa.Table
    cut_flow: pa.Table
    products: Mapping[Cell, Mapping[str, Component]]
    filled: Sequence[Mapping[Cell, Filled]]


def write_responses(draft: Path, responses: Responses) -> list[str]:
    """Write everything into a folder that is being made.

    Returns
    -------
    warnings : list of str
        What could not be written, and why.

    Raises
    ------
    WriteError
        If the disk is full, say.
    """
    warnings = _write_fits(draft / "fits", responses)
    names = next(iter(responses.products.values()))
    for name in names:
        tables = {c: to_table(each[name]) for c, each in responses.products.items()}
        path = draft / f"{name}.parquet"
        save_product(path, tables)
        if name in EXTENSIONS:
            save_ecsv(draft / "ecsv" / f"{name}.ecsv", with_keys(name, tables))
    for source, filled in zip(responses.sources, responses.filled, strict=True):
        _write_histograms(draft, source.info, filled)
    runs = pa.concat_tables([source.runs for source in responses.sources])
    beside = {"grid": responses.grid, "runs": runs, "cut_flow": responses.cut_flow}
    for name, table in beside.items():
        save_irf_table(draft / f"{name}.parquet", table.cast(irf.DATASET[name]))
    write_manifest(draft, _manifest(draft, responses))
    return warnings


def _write_histograms(
    draft: Path, source: IrfInput, filled: Mapping[Cell, Filled]
) -> None:
    for cell, each in filled.items():
        for name, histogram in each.histograms.histograms.items():
            path = histogram_path(draft, source, cell, name)
            table = histogram_to_table(histogram)
            told = {k.decode(): v.decode() for k, v in table.schema.metadata.items()}
            save_irf_table(path, table, told)
        path = histogram_path(draft, source, cell, SAMPLE)
        save_irf_table(path, sample_table(in_order(each.sample)))


def sample_table(sample: Mapping[str, AnyArray]) -> pa.Table:
    """Write a sample of events as a table."""
    schema = pa.schema([field for field in irf.SAMPLE if field.name in sample])
    return pa.Table.from_batches([to_batch(dict(sample), schema)])


def _write_fits(folder: Path, responses: Responses) -> list[str]:
    """Write the responses of each point and event type as GADF, with figures of merit."""
    further = [n for n, e in responses.config.axes.further.items() if len(e) != 2]
    if further:
        return [
            "there are no FITS files: GADF has no axis of "
            f"{', '.join(further)}; the tables are complete"
        ]
    folder.mkdir()
    for cell, products in responses.products.items():
        kept = [
            each
            for name, each in products.items()
            if name in FORMS and (name != "rad_max" or responses.config.is_point_like)
        ]
        beside = [
            benchmark_hdu(name, to_table(each))
            for name, each in products.items()
            if name in EXTENSIONS
        ]
        hdus = response_hdus(kept, NoObservation())
        write_gadf(folder / f"{cell_name(cell)}.fits.gz", hdus, beside)
    return []


def _manifest(draft: Path, responses: Responses) -> IrfManifest:
    config, first = responses.config, responses.sources[0]
    typed = config.event_types != "none"
    files = sorted(path for path in draft.rglob("*") if path.is_file())
    return IrfManifest(
        configuration=config.model_dump(mode="json"),
        enclosure=POINT_LIKE if config.is_point_like else FULL_ENCLOSURE,
        seed=config.seed,
        fraction=config.fraction,
        event_types=responses.event_types,
        event_type_column=config.event_types if typed else "",
        array=first.array,
        input_version=first.version,
        inputs=tuple(source.info for source in responses.sources),
        software={**software(), "code": code_digest()},
        sha256={
            path.relative_to(draft).as_posix(): sha256_of(path)
            for path in files
            if path.name != "provenance.json"
        },
    )
