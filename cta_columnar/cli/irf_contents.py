"""A folder of instrument responses in words."""

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import polars as pl

from cta_columnar.cli.text import columns, in_bytes, in_number
from cta_columnar.schemas.irf import LEAST_EVENTS
from cta_columnar.store import ALL_TYPES, IrfDataset

# Energies, and what is told of each product at them.
_AT_TEV = (0.1, 1.0, 10.0)
_TOLD = {
    "effective_area": ("effective area", "effective_area", "m2"),
    "angular_resolution": ("angular resolution", "angular_resolution", "deg"),
    "energy_resolution": ("energy resolution", "energy_resolution", ""),
    "sensitivity": ("sensitivity", "energy_flux_sensitivity", "erg/(cm2 s)"),
    "background_rate": ("rate in on region", "on_region_rate", "1/s"),
}


def describe_irf(dataset: IrfDataset) -> Iterator[str]:
    """Say which responses there are, what they were made of, and how good they are."""
    manifest = dataset.manifest
    size = sum((dataset.root / name).stat().st_size for name in manifest.sha256)
    of = manifest.configuration
    yield f"{dataset.root}: instrument responses, {manifest.enclosure.lower()}"
    facts = [
        ("size", in_bytes(size)),
        ("data model", manifest.schema_version),
        ("cuts", str(of["cuts"]["method"])),
        ("observation", f"{of['obs_time']:g} h, {of['spectra'][of['signal']]}"),
        ("showers", f"{100 * manifest.fraction:g} % of all, seed {manifest.seed}"),
        ("products", ", ".join(dataset.products)),
    ]
    if further := of["axes"]["further"]:
        facts.append(("in bins of", ", ".join(further)))
    if manifest.event_types:
        types = ", ".join(map(str, manifest.event_types))
        facts.append(("event types", f"{types} of {manifest.event_type_column}"))
    yield from columns(facts, indent="  ")
    yield from _inputs(dataset)
    for row in dataset.grid.to_pylist():
        yield (
            f"point {row['point']}: zenith {row['zenith']:.1f} deg, azimuth "
            f"{row['azimuth']:.1f} deg, nsb {row['nsb']:g}, "
            f"{in_number(row['n_runs'], 'run')}"
        )
        yield from figures(dataset, row["point"], further)


def _inputs(dataset: IrfDataset) -> Iterator[str]:
    yield "inputs:"
    rows = [
        (each.particle, in_number(len(each.runs), "run"), each.path)
        for each in dataset.manifest.inputs
    ]
    yield from columns(rows, indent="  ", right=(1,))
    flow = pl.DataFrame(pl.from_arrow(dataset.cut_flow)).to_dicts()
    yield "events that are left by each cut:"
    yield from columns(list(_cut_flow(flow)), indent="  ", right=(2,))
    outside = list(_outside(pl.DataFrame(pl.from_arrow(dataset.left_out))))
    if outside:
        yield "selected events outside of axes, all points and types together:"
        yield from columns(outside, indent="  ", right=(2,))


def _cut_flow(flow: Sequence[dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    for stage, rows in groupby(flow, lambda row: str(row["stage"])):
        for number, row in enumerate(rows):
            first = stage if number == 0 else ""
            yield first, str(row["cut"]), f"{row['n_survivors']:,}"


def _outside(left_out: pl.DataFrame) -> Iterator[tuple[str, str, str]]:
    """Return the shares that products of each particle do not show."""
    counts = ("n_selected", "n_inside")
    together = left_out.filter(pl.col("event_type") == ALL_TYPES)
    keys = ["particle", "histogram"]
    by_product = together.group_by(keys).agg(pl.col(counts).sum()).sort(keys)
    for row in by_product.iter_rows(named=True):
        if row["n_inside"] < row["n_selected"]:
            share = 1 - row["n_inside"] / row["n_selected"]
            yield row["particle"], row["histogram"], f"{100 * share:.2g} %"


def _value(rows: pl.DataFrame, column: str) -> str:
    """Say the first value of a column, or its limit."""
    if rows.height == 0:
        return "-"
    if column in LEAST_EVENTS and rows["n_events"][0] < LEAST_EVENTS[column]:
        return "-"
    limit = rows[f"{column}_upper"][0] if f"{column}_upper" in rows.columns else np.nan
    return f"< {limit:.2g}" if np.isfinite(limit) else f"{rows[column][0]:.3g}"


def figures(dataset: IrfDataset, point: int, further: Collection[str]) -> Iterator[str]:
    """Say values at some energies, in the first ring of the field of view.

    What has bins of further axes is only named: one of them says little.
    """
    rows = [("", *(f"{energy:g} TeV" for energy in _AT_TEV), "")]
    in_bins = []
    for product, (name, column, unit) in _TOLD.items():
        if product not in dataset.products:
            continue
        table = pl.DataFrame(pl.from_arrow(dataset.read(product, point)))
        if any(f"{axis}_low" in table.columns for axis in further):
            in_bins.append(name)
            continue
        is_older = column not in table.columns
        if is_older:
            continue
        energy = next(each for each in table.columns if each.endswith("energy_low"))
        values = []
        for at in _AT_TEV:
            high = energy.replace("_low", "_high")
            there = table.filter((pl.col(energy) <= at) & (pl.col(high) > at))
            values.append(_value(there, column))
        rows.append((name, *values, unit))
    if len(rows) > 1:
        yield from columns(rows, indent="  ", right=(1, 2, 3))
    if in_bins:
        yield (
            f"  responses have bins of {', '.join(further)}: not shown are "
            f"{', '.join(in_bins)}; see the tables, or ctacol report"
        )
