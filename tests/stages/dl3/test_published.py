"""Responses of files as components again, ours and those of others."""

import numpy as np
import pytest
from toy_grid import MIGRATION, grid_of, toy_point

from cta_columnar.gadf import Hdu
from cta_columnar.stages.dl3.published import components_of_hdus
from cta_columnar.stages.dl3.responses import FORMS, NoObservation, response_hdus
from cta_columnar.stages.irf.resolution_of_response import angular_resolution_of
from cta_columnar.stages.irf.simulated_runs import cone_solid_angle


@pytest.fixture(scope="module")
def point():
    return toy_point(grid_of((20.0, 180.0)).places[0])


def test_what_was_written_is_read_again(point):
    found = components_of_hdus(response_hdus(point.values(), NoObservation()))
    assert set(found) == set(FORMS) & set(point)
    for name, component in found.items():
        column = "background" if name == "background_2d" else name
        np.testing.assert_allclose(component[column], point[name][column])
        for ours, read in zip(point[name].axes, component.axes, strict=True):
            assert read.name == ours.name
            np.testing.assert_allclose(read.array, ours.array)


def with_matrix(point, change):
    (hdu,) = response_hdus([point["energy_dispersion"]], NoObservation())
    return Hdu(hdu.kind, hdu.name, {**hdu.columns, **change}, hdu.units, hdu.header)


def test_shares_become_densities(point):
    dispersion = point["energy_dispersion"]
    share = dispersion["energy_dispersion"] * MIGRATION.width[:, None]
    read = components_of_hdus([with_matrix(point, {"MATRIX": share.T[None]})])
    np.testing.assert_allclose(
        read["energy_dispersion"]["energy_dispersion"], dispersion["energy_dispersion"]
    )


def test_one_bin_of_offset(point):
    flat = {
        "MATRIX": point["energy_dispersion"]["energy_dispersion"][..., 0].T[None],
        "THETA_LO": np.zeros(1),
        "THETA_HI": np.ones(1),
    }
    read = components_of_hdus([with_matrix(point, flat)])["energy_dispersion"]
    assert read["energy_dispersion"].shape == (4, 100, 1)
    np.testing.assert_allclose(
        read["energy_dispersion"][..., 0],
        point["energy_dispersion"]["energy_dispersion"][..., 0],
    )


def test_three_normal_distributions():
    edges = {"ENERG_LO": [[1.0]], "ENERG_HI": [[2.0]], "THETA_LO": [[0.0]],
             "THETA_HI": [[1.0]]}  # fmt: skip
    sigma = {"SIGMA_1": 0.05, "SIGMA_2": 0.1, "SIGMA_3": 0.2}
    values = {name: [[[value]]] for name, value in sigma.items()}
    values |= {"SCALE": [[[7.0]]], "AMPL_2": [[[0.0]]], "AMPL_3": [[[0.0]]]}
    columns = {name: np.array(value) for name, value in (edges | values).items()}
    psf = components_of_hdus([Hdu("psf_3gauss", "PSF", columns, {}, {})])["psf"]
    rings = np.diff(cone_solid_angle(psf.axes[2].array))
    assert (psf["psf"] * rings).sum() == pytest.approx(1)
    # 68.27 % of a normal distribution in two dimensions.
    radius = angular_resolution_of(psf)["angular_resolution"][0, 0]
    assert radius == pytest.approx(0.05 * np.sqrt(-2 * np.log(1 - 0.682689)), rel=1e-3)
