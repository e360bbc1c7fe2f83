"""``ctacol report`` of models: figures of merit and features, as pictures."""

import polars as pl
import pytest
from test_page import Checker
from toy_dl2 import save_toy_models
from toy_training import ONLY_ENERGY, SMALL, merged, toy_dataset

from cta_columnar import run
from cta_columnar.display import model_figures, style
from cta_columnar.errors import UserError
from cta_columnar.pipelines.reports.report import report
from cta_columnar.schemas import training


@pytest.fixture(autouse=True)
def _coarse(monkeypatch):
    """Pictures for nobody need few dots."""
    monkeypatch.setattr(style, "DOTS_PER_INCH", 30)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    root = tmp_path_factory.mktemp("toy")
    toy = toy_dataset(root / "dl2")
    how = merged(SMALL, ONLY_ENERGY)
    run("train", input=toy, output=root / "models", workers=1, **how)
    return root / "models"


def test_a_page_of_models(models, tmp_path):
    page = report(models, output=tmp_path / "page.html")
    text = page.read_text(encoding="utf-8")
    Checker(text)
    assert "<h1>Models: models</h1>" in text
    assert "How good: energy" in text
    assert "By which features: energy, " not in text
    assert text.count("data:image/png") == 2 + 2
    assert "All energies: LST_Toy_Cam" in text
    assert ">finite_features<" in text


def test_models_are_reported_on_alone(models, tmp_path):
    with pytest.raises(UserError, match="models are reported on alone"):
        report(models, models, output=tmp_path / "page.html")
    single = save_toy_models(tmp_path / "single", tasks=("energy",))
    with pytest.raises(UserError, match="nothing that says how good they are"):
        report(single, output=tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


def figures_of(*rows):
    names = ("tel_type", "energy_low", "energy_high", "value", "value_uncert")
    known = {
        "task": "t",
        "metric": "bias",
        "unit": "deg",
        "energy": "true",
        "n_rows": 9,
    }
    full = [known | dict(zip(names, row, strict=True)) for row in rows]
    return pl.DataFrame(full).select(training.CROSS_VALIDATION.names)


def test_a_line_for_each_type_and_events_last():
    whole = ("array", 0.0, float("inf"), 0.3, 0.1)
    drawn = model_figures.performance(
        figures_of(
            whole,
            ("array", 1.0, 2.0, 0.1, float("nan")),
            ("SST", 1.0, 2.0, 0.2, 0.1),
            ("LST", 1.0, 2.0, float("nan"), 0.1),
            ("LST", 2.0, 4.0, 0.4, 0.1),
        )
    )
    (ax,) = drawn.axes
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["LST", "SST", "events"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("true energy (TeV)", "bias (deg)")
    assert ax.get_xlim() == pytest.approx((1, 10))
    model_figures.performance(figures_of(whole))  # of all energies alone


def test_the_most_important_feature_is_on_top():
    n = model_figures.MOST_FEATURES + 5
    rows = pl.DataFrame(
        {
            "feature": [f"f{i}" for i in range(n)],
            "permutation": [float(i) for i in range(n - 1)] + [float("nan")],
            "permutation_uncert": [0.1] * (n - 1) + [float("nan")],
        }
    )
    (ax,) = model_figures.importance(rows).axes
    labels = [each.get_text() for each in ax.get_yticklabels()]
    assert len(labels) == model_figures.MOST_FEATURES
    assert labels[-1] == f"f{n - 2}"
