"""`ctacol run irf --interpolate-to`: from a folder of responses to another one."""

import json

import numpy as np
import pytest
from toy_grid import toy_point
from toy_irf_folder import toy_irf

from cta_columnar import run
from cta_columnar.errors import UserError
from cta_columnar.pipelines.irf.interpolation import grid_of, parse_target
from cta_columnar.pipelines.irf.responses import components_of
from cta_columnar.stages.irf.axes import Axis
from cta_columnar.stages.irf.interpolation import interpolate
from cta_columnar.stages.irf.interpolation_weights import Interpolation
from cta_columnar.stages.irf.place import Place
from cta_columnar.store import open_irf, validate_irf
from cta_columnar.store.gadf import read_gadf

PLACES = ((20.0, 0.0), (20.0, 180.0), (40.0, 0.0), (40.0, 180.0))
THERE = "zenith=30,azimuth=120"


@pytest.fixture(scope="module")
def grid(tmp_path_factory):
    return toy_irf(tmp_path_factory.mktemp("toy") / "grid", *PLACES, event_types=(0, 1))


def make(grid, output, **how):
    return run("irf", input=grid, output=output, **how)


@pytest.fixture(scope="module")
def done(grid, tmp_path_factory):
    root = tmp_path_factory.mktemp("done") / "irf"
    make(grid, root, interpolate_to=THERE)
    return root


def test_a_folder_with_one_point(grid, done):
    assert validate_irf(done) == []
    dataset, origin = open_irf(done), open_irf(grid)
    (row,) = dataset.grid.to_pylist()
    assert (row["point"], row["zenith"], row["azimuth"], row["n_runs"]) == (
        0,
        30,
        120,
        9,
    )
    assert dataset.cells("psf") == [(0, -1), (0, 0), (0, 1)]
    assert dataset.manifest.enclosure == "POINT-LIKE"
    assert "sensitivity" not in dataset.products
    points = [components_of(origin, point, 1) for point in range(4)]
    target = parse_target(THERE)
    found = interpolate(points, grid_of(origin), target, Interpolation())
    for name, component in components_of(dataset, 0, 1).items():
        assert component.metadata == found[name].metadata
        for column, values in component.columns.items():
            # Limits of bins without events are not interpolated.
            want = found[name].columns.get(column, np.full(values.shape, np.nan))
            np.testing.assert_array_equal(values, want)


def test_files_and_provenance(grid, done):
    kinds = {hdu.kind for hdu in read_gadf(done / "fits" / "point0_type1.fits.gz")}
    assert {"aeff_2d", "edisp_2d", "psf_table", "bkg_2d", "rad_max_2d"} <= kinds
    document = json.loads((done / "provenance.json").read_text())
    used = [e for e in document["entity"].values() if e.get("ctacol:role") == "input"]
    assert [each["prov:label"] for each in used] == [str(grid)]


def test_what_a_page_tells(grid, done):
    pytest.importorskip("matplotlib", reason="pages want it")
    from cta_columnar.pipelines.reports.irf import read_irfs  # noqa: PLC0415

    shown = read_irfs([done], [])
    assert any(each.startswith("Interpolated: ") for each in shown.warnings)
    # Both are told as runs of one stage, which differ in their configuration.
    ((heading, (facts, _)),) = shown.provenance
    assert heading == "irf"
    assert dict(facts.rows)["made"] == f"{grid}, {done}"


def test_the_nearest_and_beyond(grid, tmp_path):
    nearest = {"interpolation": {"nearest": True}}
    make(grid, tmp_path / "near", interpolate_to="zenith=75,azimuth=170", **nearest)
    near = components_of(open_irf(tmp_path / "near"))
    want = components_of(open_irf(grid), 3)
    np.testing.assert_array_equal(near["psf"]["psf"], want["psf"]["psf"])
    beyond = {"interpolation": {"extrapolate": True}}
    summary = make(
        grid, tmp_path / "beyond", interpolate_to="zenith=50,azimuth=120", **beyond
    )
    assert "is outside of the grid: all of it is extrapolated" in summary.warnings[0]


def test_a_dry_run_says_what_it_would_be(grid, tmp_path):
    summary = make(grid, tmp_path / "out", interpolate_to=THERE, dry_run=True)
    assert not (tmp_path / "out").exists()
    assert summary.shards[0].inputs == (str(grid),)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"interpolate_to": "zenith=60,azimuth=90"}, "angles to the magnetic field of"),
        ({"interpolate_to": "zenit=60"}, "wants zenith, azimuth, nsb with numbers"),
        ({"interpolate_to": "zenith=30,zenith=20"}, "zenith is given twice"),
        (
            {"interpolate_to": "zenith=70,azimuth=180"},
            r"n\.nearest=true takes .*, --set interpolation\.extrapolate=true",
        ),
        ({"interpolate_to": "zenith=high"}, "wants zenith, azimuth, nsb with numbers"),
        ({"interpolate_to": "zenith=30"}, r"differ in azimuth \(0, 180 deg\)"),
        (
            {"interpolate_to": THERE, "obs_time": 5},
            "obs_time: does nothing with interp",
        ),
        ({"interpolation": {"nearest": True}}, "does nothing without interpolate_to"),
        ({}, "is a folder of responses; those of one place are made of it"),
    ],
)
def test_what_is_refused(grid, tmp_path, how, said):
    with pytest.raises(UserError, match=said):
        make(grid, tmp_path / "out", **how)
    assert not (tmp_path / "out").exists()


def test_nothing_is_added_to_what_is_interpolated(grid, done, tmp_path):
    with pytest.raises(UserError, match="is interpolated and has no histograms"):
        run("irf", input=tmp_path, output=tmp_path / "out", add_to=done)


def test_bins_of_zenith_angles_between_night_skies(tmp_path):
    """What is an axis is no coordinate, and each bin has a file of its own."""
    axis = Axis("zenith", "deg", (0.0, 30.0, 50.0))
    places = ((35.0, 180.0, 1.0), (30.0, 180.0, 2.0))
    origin = toy_irf(tmp_path / "grid", *places, further=axis)
    make(origin, tmp_path / "irf", interpolate_to="nsb=1.25")
    dataset = open_irf(tmp_path / "irf")
    assert dataset.grid["nsb"].to_pylist() == [1.25]
    assert validate_irf(tmp_path / "irf") == []
    files = sorted(path.name for path in (tmp_path / "irf" / "fits").iterdir())
    assert files == [f"point0_zenith_bin{k}.fits.gz" for k in (0, 1)]
    (hdu, *_) = read_gadf(tmp_path / "irf" / "fits" / files[1])
    assert (hdu.header["BINLO1"], hdu.header["BINHI1"]) == (30.0, 50.0)
    in_bin = toy_point(Place(40.0, 180.0, 1.25))["effective_area"]["effective_area"]
    np.testing.assert_allclose(hdu["EFFAREA"][0].T, in_bin, rtol=1e-9)
    with pytest.raises(UserError, match="zenith is an axis of these responses"):
        make(origin, tmp_path / "no", interpolate_to="zenith=20,nsb=1.25")
