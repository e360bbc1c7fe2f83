"""What the pages of docs/ show is what happens."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import parity_rows
import parity_table
import pytest

from cta_columnar import registry

DOCS = Path(__file__).parents[1] / "docs"


def cells(page: str) -> str:
    """Return the Python of a page, as one script."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return "\n".join(re.findall(r"^```python\n(.*?)^```", text, re.M | re.S))


def test_a_response_from_a_notebook_cell():
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", cells("irf.md")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    # A tenth is seen, 0.68 of it pass the first cut and 0.68 of these the other.
    area = float(re.search(r"'effective_area': ([\d.]+)", done.stdout)[1])
    assert area == pytest.approx(0.1 * 0.68**2 * np.pi * 1000**2, rel=0.1)


def test_a_new_algorithm_from_a_notebook_cell(tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", cells("new_algorithm.md")],
        cwd=tmp_path,
        env=os.environ | {"MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for name in ("extractor", "cleaner"):
        table = done.stdout.split(f"{name} shape")[1]
        images, charge, length, pixels = table.splitlines()[6].split("┆")
        assert int(images.strip("│ ")) >= 10
        # Other algorithms, but of the same showers.
        assert 0.8 < float(charge) < 1.1
        assert 0.8 < float(length) < 1.2
        assert 0.5 < float(pixels.strip("│ ")) < 1.5
        assert (float(charge), float(length)) != (1.0, 1.0)
    assert (tmp_path / "images.png").stat().st_size > 10_000


@pytest.mark.parametrize(
    "kind",
    ["extractor", "cleaner", "island_selector", "parameters", "muons"],
)
def test_every_algorithm_is_compared_with_ctapipe_or_has_no_counterpart(kind):
    compared = {row.name for row in parity_rows.ROWS if row.kind == kind}
    others = {name for of, name in parity_rows.WITHOUT_COUNTERPART if of == kind}
    assert compared | others == set(registry.names(kind))
    assert not compared & others


def table_of_comparisons():
    page = (DOCS / "parity.md").read_text(encoding="utf-8")
    lines = page.split(parity_table.BEGIN)[1].split(parity_table.END)[0].split("\n")
    return [
        tuple(cell.strip() for cell in line.split("|")[1:-1]) for line in lines if line
    ]


def test_the_page_has_the_figures_of_every_comparison():
    head, _, *lines = table_of_comparisons()
    assert head == parity_table.HEAD
    told = parity_table.Told(1)
    for row, cells in zip(parity_rows.ROWS, lines, strict=False):
        want = parity_table.cells(row, told)
        assert cells[:2] == want[:2]
        assert cells[4:] == want[4:]
        (count, counted), difference = cells[2].split(), cells[3]
        assert int(count) > 0
        assert counted == row.counted
        # A number, or that there is none.
        assert difference == "none" or float(difference.split()[0]) > 0
        assert difference == "none" or row.bound != "equal"
    n_others = len(parity_rows.WITHOUT_COUNTERPART)
    assert len(lines) == len(parity_rows.ROWS) + n_others


def test_what_differs_on_purpose_is_explained_on_the_page():
    page = (DOCS / "parity.md").read_text(encoding="utf-8")
    for note in {row.note for row in parity_rows.ROWS if row.note}:
        assert f"**{note}" in page, note


def test_where_ctapipe_has_no_counterpart_a_test_holds_the_rules():
    for kind, name in parity_rows.WITHOUT_COUNTERPART:
        test = DOCS.parent / parity_rows.WITHOUT_COUNTERPART[kind, name]
        assert name in test.read_text(encoding="utf-8")
