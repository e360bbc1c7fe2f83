from dataclasses import replace

import numpy as np
import pytest
import toy_observatory as toy

from cta_columnar.errors import UserError
from cta_columnar.gadf import hdu_problems
from cta_columnar.schemas import gadf
from cta_columnar.stages.dl3.responses import FORMS, response_hdu, response_hdus
from cta_columnar.stages.irf.axes import Axis, linear_axis
from cta_columnar.stages.irf.component import Component

OBSERVATION = toy.make_observation()


def test_all_components_keep_the_format(components):
    hdus = response_hdus(components.values(), OBSERVATION)
    assert {hdu.kind for hdu in hdus} == {
        "aeff_2d",
        "edisp_2d",
        "psf_table",
        "bkg_2d",
        "bkg_3d",
    }
    for hdu in hdus:
        assert hdu_problems(hdu) == []
        assert hdu.header["HDUCLAS3"] == gadf.FULL_ENCLOSURE
        assert hdu.header["OBS_ID"] == OBSERVATION.obs_id


def test_numbers_are_those_of_the_component(components):
    area = response_hdu(components["effective_area"], OBSERVATION)
    wanted = components["effective_area"]["effective_area"]
    np.testing.assert_array_equal(area["EFFAREA"][0], wanted.T)
    np.testing.assert_array_equal(area["ENERG_HI"][0], toy.AXES.true_energy.high)
    edisp = response_hdu(components["energy_dispersion"], OBSERVATION)
    wanted = components["energy_dispersion"]["energy_dispersion"]
    np.testing.assert_array_equal(edisp["MATRIX"][0], np.transpose(wanted, (2, 1, 0)))
    psf = response_hdu(components["psf"], OBSERVATION)
    assert psf["RPSF"].shape == (1, 25, 5, 33)


def test_rates_are_per_mev_and_with_the_dead_time_in_them(components):
    for name in ("background_2d", "background_3d"):
        hdu = response_hdu(components[name], OBSERVATION)
        wanted = components[name]["background"].T * 1e-6 * 0.95
        np.testing.assert_allclose(hdu["BKG"][0], wanted, rtol=1e-14)
        assert hdu.header.get("FOVALIGN") == ("ALTAZ" if name.endswith("3d") else None)


def test_axes_in_another_order_and_further_ones(components):
    area = components["effective_area"]
    zenith = Axis("zenith", "deg", (15.0, 25.0))
    turned = Component(
        area.name,
        (area.axes[1], zenith, area.axes[0]),
        {"effective_area": area["effective_area"].T[:, None, :]},
    )
    hdu = response_hdu(turned, OBSERVATION)
    np.testing.assert_array_equal(hdu["EFFAREA"][0], area["effective_area"].T)
    two = linear_axis("zenith", "deg", 0, 40, 2)
    values = np.repeat(area["effective_area"][None], 2, axis=0)
    many = Component(area.name, (two, *area.axes), {"effective_area": values})
    with pytest.raises(
        UserError, match=r"2 bins of 'zenith'.* select a bin or interpolate"
    ):
        response_hdu(many, OBSERVATION)


def test_point_like_ones(components):
    told = components["effective_area"].told(enclosure=gadf.POINT_LIKE)
    assert response_hdu(told, OBSERVATION).header["HDUCLAS3"] == gadf.POINT_LIKE
    psf = components["psf"].told(enclosure=gadf.POINT_LIKE)
    assert response_hdu(psf, OBSERVATION).header["HDUCLAS3"] == gadf.FULL_ENCLOSURE
    axes = (toy.AXES.reco_energy, toy.AXES.reco_offset)
    radius = Component("rad_max", axes, {"rad_max": np.full((20, 8), 0.1)})
    hdu = response_hdu(radius, OBSERVATION)
    assert hdu_problems(hdu) == []
    assert hdu.header["HDUCLAS3"] == gadf.POINT_LIKE


def test_what_is_no_response(components):
    area = components["effective_area"]
    with pytest.raises(UserError, match="no component 'energy_migration'"):
        response_hdu(components["energy_migration"], OBSERVATION)
    assert set(FORMS) <= {*components, "rad_max"}
    with pytest.raises(UserError, match="no axis 'true_source_fov_offset'"):
        response_hdu(replace(area, axes=(area.axes[0],)), OBSERVATION)
    endless = replace(area.axes[0], edges=(*area.axes[0].edges[:-1], np.inf))
    with pytest.raises(UserError, match="a bin of true_energy has no end"):
        response_hdu(replace(area, axes=(endless, area.axes[1])), OBSERVATION)
    undefined = area["effective_area"] * np.nan
    with pytest.raises(UserError, match="165 of 165 values are no finite numbers"):
        response_hdu(replace(area, columns={"effective_area": undefined}), OBSERVATION)
