import numpy as np
import pytest
import toy_observatory as toy
from astropy.time import Time

from cta_columnar.errors import UserError
from cta_columnar.gadf import file_problems, hdu_problems
from cta_columnar.instrument.frames import angular_separation
from cta_columnar.stages.dl3.event_list import (
    event_hdu,
    events_of,
    gti_hdu,
    pointing_hdu,
)
from cta_columnar.stages.dl3.pointing import Drift
from cta_columnar.stages.dl3.sky import icrs_to_altaz

OBSERVATION = toy.make_observation()
N = 50


def make_events(seed=0):
    rng = np.random.default_rng(seed)
    time = rng.integers(OBSERVATION.start_ns, OBSERVATION.stop_ns, N)
    alt, az = OBSERVATION.pointing.altaz(time, toy.SITE)
    return {
        "event_id": np.arange(N),
        "time": time,
        "reco_alt": alt + rng.uniform(-1, 1, N),
        "reco_az": az + rng.uniform(-1, 1, N),
        "reco_energy": rng.uniform(0.1, 10, N),
        "gh_score": rng.random(N),
        "direction_error": rng.random(N),
        "reco_energy_uncert": rng.random(N),
        "multiplicity": rng.integers(2, 9, N),
        "event_class": rng.integers(-1, 3, N).astype(np.int8),
    }


def selected(events, observation=OBSERVATION):
    mask = events_of(events, observation)
    return {name: values[mask] for name, values in events.items()}


def test_tables_of_an_observation_keep_the_format():
    events = selected(make_events())
    assert 0 < len(events["time"]) < N
    tables = [
        event_hdu(events, OBSERVATION),
        gti_hdu(OBSERVATION),
        pointing_hdu(OBSERVATION),
    ]
    assert file_problems(tables) == []
    assert len(gti_hdu(OBSERVATION)["START"]) == 2
    head = tables[0].header
    assert head["ONTIME"] == pytest.approx(19 * 60)
    assert head["LIVETIME"] == pytest.approx(0.95 * 19 * 60)
    assert head["TELAPSE"] == pytest.approx(20 * 60)
    assert (head["OBJECT"], head["N_TELS"], head["TELLIST"]) == ("Crab", 4, "1,2,3,4")
    assert head["DATE-OBS"] == Time("2024-12-05T23:40:00", scale="tai").tt.isot
    assert head["ZEN_PNT"] == pytest.approx(90 - head["ALT_PNT"])
    assert head["SKYERR"] < 0.1


def test_columns_are_what_they_say():
    events = selected(make_events())
    order = np.argsort(events["time"])
    hdu = event_hdu(events, OBSERVATION)
    np.testing.assert_array_equal(hdu["EVENT_ID"], events["event_id"][order])
    np.testing.assert_array_equal(hdu["MULTIP"], events["multiplicity"][order])
    np.testing.assert_array_equal(hdu["GAMMANESS"], events["gh_score"][order])
    np.testing.assert_array_equal(hdu["DIR_ERR"], events["direction_error"][order])
    np.testing.assert_array_equal(
        hdu["ENERGY_ERR"], events["reco_energy_uncert"][order]
    )
    assert (hdu.units["DIR_ERR"], hdu.units["ENERGY_ERR"]) == ("deg", "TeV")
    alt, az = icrs_to_altaz(events["time"][order], hdu["RA"], hdu["DEC"], toy.SITE)
    assert angular_separation(az, alt, hdu["AZ"], hdu["ALT"]).max() < 1e-8
    there = OBSERVATION.pointing
    away = angular_separation(hdu["RA"], hdu["DEC"], there.ra, there.dec)
    # Aberration makes angles in the air 1e-4 larger or smaller than on the sky.
    np.testing.assert_allclose(hdu["THETA"], away, rtol=1e-4)
    lon, lat, theta, phi = (
        np.radians(hdu[n]) for n in ("DETX", "DETY", "THETA", "PHI")
    )
    np.testing.assert_allclose(
        np.cos(lat) * np.sin(lon), np.sin(theta) * np.sin(phi), atol=1e-9
    )
    np.testing.assert_allclose(np.sin(lat), np.sin(theta) * np.cos(phi), atol=1e-9)
    bits = hdu["EVENT_TYPE"]
    classes = events["event_class"][order]
    np.testing.assert_array_equal(bits.sum(axis=1), classes >= 0)
    np.testing.assert_array_equal(bits[classes == 2, 2], True)


def test_what_is_not_there_is_not_written():
    events = selected(make_events())
    few = {
        name: events[name]
        for name in ("event_id", "time", "reco_alt", "reco_az", "reco_energy")
    }
    hdu = event_hdu(few, OBSERVATION)
    assert not {"GAMMANESS", "MULTIP", "EVENT_TYPE", "SIM_ID"} & set(hdu.columns)
    assert hdu_problems(hdu) == []


def test_a_drift():
    drift = toy.make_observation(pointing=Drift(70.0, 170.0))
    events = make_events()
    events["reco_alt"], events["reco_az"] = np.full(N, 70.5), np.full(N, 170.0)
    hdu = event_hdu(selected(events, drift), drift)
    assert hdu_problems(hdu) == []
    np.testing.assert_allclose(hdu["THETA"], 0.5)
    np.testing.assert_allclose(hdu["DETY"], 0.5)
    assert np.ptp(hdu["RA"]) > 3
    table = pointing_hdu(drift, step_s=300)
    assert len(table["TIME"]) == 5
    assert np.ptp(table["RA_PNT"]) == pytest.approx(1200 / 86164.1 * 360, rel=3e-3)


def test_events_that_cannot_be_used_are_counted():
    events = make_events()
    events["reco_energy"][:10] = np.nan
    events["reco_alt"][5:15] = np.nan
    mask = events_of(events, OBSERVATION)
    assert not mask[:15].any()
    assert mask[15:].any()
    events["time"][:] = OBSERVATION.stop_ns
    assert not events_of(events, OBSERVATION).any()
    del events["reco_energy"]
    with pytest.raises(UserError, match="no column 'reco_energy'"):
        events_of(events, OBSERVATION)


def test_times_as_tables_have_them():
    events = selected(make_events())
    stamps = {**events, "time": events["time"].astype("datetime64[ns]")}
    assert events_of(stamps, OBSERVATION).all()
    a, b = event_hdu(events, OBSERVATION), event_hdu(stamps, OBSERVATION)
    np.testing.assert_array_equal(a["TIME"], b["TIME"])


def test_an_observation_without_an_event_keeps_the_format():
    events = make_events()
    events["gh_score"] = np.ones(N)
    none = {name: values[:0] for name, values in events.items()}
    tables = [event_hdu(none, OBSERVATION), gti_hdu(OBSERVATION)]
    assert file_problems(tables) == []
    assert tables[0].n_rows == 0
    assert tables[0].header["ONTIME"] == OBSERVATION.ontime


def test_an_altitude_that_no_direction_has():
    alt = np.array([70.0, np.nan, 100.0])
    events = {name: np.ones(3) for name in ("reco_az", "reco_energy")}
    events |= {"reco_alt": alt, "event_id": np.array([1, 2, 7])}
    events["time"] = np.full(3, OBSERVATION.start_ns)
    with pytest.raises(UserError, match=r"of 1 of 3 events .* of event 7 100: alt"):
        events_of(events, OBSERVATION)
