"""Responses between the points of a grid whose truth is known."""

import math
from dataclasses import replace

import numpy as np
import pytest
from toy_grid import LA_PALMA, MIGRATION, THETA, grid_of, level, toy_point

from cta_columnar.errors import UserError
from cta_columnar.stages.irf.axes import log_axis
from cta_columnar.stages.irf.component import Component
from cta_columnar.stages.irf.grid import Grid, sine_to_field
from cta_columnar.stages.irf.interpolation import INTERPOLATED, interpolate
from cta_columnar.stages.irf.interpolation_weights import Interpolation, weights_at
from cta_columnar.stages.irf.place import Alike, Place
from cta_columnar.stages.irf.product_tables import from_table, to_table
from cta_columnar.stages.irf.simulated_runs import cone_solid_angle

IN_ZENITH = ((20.0, 180.0), (40.0, 180.0), (60.0, 180.0))
IN_BOTH = ((20.0, 0.0), (20.0, 90.0), (20.0, 180.0), (40.0, 0.0), (40.0, 90.0),
           (40.0, 180.0))  # fmt: skip
PLAIN = Interpolation()


def points_of(grid, field=1.0):
    return [toy_point(place, field=field) for place in grid.places]


@pytest.fixture(scope="module")
def line():
    grid = grid_of(*IN_ZENITH)
    return grid, points_of(grid, field=0.0)


@pytest.fixture(scope="module")
def between(line):
    grid, points = line
    target = {"zenith": 47.0}
    return grid.place(target), interpolate(points, grid, target, PLAIN)


def test_what_is_linear_is_found(between):
    place, found = between
    want = toy_point(place, field=0.0)
    assert set(found) == set(INTERPOLATED) - {"background_3d"}
    for name, column in (
        ("effective_area", "effective_area"),
        ("background_2d", "background"),
        ("rad_max", "rad_max"),
        ("cuts", "gh_cut"),
        ("cuts", "theta_cut"),
    ):
        np.testing.assert_allclose(found[name][column], want[name][column], rtol=1e-9)
    assert np.isnan(found["cuts"]["theta_efficiency"]).all()
    assert found["cuts"]["is_valid"].all()
    for component in found.values():
        np.testing.assert_array_equal(
            from_table(to_table(component))[next(iter(component.columns))],
            component[next(iter(component.columns))],
        )


def test_distributions_are_normalised_and_lie_between(between):
    place, found = between
    want = toy_point(place, field=0.0)
    dispersion = found["energy_dispersion"]["energy_dispersion"]
    total = (dispersion * MIGRATION.width[:, None]).sum(axis=1)
    np.testing.assert_allclose(total, 1, rtol=1e-9)
    rings = np.diff(cone_solid_angle(THETA.array))
    np.testing.assert_allclose((found["psf"]["psf"] * rings).sum(axis=-1), 1, rtol=1e-9)
    matrix = found["energy_migration"]["energy_migration"]
    np.testing.assert_allclose(matrix.sum(axis=1), 1, rtol=1e-9)

    # To half a bin of the migration, which quantiles are good for.
    def mean(component):
        values = component["energy_dispersion"] * MIGRATION.width[:, None]
        return (values * MIGRATION.centre[:, None]).sum(axis=1)

    np.testing.assert_allclose(mean(found["energy_dispersion"]),
                               mean(want["energy_dispersion"]), atol=0.01)  # fmt: skip

    def contained(component):
        return np.cumsum(component["psf"] * rings, axis=-1)

    assert np.abs(contained(found["psf"]) - contained(want["psf"])).max() < 0.03


@pytest.mark.parametrize(
    "target", [{"zenith": 40}, {"zenith": 40.005, "azimuth": 180.0}]
)
def test_on_a_point_is_the_point(line, target):
    grid, points = line
    found = interpolate(points, grid, target, PLAIN)
    for name, component in found.items():
        assert component.metadata["interpolated"] == "1 of point 1"
        for column, values in component.columns.items():
            np.testing.assert_array_equal(values, points[1][name][column])


def test_errors_and_counts(line):
    grid, points = line
    cosines = np.cos(np.radians([20, 40, 60]))
    middle = math.degrees(math.acos(cosines[1:].mean()))
    found = interpolate(points, grid, {"zenith": middle}, PLAIN)
    area = found["effective_area"]
    assert area.metadata["interpolated"] == "0.5 of point 1, 0.5 of point 2"
    # A tenth each, of two independent points.
    share = area["effective_area_uncert"] / area["effective_area"]
    np.testing.assert_allclose(share, 0.1 * math.sqrt(0.5))
    assert (area["n_selected"] == 20_000).all()
    assert (area["n_thrown"] == 200_000).all()
    psf, old = found["psf"], points[1]["psf"]
    assert (psf["n_events"] == 2 * old["n_events"]).all()
    # Halves of two samples scatter like one of twice the size.
    rings = np.diff(cone_solid_angle(THETA.array))
    share = psf["psf"] * rings
    want = np.sqrt(share * (1 - share) / 20_000) / rings
    np.testing.assert_allclose(psf["psf_uncert"], want)


def emptied(point, *names, thrown):
    """Take the lowest energy away from some products."""
    changed = dict(point)
    for name in names:
        columns = {key: np.array(each) for key, each in point[name].columns.items()}
        for key, values in columns.items():
            if not (thrown and key in ("n_thrown", "is_simulated")):
                values[0] = 0
        changed[name] = replace(point[name], columns=columns)
    return changed


@pytest.mark.parametrize("thrown", [True, False])
def test_nothing_where_a_point_has_nothing(line, thrown):
    grid, points = line
    every = ("energy_dispersion", "psf", "effective_area")
    empty = emptied(points[2], *every, thrown=thrown)
    found = interpolate([*points[:2], empty], grid, {"zenith": 50}, PLAIN)
    for name in ("energy_dispersion", "psf"):
        assert (found[name][name][0] == 0).all()
        assert (found[name]["n_events"][0] == 0).all()
        assert (found[name][name][1:].sum() > 0).all()
        assert np.isfinite(found[name][f"{name}_uncert"]).all()
    area = found["effective_area"]
    assert (area["effective_area"][0] == 0).all()
    assert (area["effective_area"][1:] > 1).all()
    assert (area["is_simulated"][0] == thrown).all()
    # Between two other points it does not matter.
    found = interpolate([*points[:2], empty], grid, {"zenith": 30}, PLAIN)
    assert (found["effective_area"]["effective_area"] > 0).all()


def test_an_area_without_distributions_is_none(line):
    """As those of events that are all reconstructed outside of the axis."""
    grid, points = line
    empty = emptied(points[2], "energy_dispersion", thrown=True)
    found = interpolate([*points[:2], empty], grid, {"zenith": 50}, PLAIN)
    assert (found["effective_area"]["effective_area"][0] == 0).all()
    # Each psf is one ring, and the next one would be beyond the last.
    narrow = []
    for ring, point in zip((9, 29, 49), points, strict=True):
        counts = np.zeros_like(point["psf"]["n_events"])
        counts[..., ring] = 7
        columns = {"psf": 1.0 * counts, "psf_uncert": counts, "n_events": counts}
        narrow.append({**point, "psf": replace(point["psf"], columns=columns)})
    how = Interpolation(extrapolate=True)
    found = interpolate(narrow, grid, {"zenith": 75}, how)
    assert (found["psf"]["n_events"] == 0).all()
    assert (found["psf"]["psf"] == 0).all()
    assert (found["effective_area"]["effective_area"] == 0).all()


def test_two_coordinates():
    grid = grid_of(*IN_BOTH)
    assert grid.varying == ("zenith", "azimuth")
    points = points_of(grid)
    target = {"zenith": 30, "azimuth": 120}
    place = grid.place(target)
    found = interpolate(points, grid, target, PLAIN)
    want = toy_point(place)
    for name in ("effective_area", "rad_max"):
        np.testing.assert_allclose(found[name][name], want[name][name], rtol=1e-9)
    # The angle to the field is the same on the other side of it.
    mirrored = {"zenith": 30, "azimuth": 2 * LA_PALMA.declination - 120}
    again = interpolate(points, grid, mirrored, PLAIN)
    np.testing.assert_allclose(
        again["effective_area"]["effective_area"],
        found["effective_area"]["effective_area"],
    )


def test_three_coordinates():
    places = [(z, a, n) for z in (20, 50) for a in (0, 180) for n in (1, 3)]
    grid = grid_of(*places)
    assert grid.varying == ("zenith", "azimuth", "nsb")
    points = [
        {name: each[name] for name in ("effective_area", "psf")}
        for each in points_of(grid)
    ]
    target = {"zenith": 35, "azimuth": 100, "nsb": 1.5}
    found = interpolate(points, grid, target, PLAIN)
    want = toy_point(grid.place(target))
    area = found["effective_area"]["effective_area"]
    np.testing.assert_allclose(area, want["effective_area"]["effective_area"])
    rings = np.diff(cone_solid_angle(THETA.array))
    np.testing.assert_allclose((found["psf"]["psf"] * rings).sum(axis=-1), 1)
    morphed = Interpolation(distributions="moment_morph")
    with pytest.raises(UserError, match="moments are morphed in two coordinates at"):
        interpolate(points, grid, target, morphed)


def test_night_sky_alone():
    grid = grid_of((20, 180, 1.0), (20, 180, 2.0))
    found = interpolate(points_of(grid), grid, {"nsb": 1.25}, PLAIN)
    want = 0.75 * level(grid.places[0]) + 0.25 * level(grid.places[1])
    np.testing.assert_allclose(found["cuts"]["gh_cut"], 0.1 * want)


def test_the_nearest(line):
    grid, points = line
    found = interpolate(
        points, grid, {"zenith": 70, "azimuth": 10}, Interpolation(nearest=True)
    )
    assert found["psf"].metadata["interpolated"] == "1 of point 2"
    assert found["psf"]["psf"] is points[2]["psf"]["psf"]
    single = grid_of((20, 180))
    weights = weights_at(single, Place(50, 0), Interpolation(nearest=True))
    assert weights.single == 0


def test_outside_is_refused_unless_told(line):
    grid, points = line
    with pytest.raises(
        UserError, match=r"zenith 65 deg.* is outside .* 20, 40, 60 deg"
    ):
        interpolate(points, grid, {"zenith": 65}, PLAIN)
    how = Interpolation(extrapolate=True)
    found = interpolate(points, grid, {"zenith": 65}, how)
    want = toy_point(Place(65, 180), field=0.0)
    area = found["effective_area"]["effective_area"]
    np.testing.assert_allclose(
        area, want["effective_area"]["effective_area"], rtol=1e-9
    )
    total = found["energy_dispersion"]["energy_dispersion"] * MIGRATION.width[:, None]
    np.testing.assert_allclose(total.sum(axis=1), 1, rtol=1e-9)
    assert (found["effective_area"]["effective_area_uncert"] / area > 0.1).all()
    with pytest.raises(
        UserError, match=r"does not reach azimuth 10, where all .* 180 deg"
    ):
        interpolate(points, grid, {"zenith": 30, "azimuth": 10}, how)


@pytest.mark.parametrize(
    ("places", "target", "how", "said"),
    [
        (IN_BOTH, {"zenith": 30}, PLAIN, r"azimuth \(0, 90, 180 deg\): say which"),
        (IN_BOTH, {"zenit": 30}, PLAIN, "not interpolated in 'zenit'; did you mean"),
        (IN_BOTH, {"zenith": 95, "azimuth": 0}, PLAIN, "a zenith angle of 95 deg"),
        (IN_BOTH[:3:2], {"azimuth": math.nan}, PLAIN, "azimuth: nan is no finite"),
        ((IN_BOTH[0], IN_BOTH[4]), {"zenith": 30, "azimuth": 50}, PLAIN,
         "2 points do not span a grid in 2 coordinates; add points to it"),
        ([(20, 0, 1), (40, 0, 2), (60, 90, 1), (60, 0, 2)],
         {"zenith": 70, "azimuth": 0, "nsb": 1}, Interpolation(extrapolate=True),
         "extrapolated in two coordinates at most"),
    ],
)  # fmt: skip
def test_what_cannot_be(places, target, how, said):
    grid = grid_of(*places)
    with pytest.raises(UserError, match=said):
        weights_at(grid, grid.place(target), how)


def test_grids_that_are_none():
    with pytest.raises(UserError, match="no point to interpolate from"):
        grid_of()
    with pytest.raises(UserError, match="points 0 and 1 are at the same place"):
        grid_of((20, 0), (20.001, 360.0))
    assert grid_of((0, 0), (40, 90)).varying == ("zenith",)
    unknown = Grid((Place(20, 0), Place(20, 90)))
    with pytest.raises(UserError, match="direction of the magnetic field is not known"):
        weights_at(unknown, Place(20, 50), PLAIN)


def test_what_differs_by_less_than_is_told_apart_is_no_coordinate():
    places = (Place(20, 0, 1.0), Place(40, 0.05, 1.004), Place(60, 0, 0.996))
    assert Grid(places, LA_PALMA).varying == ("zenith", "azimuth", "nsb")
    grid = Grid(places, LA_PALMA, Alike(angle=0.1, share=0.01))
    assert grid.varying == ("zenith",)
    assert grid.at(grid.place({"zenith": 40.0})) == 1
    assert grid.at(grid.place({"zenith": 40.05})) is None
    weights = weights_at(grid, Place(30, 0.03, 1.002), PLAIN)
    assert weights.used == [0, 1]
    with pytest.raises(UserError, match=r"does not reach nsb 1\.2, where all points"):
        weights_at(grid, Place(30, 0, 1.2), PLAIN)
    near = Grid((Place(20, 0), Place(20.05, 0)), LA_PALMA, Alike(0.1, 0.01))
    assert near.varying == ("zenith",)


def test_points_must_be_of_one_kind(line):
    grid, points = line

    def changed(**products):
        return [points[0], {**points[1], **products}, points[2]]

    def refused(wrong, said):
        with pytest.raises(UserError, match=said):
            interpolate(wrong, grid, {"zenith": 30}, PLAIN)

    other = log_axis("true_energy", "TeV", 0.1, 20, 4)
    area = points[1]["effective_area"]
    finer = Component(area.name, (other, area.axes[1]), area.columns, area.metadata)
    refused(changed(effective_area=finer), "bins of 'true_energy' at point 0 are not")
    whole = replace(area, metadata={"enclosure": "FULL-ENCLOSURE"})
    refused(changed(effective_area=whole), "points 0 and 1 are not of one kind")
    lacking = [points[0], {"cuts": points[1]["cuts"]}, points[2]]
    refused(lacking, "point 1 of the grid has no effective_area")


def test_cuts_that_are_none(line):
    grid, points = line
    none = {"gh_cut": np.full(8, -np.inf), "theta_cut": np.full(8, np.inf)}
    rows = [
        {"cuts": replace(each["cuts"], columns={**each["cuts"].columns, **none})}
        for each in points
    ]
    for zenith, how in ((30, PLAIN), (70, Interpolation(extrapolate=True))):
        cuts = interpolate(rows, grid, {"zenith": zenith}, how)["cuts"]
        assert (cuts["gh_cut"] == -np.inf).all()
        assert (cuts["theta_cut"] == np.inf).all()


def test_the_angle_to_the_field():
    # Along the field lines, which come up from the south.
    along = sine_to_field(np.array([90 - 37.0]), np.array([175.0]), LA_PALMA)
    np.testing.assert_allclose(along, 0, atol=1e-7)
    across = sine_to_field(np.array([90.0]), np.array([85.0]), LA_PALMA)
    np.testing.assert_allclose(across, 1)
