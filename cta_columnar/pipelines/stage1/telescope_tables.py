"""What the chains give of telescope events, to the tables of a DL1 dataset."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from cta_columnar.arrays import to_batch
from cta_columnar.config.models import Stage1Config, WriteConfig
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.kernels.reduction import grown
from cta_columnar.pipelines.images.stored import ROUNDED, image_schema, rounded
from cta_columnar.pipelines.stage1.chains import IS_RING
from cta_columnar.pipelines.stage1.column_buffer import ColumnBuffer
from cta_columnar.schemas import dl1
from cta_columnar.schemas.columns import merge
from cta_columnar.stages.dl1 import TelescopeChains
from cta_columnar.stages.muons import ONE_MIRROR
from cta_columnar.stages.selection import Selection
from cta_columnar.store import ShardWriter

_IMAGE_CUTS = ("charge_above", "pixels_above")
# A count of telescope events.
WITHOUT_RINGS = "images not searched for muon rings"
# Of their cut flow.
IMAGE_QUALITY = "image_quality"


class TelescopeTables:
    """Appends images, parameters and muon rings.

    Parameters
    ----------
    writer : ShardWriter
        Where rows go.
    config : Stage1Config
        What is written.
    chains : mapping of str to TelescopeChains
        What computes the columns, by telescope type.
    carried : pyarrow.Schema, optional
        Columns of ``parameters`` besides those that the chains compute.

    Attributes
    ----------
    warnings : list of str
        What the user should look at.
    counts : dict of str to int
        `WITHOUT_RINGS`, if muons are sought and there are such images.
    """

    def __init__(
        self,
        writer: ShardWriter,
        config: Stage1Config,
        chains: Mapping[str, TelescopeChains],
        carried: pa.Schema | None = None,
    ) -> None:
        self._writer = writer
        self._write = config.write
        self._cuts = *_IMAGE_CUTS, *(cut.name for cut in config.image_quality.cuts)
        self._chains = chains
        self._carried = carried or pa.schema([])
        self._parameters: dict[str, ColumnBuffer] = {}
        self.warnings: list[str] = []
        self.counts: dict[str, int] = {}

    def append(self, columns: dict[str, Any], n_rows: int, tel_type: str) -> pa.Table:
        """Append rows of one telescope type; return their cut flow.

        Parameters
        ----------
        columns : dict of str to numpy.ndarray or pyarrow.Array
            At least those that are written, and what the cut flow needs.
        n_rows : int
            Length of each.
        tel_type : str
            The type.
        """
        chains = self._chains[tel_type]
        if self._write.images != "none":
            images = _images(columns, self._write, chains.camera)
            self._writer.append("images", images, tel_type)
        if tel_type not in self._parameters:
            schemas = (*chains.parameter_schemas, self._carried)
            self._parameters[tel_type] = ColumnBuffer(merge(dl1.TEL_EVENT, *schemas))
        self._parameters[tel_type].add(columns, n_rows)
        if self._parameters[tel_type].is_full:
            self._flush(tel_type)
        if chains.muon_schemas:
            self._append_muons(columns, merge(*chains.muon_schemas), tel_type)
            self._note_unsearched(chains.camera, n_rows)
        return self._cut_flow(tel_type, columns)

    def finish(self) -> None:
        """Append the parameters that wait."""
        for tel_type, buffer in self._parameters.items():
            if not buffer.is_empty:
                self._flush(tel_type)

    def _flush(self, tel_type: str) -> None:
        """Append the parameters that wait, if only to make sure of the table."""
        rows = self._parameters[tel_type].take()
        self._writer.append("parameters", rows, tel_type)

    def _append_muons(
        self, columns: dict[str, Any], schema: pa.Schema, tel_type: str
    ) -> None:
        """Append the rings that were found; most images have none."""
        found = np.isfinite(columns[IS_RING])
        if found.any():
            rings = select(columns, merge(dl1.MUON_EVENT, schema))
            self._writer.append("muons", rings.filter(pa.array(found)), tel_type)

    def _note_unsearched(self, camera: TelescopeType, n_rows: int) -> None:
        """Tell of images in which no ring is sought, whatever they show."""
        n_mirrors = camera.optics.n_mirrors
        if n_mirrors == ONE_MIRROR:
            return
        self.counts[WITHOUT_RINGS] = self.counts.get(WITHOUT_RINGS, 0) + n_rows
        mirrors = (
            f"{n_mirrors} mirrors" if n_mirrors > 0 else "mirrors of unknown number"
        )
        warning = (
            f"muons: no rings are sought in images of {camera.name}, which has "
            f"{mirrors}: their light is described for one mirror only"
        )
        if warning not in self.warnings:
            self.warnings.append(warning)

    def _cut_flow(self, tel_type: str, columns: dict[str, Any]) -> pa.Table:
        """Count images that pass the image quality cuts."""
        passed = np.stack(
            [
                columns["passes_charge"],
                columns["passes_pixels"],
                *columns["passes_cuts"].T,
            ]
        )
        selection = Selection(self._cuts, passed)
        return selection.cut_flow(IMAGE_QUALITY, {tel_type: slice(None)})


def _images(
    columns: dict[str, Any], write: WriteConfig, camera: TelescopeType
) -> pa.RecordBatch:
    """Return rows of the table ``images``."""
    if write.images == "cleaned":
        csr = camera.neighbor_indptr, camera.neighbor_indices
        stays = grown(columns["image_mask"], write.image_rings, *csr)
        columns = columns | {n: np.where(stays, columns[n], 0) for n in ROUNDED}
    is_rounded = write.image_precision == "int16"
    if is_rounded:
        columns = columns | rounded(columns)
    schema = image_schema(
        camera.readout.n_pixels,
        is_rounded=is_rounded,
        with_true=write.true_images,
        pixels=_pixels(write),
    )
    return select(columns, schema)


def _pixels(write: WriteConfig) -> str:
    """Say which pixels of images are stored; nothing if all are."""
    if write.images == "whole":
        return ""
    return f"of image_mask and {in_rings(write.image_rings)} around them"


def in_rings(number: int) -> str:
    """Write a number of rings."""
    return "1 ring" if number == 1 else f"{number} rings"


def image_facts(write: WriteConfig) -> dict[str, Any]:
    """Say how images are stored, as plain data for the record of a shard."""
    facts: dict[str, Any] = {"pixels": write.images}
    if write.images == "cleaned":
        facts["rings"] = write.image_rings
    if write.images != "none":
        facts["precision"] = write.image_precision
    return facts


def select(columns: dict[str, Any], schema: pa.Schema) -> pa.RecordBatch:
    """Put some of the columns into the order and types of a schema."""
    return to_batch({name: columns[name] for name in schema.names}, schema)
