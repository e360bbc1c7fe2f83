"""``ctacol report`` of event lists: the sky, energies, rates, good time."""

import numpy as np
import polars as pl
import pytest
from test_page import Checker
from toy_gadf import START, make_events, make_gti, make_pointing

from cta_columnar.display import dl3_figures, style
from cta_columnar.errors import UserError
from cta_columnar.gadf import make_hdu
from cta_columnar.pipelines.reports.dl3 import read_event_lists
from cta_columnar.pipelines.reports.report import report
from cta_columnar.schemas import technical
from cta_columnar.store.gadf import write_dataset

RA, DEC = 83.6, 22.0
TARGET = {"OBJECT": "toy", "RA_OBJ": RA, "DEC_OBJ": DEC}


@pytest.fixture(autouse=True)
def _coarse(monkeypatch):
    """Pictures for nobody need few dots."""
    monkeypatch.setattr(style, "DOTS_PER_INCH", 30)


def observation(obs_id, n, **header):
    """Events of which each third comes from the target."""
    events = make_events(n, obs_id, **header)
    columns = dict(events.columns)
    rng = np.random.default_rng(obs_id)
    of_target = np.arange(n) % 3 == 0
    columns["RA"] = np.where(of_target, rng.normal(RA, 0.03, n), columns["RA"])
    columns["DEC"] = np.where(of_target, rng.normal(DEC, 0.03, n), columns["DEC"])
    gti = make_gti(((START, START + 300), (START + 300, START + 600)))
    return [make_hdu("events", columns, events.header), gti, make_pointing()]


def folder_of(root, *observations):
    write_dataset(root, observations)
    return root


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("toy") / "dl3"
    return folder_of(root, observation(7, 900, **TARGET), observation(8, 300, **TARGET))


def test_what_lies_beside_is_told(tmp_path):
    root = folder_of(tmp_path / "dl3", observation(7, 0))
    flow = {"stage": "gamma", "cut": "all", "n_passed": 1234, "n_survivors": 1234}
    pl.DataFrame([flow]).write_parquet(root / "cut_flow.parquet")
    drawn = {"obs_id": 7, "sample": "proton", "n_expected": 12.3, "n_drawn": 11,
             "n_lost": 0.0}  # fmt: skip
    pl.DataFrame([drawn]).write_parquet(root / "observed.parquet")
    (root / "technical").mkdir()
    known = pl.DataFrame({"ontime": [600.0], "pressure": [float("nan")]})
    known.write_parquet(root / "technical" / "intervals.parquet")
    light = pl.DataFrame({"tel_id": [4], "light_throughput": [0.187]})
    light.write_parquet(root / "technical" / "telescopes.parquet")
    place = dict.fromkeys(technical.OBSERVATIONS.names, 20.5)
    seen = {**place, "obs_id": 7, "why_not": "", "response": "point 3"}
    other = {**seen, "obs_id": 9, "why_not": "no good time is left"}
    pl.DataFrame([seen, other]).write_parquet(root / "observations.parquet")
    text = report(root, output=tmp_path / "page.html").read_text(encoding="utf-8")
    Checker(text)
    for told in (
        "<h2>Cut flow</h2>",
        ">1,234<",
        ">proton<",
        ">12.3<",
        ">ontime<",
        ">light throughput<",
        "0.187",
        ">point 3<",
        "Observation 9 is left out: no good time is left",
    ):
        assert told in text
    assert "pressure" not in text


def test_a_page_of_event_lists(folder, tmp_path):
    page = report(folder, output=tmp_path / "page.html")
    text = page.read_text(encoding="utf-8")
    Checker(text)
    assert "<h1>Event lists: dl3</h1>" in text
    assert "1,200 events in 2 observations" in text
    assert "<b>Theta squared.</b>" in text
    assert text.count("data:image/png") == 5


def test_what_is_counted(folder):
    shown = read_event_lists(folder)
    assert shown.observations["n_events"].to_list() == [900, 300]
    assert shown.intervals.height == 4
    assert (shown.on["theta2"] < 0.02).sum() == pytest.approx(400, abs=20)
    # As many events from places without the target as the rest of the sky has.
    assert (shown.off.filter(shown.off["theta2"] < 0.02)["weight"]).sum() < 20
    assert shown.target == pytest.approx(
        ((RA - 83.0) * np.cos(np.radians(DEC)), 0), abs=2e-3
    )
    ax = dl3_figures.rates(shown).axes[0]
    np.testing.assert_allclose(
        ax.containers[0].lines[0].get_ydata(), np.array([900, 300]) / 570.0
    )


def test_without_target_or_events(tmp_path):
    plain = folder_of(tmp_path / "plain", observation(7, 30), observation(8, 0))
    shown = read_event_lists(plain)
    assert shown.target is None
    assert shown.warnings[-1].startswith("Observations have no target")
    assert "No event is in the observations 8." in shown.warnings
    text = report(plain, output=tmp_path / "page.html").read_text(encoding="utf-8")
    assert "Theta squared" not in text
    assert text.count("data:image/png") == 4
    empty = folder_of(tmp_path / "empty", observation(9, 0))
    text = report(empty, output=tmp_path / "page.html").read_text(encoding="utf-8")
    assert "There is not a single event." in text


def test_a_target_in_the_middle_has_no_other_place(tmp_path):
    ahead = {"OBJECT": "toy", "RA_OBJ": 83.0, "DEC_OBJ": 22.0}
    shown = read_event_lists(folder_of(tmp_path / "dl3", observation(7, 30, **ahead)))
    assert not shown.on.height
    assert any("too close to the target" in each for each in shown.warnings)


def test_one_folder_at_a_time(folder, tmp_path):
    with pytest.raises(UserError, match="event lists are reported on alone"):
        report(folder, folder, output=tmp_path / "page.html")
