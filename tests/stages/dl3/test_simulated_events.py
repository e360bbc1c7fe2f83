from dataclasses import replace

import numpy as np
import pytest
import toy_observatory as toy

from cta_columnar.errors import UserError
from cta_columnar.gadf import file_problems
from cta_columnar.instrument.frames import angular_separation
from cta_columnar.stages.dl3.event_list import event_hdu, events_of, gti_hdu
from cta_columnar.stages.dl3.field_of_view import from_polar, to_lon_lat, to_polar
from cta_columnar.stages.dl3.intervals import inside
from cta_columnar.stages.dl3.pointing import Drift, Tracking
from cta_columnar.stages.dl3.samples import DrawOptions, weights_in
from cta_columnar.stages.dl3.shares import makes_responses
from cta_columnar.stages.dl3.simulated_events import observe
from cta_columnar.stages.dl3.simulated_sky import place_diffuse, place_source

# The toy simulates at one zenith angle, the Crab culminates higher.
OPTIONS = DrawOptions(zenith_tolerance=25.0)
OBSERVATIONS = [
    toy.make_observation(1),
    toy.make_observation(2, start="2024-12-06T00:00:00", north=-0.7),
]


@pytest.fixture(scope="module")
def observed(samples):
    return observe(samples, OBSERVATIONS, OPTIONS)


def keys_of(events):
    names = ("simulated_sample", "simulated_obs_id", "simulated_event_id")
    return set(zip(*(events[name].tolist() for name in names), strict=True))


def test_no_event_twice_and_none_that_made_the_responses(samples, observed):
    first, second = map(keys_of, observed.events)
    assert len(first) == len(observed.events[0]["event_id"])
    assert not first & second
    for events in observed.events:
        used = makes_responses(
            OPTIONS.response_seed,
            OPTIONS.response_fraction,
            events["simulated_obs_id"],
            events["simulated_event_id"],
        )
        assert not used.any()


def test_as_many_events_as_the_spectra_say(observed):
    # Integrals of the spectra by hand: flux * area * efficiency * live time.
    exposure = np.pi * toy.RADIUS**2 * 0.95 * 19 * 60
    source = 3e-7 / 1.5 * (toy.LOW**-1.5 - toy.HIGH**-1.5) * exposure * toy.EFF_GAMMA
    cone = 2 * np.pi * (1 - np.cos(np.radians(toy.CONE_PROTON)))
    protons = (
        0.1 / 1.7 * (toy.LOW**-1.7 - toy.HIGH**-1.7) * cone * exposure * toy.EFF_PROTON
    )
    for k, events in enumerate(observed.events):
        kinds = np.bincount(events["simulated_sample"])
        for name, wanted, got in zip(
            ("gamma", "proton"), (source, protons), kinds, strict=True
        ):
            assert observed.drawn[name].expected[k] == pytest.approx(wanted, rel=0.05)
            assert abs(got - wanted) < 4 * np.sqrt(wanted) + 0.05 * wanted


def test_times_fill_the_good_time(observed):
    for events, observation in zip(observed.events, OBSERVATIONS, strict=True):
        assert (np.diff(events["time"]) >= 0).all()
        assert inside(events["time"], observation.intervals).all()
        middle = np.mean(events["time"] < observation.middle_ns)
        assert middle == pytest.approx(9 / 19, abs=0.05)
        np.testing.assert_array_equal(
            events["event_id"], np.arange(events["time"].size) + 1
        )


def test_gammas_come_from_the_source_and_protons_from_everywhere(observed):
    events, observation = observed.events[0], OBSERVATIONS[0]
    mask = events_of(events, observation)
    hdu = event_hdu(
        {name: values[mask] for name, values in events.items()}, observation
    )
    assert file_problems([hdu, gti_hdu(observation)]) == []
    away = angular_separation(hdu["RA"], hdu["DEC"], toy.CRAB.ra, toy.CRAB.dec)
    gamma = hdu["SIM_SAMP"] == 0
    # A Rayleigh distribution: its median is sigma * sqrt(ln 4).
    assert np.median(away[gamma]) == pytest.approx(0.05 * np.sqrt(np.log(4)), rel=0.1)
    assert away[gamma].max() < 0.3
    lon = hdu["RA"][gamma] - toy.CRAB.ra
    lat = hdu["DEC"][gamma] - toy.CRAB.dec
    assert abs(lon.mean()) < 0.01
    assert abs(lat.mean()) < 0.01
    theta = hdu["THETA"][~gamma]
    wanted = (1 - np.cos(np.radians(2.0))) / (1 - np.cos(np.radians(toy.CONE_PROTON)))
    assert np.mean(theta < 2.0) == pytest.approx(wanted, abs=0.05)


def test_the_order_of_events_does_not_matter(samples, observed):
    backwards = [
        replace(each, events={name: v[::-1] for name, v in each.events.items()})
        for each in samples
    ]
    again = observe(backwards, OBSERVATIONS, OPTIONS)
    for a, b in zip(observed.events, again.events, strict=True):
        assert a.keys() == b.keys()
        for name in a:
            np.testing.assert_array_equal(a[name], b[name])
    other = observe(samples, OBSERVATIONS, replace(OPTIONS, seed=1))
    both = keys_of(other.events[0]) & keys_of(observed.events[0])
    assert 0 < len(both) < 0.5 * len(keys_of(observed.events[0]))


def test_a_diffuse_event_keeps_its_place(samples):
    events = {name: values[:200] for name, values in samples[1].events.items()}
    alt0, az0 = np.full(200, 82.0), np.linspace(10, 350, 200)
    alt, az = place_diffuse(events, alt0, az0)
    np.testing.assert_allclose(
        to_lon_lat(alt, az, alt0, az0),
        to_lon_lat(events["reco_alt"], events["reco_az"], toy.ALT, toy.AZ),
        atol=1e-9,
    )


def test_an_event_of_a_source_keeps_how_it_was_misreconstructed():
    pointing = np.full(4, 70.0), np.full(4, 180.0)
    true = from_polar(np.full(4, 1.0), np.array([0.0, 90.0, 200.0, 311.0]), *pointing)
    # All too near to the centre of the field of view, by a tenth.
    reco = from_polar(np.full(4, 0.9), np.array([0.0, 90.0, 200.0, 311.0]), *pointing)
    events = {
        **dict(zip(("array_pointing_alt", "array_pointing_az"), pointing, strict=True)),
        **dict(zip(("true_alt", "true_az"), true, strict=True)),
        **dict(zip(("reco_alt", "reco_az"), reco, strict=True)),
    }
    alt0, az0 = np.full(4, 60.0), np.array([0.0, 100.0, 200.0, 300.0])
    source = from_polar(
        np.full(4, 1.2), np.array([10.0, 45.0, 120.0, 250.0]), alt0, az0
    )
    placed = place_source(events, alt0, az0, *source)
    theta, phi = to_polar(*placed, alt0, az0)
    np.testing.assert_allclose(theta, 1.1, atol=1e-9)
    np.testing.assert_allclose(phi, [10.0, 45.0, 120.0, 250.0], atol=1e-6)


def test_what_does_not_go_together(samples):
    gamma, proton = samples
    here = OBSERVATIONS[0]

    def problem(sample, observation, **options):
        with pytest.raises(UserError) as caught:
            weights_in(sample, observation, replace(OPTIONS, **options))
        return str(caught.value)

    assert "allowed between: observe at another time" in problem(
        gamma, here, zenith_tolerance=1.0
    )
    assert "wants a source" in problem(replace(gamma, source=None), here)
    drift = replace(here, pointing=Drift(70.0, 180.0))
    assert "drifts: a source does not stay" in problem(gamma, drift)
    far = toy.make_observation(north=4.0)
    assert "they are 0.0" in problem(gamma, far)
    point = replace(
        gamma,
        runs=replace(gamma.runs, cone_max=np.zeros(1), source_offset=np.array([0.4])),
    )
    assert "0.700 deg off the pointing, and 0.400 to 0.400" in problem(
        point, here, ring_width=0.2
    )
    none = {name: values[:0] for name, values in gamma.events.items()}
    assert "not a single simulated event" in problem(replace(gamma, events=none), here)
    twice = {name: np.tile(values, 2) for name, values in proton.events.items()}
    with pytest.raises(UserError, match="is an input given twice"):
        observe([replace(proton, events=twice)], [here], OPTIONS)
    with pytest.raises(UserError, match="there is no sample of events"):
        observe([], [here], OPTIONS)


def test_a_point_source_simulated_at_its_offset(samples):
    gamma = samples[0]
    runs = replace(gamma.runs, cone_max=np.zeros(1), source_offset=np.array([0.7]))
    weights = weights_in(replace(gamma, runs=runs), OBSERVATIONS[0], OPTIONS)
    energy = gamma.events["true_energy"]
    thrown = toy.N_GAMMA / (np.pi * toy.RADIUS**2) / (1 / toy.LOW - 1 / toy.HIGH)
    wanted = 3e-7 * energy**-2.5 * 0.95 * 19 * 60 / (thrown * energy**-2.0)
    np.testing.assert_allclose(weights, wanted, rtol=1e-9)


def test_a_long_observation_wants_more_events_than_there_are(samples):
    long = replace(
        OBSERVATIONS[0], intervals=OBSERVATIONS[0].intervals * np.array([1, 1])
    )
    many = [replace(long, obs_id=k) for k in range(40)]
    with pytest.raises(UserError, match="would have to be seen more than once"):
        observe(samples[1:], many, OPTIONS)


def test_the_culmination_is_near_enough_for_a_simulation_at_its_zenith():
    alt, _ = OBSERVATIONS[0].pointing.altaz(OBSERVATIONS[0].intervals[:, 0], toy.SITE)
    assert isinstance(OBSERVATIONS[0].pointing, Tracking)
    assert (np.abs(alt - toy.ALT) < 25).all()
