"""What models are trained to predict."""

import numpy as np
import pytest

from cta_columnar.stages.combination import disp_to_altaz
from cta_columnar.stages.training.targets import (
    DISP_COLUMNS,
    SMALLEST_ERROR,
    direction_error,
    energy_error,
    separation,
    true_disp,
)


def images(n=50, across=0.0):
    """Images whose axes miss the source by some degrees, and true distances."""
    rng = np.random.default_rng(3)
    psi = np.radians(rng.uniform(-90, 90, n))
    along = rng.uniform(-2, 2, n)
    lon, lat = rng.uniform(-1, 1, (2, n))
    source = (
        lon + along * np.cos(psi) - across * np.sin(psi),
        lat + along * np.sin(psi) + across * np.cos(psi),
    )
    alt, az = disp_to_altaz(
        *source, np.zeros(n), np.zeros(n), np.full(n, 70.0), np.full(n, 359.0)
    )
    columns = {
        "hillas_fov_lon": lon,
        "hillas_fov_lat": lat,
        "hillas_psi": np.degrees(psi),
        "pointing_alt": np.full(n, 70.0),
        "pointing_az": np.full(n, 359.0),
        "true_alt": alt,
        "true_az": az,
    }
    return columns, along


def test_disp_leads_from_the_centroid_to_the_source():
    columns, along = images()
    disp = true_disp(columns)
    np.testing.assert_allclose(disp, along, atol=1e-9)
    # What stage 3 makes of it is the true direction.
    alt, az = disp_to_altaz(*(columns[n] for n in DISP_COLUMNS[:3]), disp,
                            *(columns[n] for n in DISP_COLUMNS[3:5]))  # fmt: skip
    np.testing.assert_allclose(alt, columns["true_alt"], atol=1e-9)
    np.testing.assert_allclose(az, columns["true_az"], atol=1e-9)


def test_disp_of_an_axis_that_misses_the_source():
    columns, along = images(across=0.3)
    np.testing.assert_allclose(true_disp(columns), along, atol=1e-9)
    whole = true_disp(columns, project=False)
    np.testing.assert_allclose(np.abs(whole), np.hypot(along, 0.3), atol=1e-9)
    np.testing.assert_array_equal(np.sign(whole), np.sign(along))


@pytest.mark.parametrize("project", [True, False])
def test_an_image_without_an_axis_has_no_disp(project):
    columns, _ = images(3)
    columns["hillas_psi"] = np.array([np.nan, 0.0, 0.0])
    columns["hillas_fov_lon"] = np.array([0.0, np.nan, 0.0])
    disp = true_disp(columns, project=project)
    np.testing.assert_array_equal(np.isnan(disp), [True, True, False])
    assert true_disp(images(0)[0], project=project).shape == (0,)


def test_errors():
    got = energy_error(np.array([2.0, 0.5, 1.0, np.nan]), np.ones(4))
    np.testing.assert_allclose(got, [np.log(2), np.log(2), SMALLEST_ERROR, np.nan])
    there = np.array([70.0, 70.0]), np.array([0.0, 0.0])
    moved = separation(np.array([71.0, 70.0]), np.array([0.0, 1.0]), *there)
    np.testing.assert_allclose(moved, [1, np.cos(np.radians(70))], rtol=1e-4)
    assert direction_error(*there, *there).tolist() == [SMALLEST_ERROR] * 2
