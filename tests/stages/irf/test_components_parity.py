"""Components beside the functions of pyirf, on the same events."""

from dataclasses import replace

import astropy.units as u
import numpy as np
import pytest
from pyirf import irf
from pyirf.irf.energy_dispersion import energy_migration_matrix
from toy_responses import make_events, to_qtable
from toy_thrown import DIFFUSE, pyirf_info, run_row, simulated

from cta_columnar.stages.irf.accumulator import Accumulator
from cta_columnar.stages.irf.axes import linear_axis
from cta_columnar.stages.irf.background import background_3d
from cta_columnar.stages.irf.components import (
    background_components,
    background_histograms,
    default_axes,
    signal_components,
    signal_histograms,
)
from cta_columnar.stages.irf.effective_area import effective_area
from cta_columnar.stages.irf.histogram import HistogramSpec
from cta_columnar.stages.irf.thrown_showers import thrown_showers

AXES = replace(
    default_axes(),
    true_offset=linear_axis("true_source_fov_offset", "deg", 0, 6, 3),
    reco_offset=linear_axis("reco_source_fov_offset", "deg", 0, 6, 4),
)
RUN = run_row(**DIFFUSE)
ENERGY = AXES.true_energy.array * u.TeV
RECO = AXES.reco_energy.array * u.TeV
OFFSET = AXES.true_offset.array * u.deg


@pytest.fixture(scope="module")
def gammas():
    events = make_events(60_000, 0)
    events["selected_gh"] = events["gh_score"] > 0.6
    events["selected"] = events["selected_gh"] & (events["theta"] < 0.1)
    return events


@pytest.fixture(scope="module")
def ours(gammas):
    filled = Accumulator(signal_histograms(AXES)).fill(gammas)
    runs = simulated(RUN)
    n_thrown = thrown_showers(AXES.effective_area, runs)
    return signal_components(filled, n_thrown, runs.total_area, point_like=True)


def agree(got, want):
    np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-12 * np.nanmax(want))


def test_effective_area(ours, gammas):
    with np.errstate(invalid="ignore"):
        want = irf.effective_area_per_energy_and_fov(
            to_qtable(gammas, gammas["selected"]), pyirf_info(RUN), ENERGY, OFFSET
        ).to_value(u.m**2)
    agree(ours["effective_area"]["effective_area"], np.nan_to_num(want))


def test_effective_area_of_a_source():
    row = run_row()
    events = make_events(20_000, 1)
    events["true_source_fov_offset"][:] = 0.0
    spec = HistogramSpec("effective_area", AXES.effective_area)
    filled = Accumulator([spec]).fill(events)["effective_area"]
    runs = simulated(row)
    got = effective_area(
        filled, thrown_showers(AXES.effective_area, runs), runs.total_area
    )
    with np.errstate(invalid="ignore"):
        want = irf.effective_area_per_energy(
            to_qtable(events), pyirf_info(row), ENERGY
        ).to_value(u.m**2)
    agree(got["effective_area"][:, 0], np.nan_to_num(want))
    assert (got["effective_area"][:, 1:] == 0).all()


def test_effective_area_in_longitude_and_latitude():
    lon = linear_axis("true_fov_lon", "deg", -12, 12, 12)
    lat = linear_axis("true_fov_lat", "deg", -12, 12, 12)
    got = thrown_showers((AXES.true_energy, lon, lat), simulated(RUN))
    want = pyirf_info(RUN).calculate_n_showers_3d_lonlat(
        ENERGY, lon.array * u.deg, lat.array * u.deg
    )
    # Its axes are energy, latitude, longitude.
    agree(got, want.to_value(u.one).transpose(0, 2, 1))


def test_energy_dispersion(ours, gammas):
    want = irf.energy_dispersion(
        to_qtable(gammas, gammas["selected"]), ENERGY, OFFSET, AXES.migration.array
    )
    agree(ours["energy_dispersion"]["energy_dispersion"], want)


def test_energy_migration(ours, gammas):
    want = energy_migration_matrix(
        to_qtable(gammas, gammas["selected"]), ENERGY, RECO, OFFSET
    )
    agree(ours["energy_migration"]["energy_migration"], want)


def test_psf(ours, gammas):
    want = irf.psf_table(
        to_qtable(gammas, gammas["selected_gh"]),
        true_energy_bins=ENERGY,
        source_offset_bins=AXES.theta.array * u.deg,
        fov_offset_bins=OFFSET,
    ).to_value(1 / u.sr)
    # From cosines, as in pyirf, solid angles of narrow rings have 11 digits.
    np.testing.assert_allclose(ours["psf"]["psf"], want, rtol=1e-7)


def test_background_2d():
    events = make_events(60_000, 2, gamma=False)
    events["selected_gh"] = events["gh_score"] > 0.3
    filled = Accumulator(background_histograms(AXES)).fill(events)
    got = background_components(filled, 3600.0)["background_2d"]
    want = irf.background_2d(
        to_qtable(events, events["selected_gh"]),
        *(RECO, AXES.reco_offset.array * u.deg, 1 * u.h),
    ).to_value("1/(s TeV sr)")
    agree(got["background"], want)


def test_background_3d_is_the_full_product_of_longitude_and_latitude():
    """pyirf has no such function; ctapipe's pairs bins of longitude and latitude."""
    lon = linear_axis("reco_fov_lon", "deg", -6, 6, 5)
    lat = linear_axis("reco_fov_lat", "deg", -6, 3, 3)
    spec = HistogramSpec("background_3d", (AXES.reco_energy, lon, lat), "", "weight")
    events = make_events(5_000, 3)
    filled = Accumulator([spec]).fill(events)["background_3d"]
    got = background_3d(filled, 10.0)["background"]
    for i, j, k in ((2, 0, 1), (9, 4, 0), (12, 2, 2)):
        inside = np.ones(5000, bool)
        width = 10.0
        for axis, bin_ in zip(spec.axes, (i, j, k), strict=True):
            column = events[axis.name]
            inside &= (column >= axis.low[bin_]) & (column < axis.high[bin_])
        width *= AXES.reco_energy.width[i] * np.radians(lon.width[j])
        width *= np.sin(np.radians(lat.high[k])) - np.sin(np.radians(lat.low[k]))
        want = events["weight"][inside].sum() / width
        assert got[i, j, k] == pytest.approx(want, rel=1e-12)
