"""``ctacol report``: the page of real datasets, and of those that lack something."""

import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from display.toy_sample import HEX, SQUARE, write
from store.toy_run import run as run_noise
from store.toy_run import write_input
from test_page import Checker

from cta_columnar import open_store
from cta_columnar.display import style
from cta_columnar.errors import UserError
from cta_columnar.pipelines.reports.report import report
from cta_columnar.pipelines.reports.sample import read_sample

MAX_ROWS = 1000


@pytest.fixture(autouse=True)
def _coarse(monkeypatch):
    """Pictures for nobody need few dots."""
    monkeypatch.setattr(style, "DOTS_PER_INCH", 30)


@pytest.fixture(scope="module")
def gamma(tmp_path_factory):
    return write(tmp_path_factory.mktemp("gamma"), 200)


@pytest.fixture(scope="module")
def proton(tmp_path_factory):
    return write(tmp_path_factory.mktemp("proton"), 40, particle=101)


def page_of(tmp_path, *datasets):
    page = report(*datasets, output=tmp_path / "page.html")
    assert [path.name for path in tmp_path.glob("*page*")] == ["page.html"]
    return Checker(page.read_text(encoding="utf-8"))


def says(page, text):
    return any(text in " ".join(words.split()) for words in page.words)


def test_gammas_and_protons_on_one_page(tmp_path, gamma, proton):
    page = page_of(tmp_path, gamma[1], proton[1])
    assert page.headings == [
        "What is there",
        "Camera images",
        "An event on the ground",
        "Directions",
        "Energy and multiplicity",
        "Images of gamma and proton",
        "Where it comes from",
    ]
    assert all(source.startswith("data:image/png;base64,") for source in page.sources)
    # Two images of two types each, an event, offsets, two histograms for each sample;
    # one resolution and two comparisons for both.
    assert len(page.sources) == 2 * (4 + 1 + 1 + 2) + 1 + 2
    assert says(page, f"gamma, {HEX}, bright.")
    assert says(page, f"proton, {SQUARE}, typical.")
    assert says(page, "2,000")
    assert says(page, "toy.raw")


def test_one_sample_is_compared_with_nothing(tmp_path, gamma):
    page = page_of(tmp_path, gamma[1])
    assert not any(heading.startswith("Images of") for heading in page.headings)


def test_counts_are_those_of_the_dataset(gamma):
    dl2, dl1 = open_store(gamma[1]), open_store(gamma[0])
    sample = read_sample(dl2, dl1, MAX_ROWS)
    events = dl2.scan("events").collect()
    assert (sample.n_thrown, sample.n_events) == (2000, 200)
    assert sample.n_reconstructed == events["reco_is_valid"].sum()
    assert sample.energies["thrown"].sum() == pytest.approx(2000)
    assert sample.energies["triggered"].sum() == 200
    assert sample.energies["reconstructed"].sum() == sample.n_reconstructed
    assert (sample.energies["low"][1:] == sample.energies["high"][:-1]).all()
    assert sample.multiplicities["triggered"].sum() == 200
    assert len(sample.directions) == sample.n_reconstructed
    lon, lat = sample.directions["offset_lon"], sample.directions["offset_lat"]
    apart = (lon**2 + lat**2).sqrt() - sample.directions["separation"]
    assert apart.abs().max() < 1e-2
    assert sum(row["images"] for row in sample.telescopes) == dl2.rows("parameters")


def test_bright_images_are_brighter_than_typical_ones(gamma):
    sample = read_sample(open_store(gamma[1]), open_store(gamma[0]), MAX_ROWS)
    for name in (HEX, SQUARE):
        charge = {
            shown.kind: shown.row["hillas_intensity"]
            for shown in sample.images
            if shown.telescope.name == name
        }
        assert charge["bright"] > charge["typical"]
    assert all(shown.source and shown.true_energy for shown in sample.images)
    assert sample.event.row["multiplicity"] == len(sample.event.telescopes)


def test_values_of_some_rows_counts_of_all(gamma):
    sample = read_sample(open_store(gamma[1]), open_store(gamma[0]), max_rows=7)
    assert len(sample.directions) == 7
    assert len(sample.parameters[HEX]) == 7
    assert sample.n_events == 200


def test_dl1_that_moved_is_found_when_it_is_named(tmp_path, gamma):
    for dataset in gamma:
        shutil.copytree(dataset, tmp_path / dataset.name)
    record = open_store(tmp_path / "dl2").records[0]
    assert record.shard.inputs[0].path.startswith(str(gamma[0]))
    page = page_of(tmp_path, tmp_path / "dl2", tmp_path / "dl1")
    assert page.headings.count("Camera images") == 1
    assert str(tmp_path / "dl1") in page.words
    assert str(gamma[0]) not in page.words


def test_dl1_alone(tmp_path, gamma):
    page = page_of(tmp_path, gamma[0])
    assert says(page, "directions are found by ctacol run stage2")
    assert says(page, f"gamma, {HEX}, bright.")
    assert says(page, "no event with both a true and a reconstructed direction")


def test_dl2_whose_dl1_is_gone(tmp_path):
    dl1, dl2 = write(tmp_path / "sample", 20)
    shutil.rmtree(dl1)
    page = page_of(tmp_path, dl2)
    assert says(page, "Images lie in the DL1 dataset, which was not found")
    assert says(page, "There are no images to show.")


def test_without_truth(tmp_path):
    page = page_of(tmp_path, write(tmp_path / "sky", 40, is_simulated=False)[1])
    assert says(page, "no simulated showers")
    assert says(page, f"events, {HEX}, bright.")
    assert says(page, "multiplicity")


def test_one_telescope(tmp_path):
    page = page_of(tmp_path, write(tmp_path / "mono", 40, only_tel=1)[1])
    assert says(page, "No event was seen by two telescopes.")
    assert says(page, "no event with both a true and a reconstructed direction")
    assert says(page, f"gamma, {HEX}, bright.")


@pytest.mark.parametrize("n", [0, 1])
def test_next_to_no_events(tmp_path, n):
    page = page_of(tmp_path, write(tmp_path / "few", n)[1])
    assert "Directions" in page.headings
    assert says(page, "There are no events to count.") == (n == 0)


def test_numbers_without_sense_make_a_page_too(tmp_path):
    """Random values in all columns: NaN and negative ones among them."""
    run_noise(tmp_path / "dl1", [write_input(tmp_path / "1.raw", 1)])
    page_of(tmp_path, tmp_path / "dl1")


def test_samples_of_one_particle_are_told_apart(tmp_path, gamma):
    other = write(tmp_path / "other", 20)
    page = page_of(tmp_path, gamma[1], other[1])
    assert "Images of gamma 1 and gamma 2" in page.headings


def test_no_dataset(tmp_path):
    with pytest.raises(UserError, match="name at least one dataset"):
        report(output=tmp_path / "page.html")


def test_a_page_that_cannot_be_written_leaves_nothing(tmp_path, gamma):
    (tmp_path / "page.html").mkdir()
    with pytest.raises(OSError, match="directory"):
        report(gamma[1], output=tmp_path / "page.html")
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_matplotlib_missing(gamma, tmp_path):
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "from cta_columnar.cli.main import main\n"
        f"sys.argv = ['ctacol', 'report', {str(gamma[1])!r}]\n"
        "main()"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import sys; sys.path.insert(0, {str(root)!r})\n{code}",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("error: pictures are drawn with matplotlib")
    assert "pip install 'cta-columnar[plot]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_tables_are_still_tables(gamma):
    """The toy keeps the data model, or the tests above would mean little."""
    events = pl.scan_parquet(f"{gamma[1]}/events/*.parquet").collect()
    assert events.height == 200
