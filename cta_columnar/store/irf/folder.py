"""A folder of instrument responses: made whole, opened, read.

irf/ irf.json           what it was made of, see `irf_manifest`
grid.parquet       a row for each point: where the array pointed
<product>.parquet  all points and event types of a product
histograms/<input>/point<k>[_type<t>]/<histogram>.parquet
runs.parquet  cut_flow.parquet  left_out.parquet  provenance.json
fits/point<k>[_type<t>][_<axis>_bin<b>].fits.gz   ecsv/<benchmark>.ecsv
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa

from cta_columnar.digests import sha256_of
from cta_columnar.errors import did_you_mean
from cta_columnar.schemas import irf
from cta_columnar.store.errors import StoreError
from cta_columnar.store.irf.manifest import FILE, IrfInput, IrfManifest, read_manifest
from cta_columnar.store.irf.tables import Cell, cells_of, select_cell
from cta_columnar.store.tables import read_table
from cta_columnar.store.whole_folder import WholeFolder

ALL_TYPES = -1
HISTOGRAMS = "histograms"
LEFT_OUT = "left_out"


def is_irf(path: str | Path) -> bool:
    """Whether a folder is one of responses."""
    return (Path(path) / FILE).is_file()


_WHOLE = WholeFolder("responses", is_irf)
check_irf_output, new_irf = _WHOLE.check, _WHOLE.new


def cell_name(cell: Cell) -> str:
    """Name a point and an event type: ``point0``, ``point0_type2``."""
    point, event_type = cell
    return f"point{point}" + (f"_type{event_type}" if event_type >= 0 else "")


def histogram_path(root: Path, source: IrfInput, cell: Cell, name: str) -> Path:
    """Return where a histogram of an input lies."""
    return root / HISTOGRAMS / source.name / cell_name(cell) / f"{name}.parquet"


@dataclass(frozen=True, eq=False)
class IrfDataset:
    """A folder of responses as it was when `open_irf` looked at it.

    Attributes
    ----------
    root : pathlib.Path
        The folder.
    manifest : IrfManifest
        What it was made of.
    """

    root: Path
    manifest: IrfManifest

    @property
    def description(self) -> Path:
        """The file that says what all others are, with their digests."""
        return self.root / FILE

    @cached_property
    def digest(self) -> str:
        """Digest of the description, and so of all that was written."""
        return sha256_of(self.description)

    @property
    def products(self) -> tuple[str, ...]:
        """Names of the products that are there, in the order of the schemas."""
        return tuple(n for n in irf.TABLES if f"{n}.parquet" in self.manifest.sha256)

    @cached_property
    def grid(self) -> pa.Table:
        """Where the array pointed: a row for each point."""
        return read_table(self.root / "grid.parquet")

    @property
    def runs(self) -> pa.Table:
        """Simulated runs, of all particles."""
        return read_table(self.root / "runs.parquet")

    @property
    def cut_flow(self) -> pa.Table:
        """Events that are left by each cut, by particle."""
        return read_table(self.root / "cut_flow.parquet")

    @property
    def left_out(self) -> pa.Table:
        """Selected events outside of axes; no rows if an earlier version made it."""
        if f"{LEFT_OUT}.parquet" not in self.manifest.sha256:
            return irf.LEFT_OUT.empty_table()
        return read_table(self.root / f"{LEFT_OUT}.parquet")

    def cells(self, product: str) -> list[Cell]:
        """Return which points and event types there are of a product.

        Raises
        ------
        StoreError
            If there is no such product.
        """
        return cells_of(self._table(product))

    def read(
        self, product: str, point: int = 0, event_type: int = ALL_TYPES
    ) -> pa.Table:
        """Read a product at one point.

        Parameters
        ----------
        product : str
            One of `products`.
        point : int
            Row of the grid.
        event_type : int
            Class of events; by default all together.

        Returns
        -------
        table : pyarrow.Table
            As `stages.irf.product_tables` wrote it.

        Raises
        ------
        StoreError
            If there is no such product, point or event type.
        """
        whole = self._table(product)
        table = select_cell(whole, (point, event_type))
        if table.num_rows == 0:
            known = ", ".join(cell_name(cell) for cell in cells_of(whole))
            raise StoreError(
                f"{self.root} has no {product} of {cell_name((point, event_type))}; "
                f"there are {known}"
            )
        return table

    def read_histogram(self, source: IrfInput, cell: Cell, name: str) -> pa.Table:
        """Read what the events of one input have added.

        Raises
        ------
        StoreError
            If it is missing or damaged.
        """
        return read_table(histogram_path(self.root, source, cell, name))

    def _table(self, product: str) -> pa.Table:
        path = self._path(product)
        table = read_table(path)
        for name in irf.KEYS.names:
            if name not in table.schema.names:
                raise StoreError(f"{path} is damaged: it has no column {name}")
        return table

    def _path(self, product: str) -> Path:
        if product not in self.products:
            hint = did_you_mean(product, self.products)
            raise StoreError(f"{self.root} has no product {product!r}; {hint}")
        return self.root / f"{product}.parquet"


def open_irf(path: str | Path) -> IrfDataset:
    """Open a folder of responses.

    Raises
    ------
    StoreError
        If it is none, damaged, or of another version of the data model.
    """
    root = Path(path)
    if not root.is_dir():
        what = "is not a folder" if root.exists() else "does not exist"
        raise StoreError(f"{root} {what}, so there are no responses")
    return IrfDataset(root, read_manifest(root))
