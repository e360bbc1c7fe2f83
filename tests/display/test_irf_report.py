"""``ctacol report`` of responses: pictures, numbers, where they come from."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from test_page import Checker
from toy_irf_folder import toy_irf

from cta_columnar.display import irf_curves, irf_cut_curves, irf_matrices, style
from cta_columnar.errors import UserError
from cta_columnar.pipelines.reports.irf import read_irfs
from cta_columnar.pipelines.reports.report import report
from cta_columnar.stages.irf.axes import Axis


@pytest.fixture(autouse=True)
def _coarse(monkeypatch):
    """Pictures for nobody need few dots."""
    monkeypatch.setattr(style, "DOTS_PER_INCH", 30)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return toy_irf(tmp_path_factory.mktemp("toy") / "irf", event_types=(0, 1))


@pytest.fixture(scope="module")
def shown(folder):
    return read_irfs([folder], [])


FEW = {"effective_area", "angular_resolution", "cuts", "background_3d"}


def bare_of(root, shown, kept, *places, **how):
    """A folder with few products, as pictures take their time."""
    return toy_irf(
        root, *places, without=set(shown.responses[0].products) - kept, **how
    )


def test_a_page_of_responses(shown, tmp_path):
    folder = bare_of(tmp_path / "irf", shown, FEW, event_types=(0, 1))
    page = report(folder, output=tmp_path / "page.html")
    text = page.read_text(encoding="utf-8")
    Checker(text)
    assert "<h1>Instrument responses: irf</h1>" in text
    for title in ("How good", "Responses", "Cuts", "By event type", "Cut flow"):
        assert f"<h2>{title}</h2>" in text
    assert "zenith 20°, azimuth 180°" in text
    assert "<h3>irf</h3>" in text  # the step that made them
    assert "Not in these responses: sensitivity, energy_resolution" in text
    assert "Angular resolution (deg)" not in text
    assert "<summary>Angular resolution: 8 bins of energy</summary>" in text


def test_bins_of_further_axes_are_like_points(shown, tmp_path):
    axis = Axis("zenith", "deg", (0.0, 30.0, 60.0))
    kept = {"effective_area", "angular_resolution", "psf"}
    folder = bare_of(tmp_path / "irf", shown, kept, further=axis)
    found = read_irfs([folder], [])
    names = [each.name.partition("; ")[2] for each in found.responses]
    assert names == ["zenith 0 to 30 deg", "zenith 30 to 60 deg", "all bins"]
    low, high, whole = (each.products for each in found.responses)
    # Of bins it is derived of the psf.
    assert set(low) == {"effective_area", "psf", "angular_resolution"}
    assert set(whole) == {"angular_resolution"}
    assert (
        low["effective_area"].columns
        == shown.responses[0].products["effective_area"].columns
    )
    assert not low["effective_area"].equals(high["effective_area"])
    assert "There are bins of zenith" in found.warnings[0]
    assert len(labels(irf_curves.effective_area(found.responses))) == 2


def test_resolutions_of_one_event_are_not_drawn(shown):
    response = shown.responses[0]
    rows = response.products["energy_resolution"]
    first = [1, *rows["n_events"].to_list()[1:]]
    rows = rows.with_columns(n_events=pl.Series(first))
    bare = replace(response, products={"energy_resolution": rows})
    n = np.count_nonzero(rows["n_events"].to_numpy() >= 2)
    assert 0 < n < rows.height
    lines = irf_curves.energy_resolution([bare]).axes[0].get_lines()
    assert lines[0].get_xdata().size == n


def labels(drawn):
    return [text.get_text() for text in drawn.axes[0].get_legend().get_texts()]


def test_points_and_references_over_each_other(shown):
    assert len(shown.responses) == 2
    drawn = irf_curves.effective_area(shown.responses)
    assert labels(drawn) == [each.name for each in shown.responses]
    assert drawn.axes[0].get_yscale() == "log"
    rows = shown.responses[0].products["effective_area"]
    first = drawn.axes[0].containers[0]
    near = rows.filter(rows["true_source_fov_offset_low"] == 0)
    np.testing.assert_allclose(first.lines[0].get_ydata(), near["effective_area"])
    # The error bars are there.
    bars = first.lines[2][1].get_segments()
    spans = [bar[1][1] - bar[0][1] for bar in bars]
    np.testing.assert_allclose(spans, 2 * near["effective_area_uncert"])


def test_bins_without_events_are_not_drawn(shown):
    drawn = irf_curves.sensitivity(shown.responses[:1])
    assert len(drawn.axes[0].containers[0].lines[0].get_xdata()) == 7


def test_what_has_no_background_behind_it_is_hollow_or_a_limit(shown):
    first = shown.responses[0]
    rows = first.products["sensitivity"]
    n = np.where(np.arange(rows.height) < 2, 0, rows["n_background"].to_numpy())
    rows = rows.with_columns(n_background=n)
    drawn = irf_curves.sensitivity([replace(first, products={"sensitivity": rows})])
    hollow = drawn.axes[0].lines[-1]
    assert hollow.get_markerfacecolor() == "white"
    assert len(hollow.get_xdata()) == 2
    rate = first.products["background_rate"]
    counts = rate["n_events"].to_numpy()
    upper = np.where(counts == 0, 7.0, np.nan)
    on = {"on_region_rate": rate["background_rate"], "on_region_rate_upper": upper}
    rate = rate.with_columns(**on)
    drawn = irf_curves.background_rate(
        [replace(first, products={"background_rate": rate})]
    )
    measured, limits = drawn.axes[0].containers
    assert len(measured.lines[0].get_xdata()) == (counts > 0).sum()
    assert limits.lines[0].get_ydata().tolist() == [7.0] * (counts == 0).sum() != []
    assert drawn.axes[0].get_ylabel() == "background rate in the on region (1/s)"


def test_a_response_has_one_colour_in_all_pictures(shown):
    first, second = shown.responses
    bare = replace(first, products={"cuts": first.products["cuts"]})
    (alone,) = irf_curves.sensitivity([bare, second]).axes[0].containers
    _, among = irf_curves.sensitivity([first, second]).axes[0].containers
    assert alone.lines[0].get_color() == among.lines[0].get_color()


def test_cuts_that_are_there(shown):
    assert len(irf_cut_curves.cuts(shown.responses).axes) == 3
    types = irf_cut_curves.cuts(shown.by_type)
    assert labels(types) == ["type 0", "type 1"]


def test_matrices(shown):
    first = shown.responses[0]
    matrix = irf_matrices.migration(first).axes[0].collections[0].get_array()
    share = np.nan_to_num(np.asarray(matrix.filled(0)))
    np.testing.assert_allclose(share.sum(axis=0), 1)
    maps = irf_matrices.background_maps(first)
    assert maps.axes[0].get_xlim() == pytest.approx((-2, 2))
    containment = irf_matrices.containment(first).axes[0]
    for line in containment.lines[:-1]:
        assert line.get_ydata()[-1] == pytest.approx(1)


def test_a_published_file_beside_them(folder, tmp_path, shared):
    prod5 = next((shared / "data/irf").glob("Prod5-North*.fits.gz"))
    shown = read_irfs([folder], [prod5])
    published = shown.responses[-1]
    assert published.is_reference
    # Figures of CTAO's page on prod5: 68 % within 0.05 deg at 1 TeV, and 4e5 m2.
    near = published.products["angular_resolution"].filter(
        true_source_fov_offset_low=0.0
    )
    at = np.searchsorted(near["true_energy_high"].to_numpy(), 1.0)
    assert near["angular_resolution"][int(at)] == pytest.approx(0.055, abs=0.015)
    area = published.products["effective_area"].filter(true_source_fov_offset_low=0.0)
    at = np.searchsorted(area["true_energy_high"].to_numpy(), 1.0)
    assert area["effective_area"][int(at)] == pytest.approx(4e5, rel=0.5)
    drawn = irf_curves.angular_resolution(shown.responses)
    assert labels(drawn)[0].startswith("Prod5-North")


def test_what_cannot_be_reported(folder, tmp_path):
    text = tmp_path / "no.fits"
    text.write_text("nothing")
    with pytest.raises(UserError, match="no whole FITS file"):
        report(folder, reference=[text], output=tmp_path / "page.html")
    with pytest.raises(UserError, match="a reference is for responses"):
        report(tmp_path, reference=[text], output=tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


def test_resolutions_follow_from_responses(shown, tmp_path):
    kept = {"energy_dispersion", "psf"}
    bare = bare_of(tmp_path / "bare", shown, kept, (20.0, 180.0))
    (response,) = read_irfs([bare], []).responses
    assert set(response.products) == kept | {"angular_resolution", "energy_resolution"}
    drawn = irf_curves.energy_bias([response])
    assert len(drawn.axes[0].containers[0].lines[0].get_xdata()) == 4


@pytest.mark.parametrize(
    "draw",
    [
        irf_curves.background_rate,
        irf_curves.background_density,
        irf_curves.energy_resolution,
        irf_curves.roc_area,
    ],
)
def test_curves_have_labels(shown, draw):
    (ax,) = draw(shown.responses).axes
    assert ax.get_ylabel()
    assert "energy (TeV)" in ax.get_xlabel()
    assert len(ax.containers) == 2


def test_details_of_one_response(shown):
    first = shown.responses[0]
    for draw in (irf_curves.effective_area_by_offset, irf_curves.background_by_offset):
        assert labels(draw(first)) == ["0 to 1 deg", "1 to 2 deg"]
    assert len(irf_matrices.roc(first).axes[0].lines) == 1 + irf_matrices.MOST_ENERGIES
    assert irf_matrices.dispersion(first).axes[0].get_ylabel().startswith("reconst")
