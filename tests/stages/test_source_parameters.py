"""Parameters for a source, as a group among the others."""

import numpy as np
import pytest
from cameras import hexagonal
from toy_telescopes import telescope_type

from cta_columnar.errors import UserError
from cta_columnar.pipelines.running.settings import configure
from cta_columnar.registry import get
from cta_columnar.schemas import dl1
from cta_columnar.stages.chain import Chain, Step

CAMERA = telescope_type(hexagonal(5), n_channels=1, n_samples=1)
LON, LAT = CAMERA.fov_lon, CAMERA.fov_lat


def image(lon, lat, psi, tail=0.0):
    """An ellipse with a tail in the direction psi, whose light comes later."""
    psi = np.radians(psi)
    along = (LON - lon) * np.cos(psi) + (LAT - lat) * np.sin(psi)
    across = (LAT - lat) * np.cos(psi) - (LON - lon) * np.sin(psi)
    length = np.where(along > 0, 2.5 + tail, 2.5)
    charge = 100 * np.exp(-((along / length) ** 2) - (across / 1.2) ** 2)
    return charge, 20 + 3 * along


def run(images, **options):
    charge, time = (np.array(each, np.float32) for each in zip(*images, strict=True))
    columns = {"image": charge, "peak_time": time, "image_mask": charge > 2}
    steps = [Step(get("image_quality", "image_quality"), {})]
    for name, given in (("hillas", {}), ("timing", {}), ("source", options)):
        algorithm = get("parameters", name)
        steps.append(Step(algorithm, algorithm.validate_options(given)))
    keep = {*dl1.SOURCE.names, *dl1.HILLAS.names, *dl1.TIMING.names}
    return Chain(steps, frozenset(keep)).run(columns, {"camera": CAMERA})


def test_an_image_whose_tail_points_away_from_the_source():
    # From (-4, -2) a line at 40 deg leads to the centroid, more or less.
    psi = np.radians(40)
    place = -4 + 4 * np.cos(psi), -2 + 4 * np.sin(psi)
    got = run([image(*place, 40, tail=1.5)], source_fov_lon=-4.0, source_fov_lat=-2.0)
    got = {name: column[0] for name, column in got.items()}
    assert got["source_dist"] == pytest.approx(4, abs=1)
    assert got["source_alpha"] < 5
    assert got["source_miss"] < 0.3
    assert got["source_skewness"] > 0
    assert got["source_timing_slope"] == pytest.approx(3, rel=0.01)
    assert abs(got["source_along"]) == pytest.approx(got["source_dist"], rel=0.01)


def test_the_same_image_seen_from_the_other_side():
    images = [image(0.5, 0.5, 30, tail=1.0)]
    near, far = (
        run(images, source_fov_lon=lon, source_fov_lat=lat)
        for lon, lat in ((-4.0, -2.0), (5.0, 3.0))
    )
    for name in ("source_skewness", "source_timing_slope"):
        assert near[name] == -far[name]
        assert near[name] > 0


def test_the_camera_centre_is_the_default():
    images = [image(1.5, 0.5, 70), image(-1, 2, 20)]
    got = run(images)
    np.testing.assert_allclose(got["source_dist"], got["hillas_r"])
    want = run(images, source_fov_lon=0.0, source_fov_lat=0.0)
    for name in dl1.SOURCE.names:
        np.testing.assert_array_equal(got[name], want[name])


def test_images_without_parameters_have_none_for_a_source():
    got = run([image(0, 0, 0), (0 * LON, LON)])
    for field in dl1.SOURCE:
        assert got[field.name].dtype == np.float64
        assert np.isnan(got[field.name]).tolist() == [False, True]


def test_it_needs_the_time_gradient_before_it():
    configure("stage1", settings=["parameters=[hillas, timing, source]"])
    with pytest.raises(UserError, match=r"reads 'timing_slope', .*; add timing"):
        configure("stage1", settings=["parameters=[hillas, source]"])
