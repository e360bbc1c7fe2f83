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

from cta_columnar import open_store, registry
from cta_columnar.schemas.monitoring import CAMERA_CALIBRATION

DOCS = Path(__file__).parents[1] / "docs"
HOUSE = DOCS.parent
PAGES = [*sorted(DOCS.glob("*.md")), HOUSE / "README.md", HOUSE / "CONTRIBUTING.md"]
# Rooms whose names no folder of a dataset has.
ROOMS = {"pipelines", "sources", "store", "stages", "executors", "display", "config"}
ROOMS |= {"kernels", "schemas", "configs", "tests", "benchmarks", "examples", "docs"}


def cells(page: str) -> str:
    """Return the Python of a page, as one script."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return "\n".join(re.findall(r"^```python\n(.*?)^```", text, re.M | re.S))


def run_cells(page: str, folder: Path) -> str:
    """Run the Python of a page in a folder; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", cells(page)],
        cwd=folder,
        env=os.environ | {"MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_new_algorithm_from_a_notebook_cell(tmp_path):
    stdout = run_cells("new_algorithm.md", tmp_path)
    for name in ("extractor", "cleaner"):
        table = stdout.split(f"{name} shape")[1]
        images, charge, length, pixels = table.splitlines()[6].split("┆")
        assert int(images.strip("│ ")) >= 10
        # Other algorithms, but of the same showers.
        assert 0.8 < float(charge) < 1.1
        assert 0.8 < float(length) < 1.2
        assert 0.5 < float(pixels.strip("│ ")) < 1.5
        assert (float(charge), float(length)) != (1.0, 1.0)
    assert (tmp_path / "images.png").stat().st_size > 10_000


def test_calibration_from_events_and_from_a_table(tmp_path):
    stdout = run_cells("calibration.md", tmp_path)
    page = (DOCS / "calibration.md").read_text(encoding="utf-8")
    (told,) = re.findall(r"^```text\n(.*?)^```", page, re.M | re.S)
    assert stdout == told
    named = re.findall(r"^\| `(\w+)` \|.*\|.*\|.*\|.*\|$", page, re.M)
    assert sorted(named) == sorted(CAMERA_CALIBRATION.names)
    found = open_store(tmp_path / "calibration")
    (tel_type,) = found.tel_types("monitoring/camera_calibration")
    rows = found.scan("monitoring/camera_calibration", tel_type=tel_type).collect()
    assert rows["is_valid"].all()
    # Both tables were applied.
    charges = {
        name: open_store(tmp_path / name).scan("images", tel_type=tel_type).collect()
        for name in ("calibrated", "mine")
    }
    assert len(charges["mine"]) == len(charges["calibrated"]) >= 3
    assert not charges["mine"]["image"].equals(charges["calibrated"]["image"])


def test_models_on_frames_in_a_notebook(tmp_path):
    stdout = run_cells("models.md", tmp_path)
    *_, applied, trained = stdout.splitlines()
    n_events, _, *_, scatter = applied.split()
    assert 800 < int(n_events) < 1000
    assert float(scatter) < 0.2
    n_models, *_, bias, _, resolution = trained.split()
    assert int(n_models) == 1
    assert abs(float(bias)) < 0.05
    # Charges of two images scatter by a tenth of a decade each.
    assert 0.1 < float(resolution) < 0.25


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
    between = f"made by {parity_table.PROGRAM}: begin -->(.*)<!-- made by"
    (lines,) = re.findall(between, page, re.S)
    return [
        tuple(cell.strip() for cell in line.split("|")[1:-1])
        for line in lines.split("\n")
        if line
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


def test_the_table_replaces_that_of_an_earlier_run(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(DOCS.parent)
    page = tmp_path / "parity.md"
    page.write_text((DOCS / "parity.md").read_text(encoding="utf-8"), encoding="utf-8")
    earlier = page.read_text(encoding="utf-8")
    told = {row.key: parity_table.Told(7, 0.5) for row in parity_rows.ROWS}
    some = dict(list(told.items())[1:])
    assert "stays as it is" in parity_table.put_into(page, some)
    assert page.read_text(encoding="utf-8") == earlier
    parity_table.put_into(page, told)
    new = page.read_text(encoding="utf-8")
    assert new.count("| 7 ") == len(told)
    head, tail = (text.split("<!-- made by `make parity`") for text in (earlier, new))
    assert (head[0], head[2]) == (tail[0], tail[2])


def test_what_differs_on_purpose_is_explained_on_the_page():
    page = (DOCS / "parity.md").read_text(encoding="utf-8")
    for note in {row.note for row in parity_rows.ROWS if row.note}:
        assert f"**{note}" in page, note


def test_where_ctapipe_has_no_counterpart_a_test_holds_the_rules():
    for kind, name in parity_rows.WITHOUT_COUNTERPART:
        test = DOCS.parent / parity_rows.WITHOUT_COUNTERPART[kind, name]
        assert name in test.read_text(encoding="utf-8")


def test_a_response_from_a_notebook_cell(tmp_path):
    printed = run_cells("irf.md", tmp_path)
    # A tenth is seen, 0.68 of it pass the first cut and 0.68 of these the other.
    area = float(re.search(r"'effective_area': ([\d.]+)", printed)[1])
    assert area == pytest.approx(0.1 * 0.68**2 * np.pi * 1000**2, rel=0.1)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_links_to_is_there(page):
    targets = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    inside = [each for each in targets if "://" not in each]
    assert [each for each in inside if not (page.parent / each).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_targets_of_make_that_a_page_names_are_there(page):
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"(?:^    |`)make ([a-z][a-z-]*)", text, re.MULTILINE))
    makefile = (HOUSE / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    assert named <= targets
    if page.name == "CONTRIBUTING.md":
        assert {each for each in targets if each.startswith("test")} <= named


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_modules_and_rooms_that_a_page_names_are_there(page):
    named = re.findall(r"`([\w./-]+)`", page.read_text(encoding="utf-8"))
    of_code = [
        name
        for name in named
        if name.endswith(".py") or ("/" in name and name.split("/")[0] in ROOMS)
    ]
    places = (HOUSE, HOUSE / "cta_columnar")
    assert [n for n in of_code if not any((at / n).exists() for at in places)] == []
