"""Responses of a toy grid at an observation."""

import numpy as np
import pytest
import toy_observatory as toy
from toy_grid import grid_of as toy_grid
from toy_grid import toy_point
from toy_irf_folder import toy_irf

from cta_columnar.config import DL3Config, ObservationConfig
from cta_columnar.config.dl3 import ResponseConfig
from cta_columnar.errors import UserError
from cta_columnar.pipelines.dl3.responses import Responses
from cta_columnar.pipelines.irf.interpolation import grid_of
from cta_columnar.pipelines.irf.responses import components_of
from cta_columnar.stages.dl3.pointing import Drift
from cta_columnar.stages.irf.axes import Axis
from cta_columnar.stages.irf.interpolation import interpolate
from cta_columnar.stages.irf.interpolation_weights import Interpolation
from cta_columnar.store import open_irf

SQUARE = ((20.0, 0.0), (20.0, 180.0), (40.0, 0.0), (40.0, 180.0))
PLACES = {
    "square": SQUARE,
    "zeniths": ((20.0, 180.0), (40.0, 180.0)),
    "azimuths": ((20.0, 0.0), (20.0, 180.0)),
    "nights": ((20.0, 180.0, 1.0), (20.0, 180.0, 2.0)),
    "one": ((20.0, 180.0),),
    "bins": ((35.0, 180.0, 1.0), (30.0, 180.0, 2.0)),
    "events": ((20.0, 180.0),),
}
FURTHER = {
    "bins": Axis("zenith", "deg", (0.0, 30.0, 50.0)),
    "events": Axis("multiplicity", "", (2, 4, 10)),
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("grids")
    types = {"square": (0, 1)}
    return {
        name: toy_irf(
            root / name,
            *places,
            event_types=types.get(name, ()),
            further=FURTHER.get(name),
        )
        for name, places in PLACES.items()
    }


def valid(folder, zenith, azimuth, observe=None, **how):
    """Responses for an array that stands still."""
    config = DL3Config(responses=ResponseConfig(**how), observe=observe)
    observation = toy.make_observation(7, pointing=Drift(90 - zenith, azimuth))
    return Responses(open_irf(folder), config).valid_for(observation)


def test_what_the_library_says(folders):
    found = valid(folders["square"], 30, 120, event_type=1, background="background_3d")
    dataset = open_irf(folders["square"])
    points = [components_of(dataset, point, 1) for point in range(4)]
    there = {"zenith": 30.0, "azimuth": 120.0}
    wanted = interpolate(points, grid_of(dataset), there, Interpolation())
    assert list(found.components) == [
        *("effective_area", "energy_dispersion", "rad_max"),
        *("background_3d", "background_2d"),
    ]
    for name, component in found.components.items():
        for column, values in component.columns.items():
            np.testing.assert_allclose(values, wanted[name][column], rtol=1e-9)
    np.testing.assert_allclose(found.cuts.gh, wanted["cuts"]["gh_cut"], rtol=1e-9)
    assert not np.allclose(found.cuts.gh, points[found.point]["cuts"]["gh_cut"])
    assert (found.zenith, found.azimuth) == pytest.approx((30, 120))
    assert found.said == wanted["cuts"].metadata["interpolated"]


def test_simulated_events_have_those_of_the_nearest_point(folders):
    simulated = ObservationConfig()
    near = valid(folders["square"], 28, 120, observe=simulated, zenith_tolerance=9)
    assert (near.point, near.zenith, near.said) == (1, 20, "point 1")
    assert valid(folders["square"], 28, 120).said != "point 1"
    asked = valid(folders["square"], 28, 120, observe=simulated, choice="interpolate")
    assert asked.zenith == pytest.approx(28)


def test_one_point_is_never_interpolated(folders):
    assert valid(folders["one"], 23, 90, choice="interpolate").said == "point 0"


def test_angles_that_all_points_have_are_tolerated(folders):
    found = valid(folders["zeniths"], 30, 100)
    assert (found.zenith, found.azimuth) == pytest.approx((30, 100))
    cosines = np.cos(np.radians([20, 30, 40]))
    share = (cosines[1] - cosines[2]) / (cosines[0] - cosines[2])
    assert found.said == f"{share:.6g} of point 0, {1 - share:.6g} of point 1"
    assert valid(folders["azimuths"], 23, 120).said.count("point") == 2
    with pytest.raises(UserError, match="5 and 180 deg are allowed between"):
        valid(folders["azimuths"], 26, 120)
    with pytest.raises(UserError, match="90 and 10 deg are allowed between"):
        valid(folders["zeniths"], 30, 100, azimuth_tolerance=10)


@pytest.mark.parametrize("name", ["square", "zeniths"])
def test_outside_of_the_grid(folders, name):
    with pytest.raises(UserError) as caught:
        valid(folders[name], 44, 180)
    told = str(caught.value)
    assert told.startswith("observation 7: zenith 44 deg, azimuth 180 deg, nsb 0 is")
    assert "is outside of the grid, which has zenith 20, 40 deg" in told
    assert "responses.choice=nearest takes the nearest" in told
    assert valid(folders[name], 44, 180, choice="nearest").zenith == 40


def test_the_night_sky(folders):
    with pytest.raises(UserError, match=r"night sky \(1, 2\): set responses.nsb"):
        valid(folders["nights"], 20, 180)
    between = valid(folders["nights"], 21, 180, nsb=1.25)
    assert between.said == "0.75 of point 0, 0.25 of point 1"
    with pytest.raises(UserError, match="is outside of the grid, which has nsb 1, 2"):
        valid(folders["nights"], 21, 180, nsb=3.0)
    with pytest.raises(UserError, match=r"nsb is 5, and .* a night sky of 2; a share"):
        valid(folders["nights"], 21, 180, nsb=5.0, choice="nearest")
    assert valid(folders["nights"], 21, 180, nsb=1.7, choice="nearest").point == 1
    with pytest.raises(UserError, match=r"nsb is 2, and the nearest .* night sky of 0"):
        valid(folders["zeniths"], 30, 180, nsb=2.0)


def test_an_observation_is_in_a_bin_of_its_own(folders):
    """Whatever the mean zenith angles of points; between them, the night sky counts."""
    folder = folders["bins"]
    low = valid(folder, 12, 180, nsb=1.0, choice="nearest")
    assert (low.zenith, low.said) == (pytest.approx(12), "point 0, zenith 0 to 30 deg")
    (place,) = toy_grid((15.0, 180.0, 1.0)).places
    want = toy_point(place)
    for name, component in low.components.items():
        if name in want:
            assert component.axes == want[name].axes
            values = next(iter(component.columns))
            np.testing.assert_array_equal(component[values], want[name][values])
    high = valid(folder, 45, 180, nsb=1.25)
    assert high.said == "0.75 of point 0, 0.25 of point 1, zenith 30 to 50 deg"
    (place,) = toy_grid((40.0, 180.0, 1.25)).places
    area = high.components["effective_area"]["effective_area"]
    want = toy_point(place)["effective_area"]["effective_area"]
    np.testing.assert_allclose(area, want, rtol=1e-9)
    with pytest.raises(UserError, match="zenith 60 deg is in no bin of the responses"):
        valid(folder, 60, 180, nsb=1.0)


def test_bins_of_events_are_for_no_observation(folders):
    with pytest.raises(UserError, match="bins of multiplicity, of which events of one"):
        valid(folders["events"], 20, 180)
