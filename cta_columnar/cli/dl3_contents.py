"""A folder of event lists in words."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from cta_columnar.cli.text import columns, in_bytes, in_number
from cta_columnar.gadf import Hdu
from cta_columnar.stages.dl3.times import iso_tt, to_ns
from cta_columnar.store.gadf import load_dl3_table, read_index

MAX_LISTED = 20


def describe_event_lists(root: Path) -> Iterator[str]:
    """Say which observations there are, and which tables each has."""
    observations, hdus = read_index(root)
    size = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
    n_events = int(np.sum(observations.columns.get("EVENT_COUNT", [0])))
    yield (
        f"{root}: event lists of {in_number(observations.n_rows, 'observation')}, "
        f"{in_number(n_events, 'event')}, {in_bytes(size)}"
    )
    labels = {"TELESCOP": "telescope", "INSTRUME": "instrument"}
    facts = [
        (label, str(observations.header[name]))
        for name, label in labels.items()
        if name in observations.header
    ]
    classes = sorted({str(name) for name in hdus["HDU_CLASS"]})
    facts.append(("tables", ", ".join(classes)))
    yield from columns(facts, indent="  ")
    yield "observations:"
    yield from columns(list(_rows(observations)), indent="  ", right=(0, 2, 3, 4))
    if observations.n_rows > MAX_LISTED:
        yield f"  and {observations.n_rows - MAX_LISTED} more"
    yield from _observed(root)


def _rows(observations: Hdu) -> Iterator[tuple[str, ...]]:
    yield "number", "begins (TT)", "minutes", "zenith", "events", "target"
    there = observations.columns
    for row in range(min(observations.n_rows, MAX_LISTED)):
        start, stop = observations["TSTART"][row], observations["TSTOP"][row]
        seconds = there["ONTIME"][row] if "ONTIME" in there else stop - start
        zenith = f"{there['ZEN_PNT'][row]:.1f} deg" if "ZEN_PNT" in there else ""
        events = f"{there['EVENT_COUNT'][row]:,}" if "EVENT_COUNT" in there else ""
        yield (
            str(observations["OBS_ID"][row]),
            iso_tt(int(to_ns(np.array([start]))[0]))[:19],
            f"{seconds / 60:.1f}",
            zenith,
            events,
            str(there["OBJECT"][row]) if "OBJECT" in there else "",
        )


def _observed(root: Path) -> Iterator[str]:
    """Of simulated observations, how many events of each particle there are."""
    if not (root / "observed.parquet").exists():
        return
    table = load_dl3_table(root, "observed")
    if table.num_rows == 0:
        return
    yield "simulated, in all observations:"
    sums = table.group_by("sample", use_threads=False).aggregate(
        [("n_drawn", "sum"), ("n_expected", "sum")]
    )
    rows = [
        (
            row["sample"],
            f"{row['n_drawn_sum']:,}",
            f"expected {row['n_expected_sum']:,.1f}",
        )
        for row in sums.to_pylist()
    ]
    yield from columns(rows, indent="  ", right=(1,))
