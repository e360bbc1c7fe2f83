"""What dropping pixels costs: charge and parameters of the same showers, both ways."""

import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq
from numpy.typing import NDArray

import cta_columnar
from benchmarks.report import table
from cta_columnar.arrays import to_numpy
from cta_columnar.config.source import SourceConfig
from cta_columnar.pipelines.reduce.source import Dl0Source
from cta_columnar.store import Store

KEY = ["obs_id", "event_id", "tel_id"]
# Name, and the settings: from careful to reckless.
REDUCERS = {
    "6 / 3 p.e., 2 rings": (6, 3, 2),
    "10 / 5 p.e., 2 rings": (10, 5, 2),
    "8 / 4 p.e., 1 ring": (8, 4, 1),
    "10 / 5 p.e., 1 ring": (10, 5, 1),
    "10 / 5 p.e., no ring": (10, 5, 0),
}


def _raw(work: Path, showers: int) -> Path:
    """Simulate, or find what was simulated."""
    path = work / f"gamma_{showers}.simtel.zst"
    if not path.exists():
        work.mkdir(parents=True, exist_ok=True)
        cta_columnar.run(
            "simulate",
            output=path,
            array="CTAO-North",
            particle="gamma",
            n_showers=showers,
            workers=1,
        )
    return path


def _reduced(
    raw: Path, work: Path, name: str, settings: list[str]
) -> tuple[Store, Store, int]:
    """Reduce, make DL1 of it; return both, and the bytes of DL0 without truth."""
    for folder in (work / f"dl0-{name}", work / f"dl1-{name}"):
        shutil.rmtree(folder, ignore_errors=True)
    dl0, dl1 = work / f"dl0-{name}", work / f"dl1-{name}"
    cta_columnar.run("reduce", input=raw, output=dl0, set=settings, workers=1)
    cta_columnar.run("stage1", input=dl0, output=dl1, workers=1)
    open_store = cta_columnar.open_store
    made = open_store(dl0)
    n_bytes = sum(waveform_bytes(made, each) for each in made.tel_types("waveforms"))
    return made, open_store(dl1), n_bytes


def waveform_bytes(dl0: Store, tel_type: str) -> int:
    """Compressed bytes of the rows of DL0, but for what is simulated truth."""
    n_bytes = 0
    for path in dl0.paths("waveforms", tel_type):
        metadata = pq.read_metadata(path)
        for group in range(metadata.num_row_groups):
            for i in range(metadata.num_columns):
                column = metadata.row_group(group).column(i)
                if "true" not in column.path_in_schema:
                    n_bytes += column.total_compressed_size
    return n_bytes


def _light_lost(dl0: Store) -> float:
    """Share of the true photo-electrons that lie in pixels which were dropped."""
    everything = lost = 0
    for batch in Dl0Source(dl0, SourceConfig()).batches():
        for rows in batch.telescopes.values():
            truth = np.maximum(to_numpy(rows["true_image"]), 0)
            is_stored = to_numpy(rows["stored_pixels"]) & 1 == 1
            everything += int(truth.sum())
            lost += int(truth[~is_stored].sum())
    return lost / max(everything, 1)


def _raw_bytes(store: Store) -> int:
    """Count samples of all gains, two bytes each."""
    types = {each.name: each.readout for each in store.subarray().types}
    return sum(
        2 * r.n_channels * r.n_pixels * r.n_samples * store.rows("images", name)
        for name, r in types.items()
    )


def _parameters(store: Store) -> pl.DataFrame:
    types = store.tel_types("parameters")
    return pl.concat([store.scan("parameters", each) for each in types]).collect()


def _spread(values: NDArray[np.float64]) -> str:
    """Median, and what nine of ten are below."""
    sizes = np.abs(values[np.isfinite(values)])
    return f"{np.median(sizes):.2g} / {np.quantile(sizes, 0.9):.2g}"


def _row(
    whole: pl.DataFrame, found: pl.DataFrame, name: str, factor: float, lost: float
) -> list[str]:
    """Compare images that have parameters without any reduction."""
    there = whole.filter(pl.col("is_parametrized"))
    both = there.join(found, on=KEY, suffix="_reduced")
    kept = both.filter(pl.col("is_parametrized_reduced"))

    def change(column: str, *, relative: bool) -> NDArray[np.float64]:
        before: NDArray[np.float64] = kept[column].to_numpy()
        after: NDArray[np.float64] = kept[f"{column}_reduced"].to_numpy()
        return (after - before) / (before if relative else np.ones_like(before))

    psi = (change("hillas_psi", relative=False) + 90) % 180 - 90
    shift = np.hypot(
        change("hillas_fov_lon", relative=False),
        change("hillas_fov_lat", relative=False),
    )
    same = np.abs(change("hillas_intensity", relative=True)) == 0
    return [
        name,
        f"{factor:.0f}",
        f"{lost:.1%}",
        f"{len(kept) / max(len(there), 1):.1%}",
        f"{same.mean():.1%}",
        _spread(change("hillas_intensity", relative=True)),
        _spread(change("hillas_length", relative=True)),
        _spread(change("hillas_width", relative=True)),
        _spread(shift),
        _spread(psi),
    ]


def report(work: Path, showers: int) -> str:
    """Simulate gammas in CTAO North, reduce them more and more, and compare DL1."""
    raw = _raw(work, showers)
    dl0, store, n_bytes = _reduced(raw, work, "all", [])
    whole, n_raw = _parameters(store), _raw_bytes(store)
    rows = [_row(whole, whole, "all pixels", n_raw / n_bytes, _light_lost(dl0))]
    for name, (picture, boundary, rings) in REDUCERS.items():
        settings = [
            "reducer=TailCutsDataVolumeReducer",
            f"reducer.picture_threshold_pe={picture}",
            f"reducer.boundary_threshold_pe={boundary}",
            f"reducer.n_end_dilates={rings}",
        ]
        short = f"{picture}-{boundary}-{rings}"
        dl0, store, n_bytes = _reduced(raw, work, short, settings)
        found = _parameters(store)
        lost = _light_lost(dl0)
        rows.append(_row(whole, found, name, n_raw / n_bytes, lost))
    head = [
        "kept pixels",
        "raw / DL0",
        "light dropped",
        "images still there",
        "exactly as before",
        "intensity",
        "length",
        "width",
        "centroid, deg",
        "psi, deg",
    ]
    note = (
        f"{len(whole)} images of gammas in CTAO North. Changes are absolute, those of "
        "intensity, length and width relative: median / nine of ten are below."
    )
    return f"{note}\n\n{table(head, rows)}"
