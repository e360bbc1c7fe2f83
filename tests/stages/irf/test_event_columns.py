import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import angular_separation
from pyirf.coordinates import gadf_fov_coords_lon_lat

from cta_columnar.errors import UserError
from cta_columnar.stages.irf.event_columns import (
    RECO_COLUMNS,
    TRUE_COLUMNS,
    event_columns,
)


def make_events(n, seed):
    rng = np.random.default_rng(seed)
    return {
        "array_pointing_alt": np.full(n, 70.0),
        "array_pointing_az": np.full(n, 359.0),
        "true_alt": 70 + rng.normal(0, 2, n),
        "true_az": (359 + rng.normal(0, 5, n)) % 360,
        "reco_alt": 70 + rng.normal(0, 2, n),
        "reco_az": (359 + rng.normal(0, 5, n)) % 360,
        "true_energy": 10 ** rng.uniform(-2, 2, n),
        "reco_energy": 10 ** rng.uniform(-2, 2, n),
    }


def separation(events, one, other):
    names = (f"{one}_az", f"{one}_alt", f"{other}_az", f"{other}_alt")
    angles = (np.radians(events[name]) for name in names)
    return np.degrees(angular_separation(*angles))


def test_columns_equal_those_of_astropy_and_pyirf():
    events = make_events(200, 1)
    got = event_columns(events, (*RECO_COLUMNS, *TRUE_COLUMNS, "gh_score"))
    assert set(got) == {*RECO_COLUMNS, *TRUE_COLUMNS}
    want = {
        "theta": separation(events, "true", "reco"),
        "true_source_fov_offset": separation(events, "array_pointing", "true"),
        "reco_source_fov_offset": separation(events, "array_pointing", "reco"),
        "migration": events["reco_energy"] / events["true_energy"],
    }
    for kind in ("true", "reco"):
        names = (f"{kind}_az", f"{kind}_alt", "array_pointing_az", "array_pointing_alt")
        lon, lat = gadf_fov_coords_lon_lat(*(events[name] * u.deg for name in names))
        want[f"{kind}_fov_lon"] = lon.wrap_at("180d").deg
        want[f"{kind}_fov_lat"] = lat.deg
    for name, values in want.items():
        np.testing.assert_allclose(got[name], values, rtol=1e-9, atol=1e-9)


def test_longitude_grows_against_the_azimuth():
    events = make_events(1, 0) | {
        "reco_az": np.array([1.0]),
        "reco_alt": np.full(1, 70),
    }
    got = event_columns(events, ["reco_fov_lon"])
    assert got["reco_fov_lon"] == pytest.approx(-2 * np.cos(np.radians(70)), rel=1e-3)


def test_real_data_have_reconstructed_columns_only():
    events = make_events(3, 0)
    for name in ("true_alt", "true_az", "true_energy"):
        del events[name]
    assert set(event_columns(events, RECO_COLUMNS)) == set(RECO_COLUMNS)
    with pytest.raises(UserError, match="want the column 'true_az'"):
        event_columns(events, ["theta"])


def test_nan_stays_nan_without_a_warning():
    events = make_events(2, 0)
    events["reco_alt"][0] = events["reco_energy"][0] = np.nan
    events["true_energy"][1] = 0
    got = event_columns(events, ["theta", "migration", "reco_fov_lat"])
    assert np.isnan(
        [got["theta"][0], got["migration"][0], got["reco_fov_lat"][0]]
    ).all()
    assert np.isinf(got["migration"][1])
