"""The folder of responses: products, histograms, tables beside them, FITS and ECSV."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import AnyArray
from cta_columnar.arrays import to_batch
from cta_columnar.config import IrfConfig
from cta_columnar.digests import code_digest, sha256_of
from cta_columnar.pipelines.irf.cells import Cell
from cta_columnar.pipelines.irf.fill import Filled, in_order
from cta_columnar.pipelines.irf.fits_files import write_fits
from cta_columnar.pipelines.irf.inputs import IrfSource
from cta_columnar.pipelines.irf.plan import spectra_of
from cta_columnar.provenance import software
from cta_columnar.schemas import irf
from cta_columnar.stages.irf.component import Component
from cta_columnar.stages.irf.product_tables import histogram_to_table, to_table
from cta_columnar.stages.irf.spectrum import Spectrum
from cta_columnar.store import (
    IrfInput,
    IrfManifest,
    IrfSpectrum,
    histogram_path,
    save_irf_table,
    save_product,
    write_manifest,
    write_table,
)
from cta_columnar.store.irf.folder import LEFT_OUT
from cta_columnar.store.irf.plain_tables import EXTENSIONS, save_ecsv
from cta_columnar.store.irf.tables import with_keys

SAMPLE = "sample"
# TeV, four a decade: spectra that agree at these are the same.
_SPECTRUM_AT = tuple(float(f"{10 ** (k / 4):.4g}") for k in range(-8, 9))


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
    other_irfs : mapping of str to str
        Digests of other responses that these were made with.
    """

    config: IrfConfig
    event_types: tuple[int, ...]
    sources: Sequence[IrfSource]
    grid: pa.Table
    cut_flow: pa.Table
    products: Mapping[Cell, Mapping[str, Component]]
    filled: Sequence[Mapping[Cell, Filled]]
    other_irfs: Mapping[str, str]


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
    is_point_like = responses.config.is_point_like
    warnings = write_products(draft, responses.products, is_point_like=is_point_like)
    for source, filled in zip(responses.sources, responses.filled, strict=True):
        _write_histograms(draft, source.info, filled)
    runs = pa.concat_tables([source.runs for source in responses.sources])
    beside = {"grid": responses.grid, "runs": runs, "cut_flow": responses.cut_flow}
    for name, table in beside.items():
        save_irf_table(draft, name, table)
    write_table(draft / f"{LEFT_OUT}.parquet", left_out(responses))
    write_manifest(draft, _manifest(draft, responses))
    return [*warnings, *without_type(responses)]


def left_out(responses: Responses) -> pa.Table:
    """Count selected events that are outside of axes: `schemas.irf.LEFT_OUT`."""
    total: dict[tuple[str, int, int, str], AnyArray] = {}
    for source, filled in zip(responses.sources, responses.filled, strict=True):
        for cell, each in filled.items():
            for name, histogram in each.histograms.histograms.items():
                key = (source.particle, *cell, name)
                counts = np.array([histogram.counts.sum(), *histogram.left_out])
                total[key] = total.get(key, 0) + counts
    rows = [
        dict(zip(irf.LEFT_OUT.names, (*key, n.sum(), *n), strict=True))
        for key, n in sorted(total.items())
    ]
    return pa.Table.from_pylist(rows, schema=irf.LEFT_OUT)


def without_type(responses: Responses) -> Iterator[str]:
    """Tell of events that are in no event type."""
    name = responses.config.event_types
    rows = responses.cut_flow.to_pylist()
    for particle in dict.fromkeys(source.particle for source in responses.sources):
        of = [row for row in rows if row["stage"] == f"{particle}_event_types"]
        counts = {row["cut"]: row["n_survivors"] for row in of}
        every, known = counts.get("all", 0), counts.get(f"has_{name}", 0)
        if known < every:
            yield (
                f"{every - known} of {every} {particle} have no {name} (-1): they are "
                "in no event type, only in all together"
            )


def write_products(
    draft: Path,
    products: Mapping[Cell, Mapping[str, Component]],
    *,
    is_point_like: bool,
) -> list[str]:
    """Write products as tables and for others: FITS, and ECSV of figures of merit.

    Parameters
    ----------
    draft : pathlib.Path
        Folder that is being made.
    products : mapping of (int, int) to mapping of str to Component
        By point and event type, then by name.
    is_point_like : bool
        Whether events have passed a cut on theta, whose radius is a response then.

    Returns
    -------
    warnings : list of str
        What could not be written, and why.
    """
    warnings = write_fits(draft / "fits", products, is_point_like=is_point_like)
    names = next(iter(products.values()))
    for name in names:
        tables = {cell: to_table(each[name]) for cell, each in products.items()}
        save_product(draft / f"{name}.parquet", tables)
        if name in EXTENSIONS:
            save_ecsv(draft / "ecsv" / f"{name}.ecsv", with_keys(name, tables))
    return warnings


def digests_of(draft: Path) -> dict[str, str]:
    """Return SHA-256 of all files by their path, but those of the provenance."""
    files = sorted(path for path in draft.rglob("*") if path.is_file())
    return {
        path.relative_to(draft).as_posix(): sha256_of(path)
        for path in files
        if path.name != "provenance.json"
    }


def _write_histograms(
    draft: Path, source: IrfInput, filled: Mapping[Cell, Filled]
) -> None:
    for cell, each in filled.items():
        for name, histogram in each.histograms.histograms.items():
            path = histogram_path(draft, source, cell, name)
            table = histogram_to_table(histogram)
            told = {k.decode(): v.decode() for k, v in table.schema.metadata.items()}
            write_table(path, table, told)
        path = histogram_path(draft, source, cell, SAMPLE)
        write_table(path, sample_table(in_order(each.sample)))


def sample_table(sample: Mapping[str, AnyArray]) -> pa.Table:
    """Write a sample of events as a table."""
    schema = pa.schema([field for field in irf.SAMPLE if field.name in sample])
    columns = {name: sample[name] for name in schema.names}
    return pa.Table.from_batches([to_batch(columns, schema)])


def _recorded(spectrum: Spectrum) -> IrfSpectrum:
    flux = spectrum(np.array(_SPECTRUM_AT))
    return IrfSpectrum(
        spectrum.name,
        spectrum.is_diffuse,
        spectrum.unit,
        spectrum.parameters,
        _SPECTRUM_AT,
        tuple(flux.tolist()),
    )


def _manifest(draft: Path, responses: Responses) -> IrfManifest:
    config, first = responses.config, responses.sources[0]
    typed = config.event_types != "none"
    particles = {source.particle for source in responses.sources}
    return IrfManifest(
        configuration=config.model_dump(mode="json"),
        enclosure="POINT-LIKE" if config.is_point_like else "FULL-ENCLOSURE",
        seed=config.seed,
        fraction=config.fraction,
        event_types=responses.event_types,
        event_type_column=config.event_types if typed else "",
        array=first.array,
        input_version=first.version,
        inputs=tuple(source.info for source in responses.sources),
        telescopes=first.telescopes,
        spectra={
            name: _recorded(each)
            for name, each in spectra_of(config).items()
            if name in particles
        },
        software={**software(), "code": code_digest()},
        sha256=digests_of(draft),
        other_irfs=responses.other_irfs,
    )
