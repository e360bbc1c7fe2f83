"""A dataset in words."""

import math
from collections.abc import Iterator

from cta_columnar.cli.summary import left_out
from cta_columnar.cli.text import columns, in_bytes, in_number
from cta_columnar.instrument.optics import OpticsDescription
from cta_columnar.instrument.subarray import SubarrayDescription, ranges
from cta_columnar.pipelines.reduce import dropped_pixels
from cta_columnar.store import Store, is_unfinished_merge

MAX_LISTED = 10
_RUN_AGAIN = "run again with --resume"


def describe_dataset(store: Store) -> Iterator[str]:
    """Say what is in a dataset: tables, rows, telescopes, inputs, size."""
    records, identity = store.records, store.identity
    size = sum(record.size for record in records)
    again = "merge again" if is_unfinished_merge(store.root) else _RUN_AGAIN
    state = "" if store.is_finished else f", NOT FINISHED: {again}"
    yield f"{store.root}: {identity.stage if identity else 'empty'} dataset{state}"
    facts = [("shards", f"{len(records):,}"), ("size", in_bytes(size))]
    if identity:
        facts += [
            ("data model", identity.schema_version),
            ("configuration", identity.config_digest[:16]),
            ("code", identity.code_digest[:16]),
        ]
    if records and (images := records[0].info.get("images")):
        facts.append(("images", _of_images(**images)))
    if records:
        facts += [("pixels", each) for each in dropped_pixels.in_words(records[0])]
    if records and (models := records[0].info.get("models")):
        facts.append(("models", ", ".join(models)))
    yield from columns(facts, indent="  ")
    yield from _tables(store)
    if "subarray/telescopes" in store.tables():
        yield from describe_array(store.subarray())
    yield from _inputs(store)


def _of_images(pixels: str, rings: int = 0, precision: str = "") -> str:
    """Say how images are stored."""
    if pixels == "none":
        return "none"
    around = f" pixels and {in_number(rings, 'ring')} around them, others 0"
    return f"{pixels}{around if pixels == 'cleaned' else ''}, {precision}"


def _tables(store: Store) -> Iterator[str]:
    yield "tables:"
    rows = []
    for table, types in store.tables().items():
        if table.startswith("subarray/"):
            continue
        rows.append((table, in_number(store.rows(table), "row"), ""))
        rows += [("", f"{store.rows(table, each):,}", each) for each in types]
    yield from columns(rows, indent="  ", right=(1,))


def describe_array(subarray: SubarrayDescription) -> Iterator[str]:
    """Say which telescopes there are, by type."""
    yield f"array {subarray.name!r}: {in_number(len(subarray), 'telescope')}"
    rows = []
    for each in subarray.types:
        tel_ids = subarray.tel_ids_of(each.name).tolist()
        readout = each.readout
        rows.append(
            (
                each.name,
                f"{len(tel_ids)}",
                in_number(readout.n_pixels, "pixel"),
                in_number(readout.n_channels, "gain"),
                in_number(readout.n_samples, "sample"),
                f"f = {_focal_length(each.optics)}",
                f"ids {ranges(tel_ids)}",
            )
        )
    yield from columns(rows, indent="  ", right=(1, 2, 4))


def _focal_length(optics: OpticsDescription) -> str:
    effective = optics.effective_focal_length
    known = f", effective {effective:.2f} m" if math.isfinite(effective) else ""
    return f"{optics.equivalent_focal_length:.2f} m{known}"


def _inputs(store: Store) -> Iterator[str]:
    every = (each for record in store.records for each in record.shard.inputs)
    inputs = list(dict.fromkeys(every))
    yield "inputs:"
    rows = [(each.path, in_bytes(each.size)) for each in inputs[:MAX_LISTED]]
    yield from columns(rows, indent="  ", right=(1,))
    if len(inputs) > MAX_LISTED:
        yield f"  and {len(inputs) - MAX_LISTED} more"
    if store.contents.skipped:
        yield "inputs left out:"
    for each in store.contents.skipped:
        yield left_out(each.path, each.reason)
