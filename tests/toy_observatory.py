"""A made-up observatory: a formula for its response, random numbers for showers.

Half of the showers makes the responses, the others are observed. What is thrown and not
selected is only counted.
"""

import numpy as np
from astropy.time import Time

from cta_columnar.stages.dl3.event_list import (
    event_hdu,
    events_of,
    gti_hdu,
    pointing_hdu,
)
from cta_columnar.stages.dl3.field_of_view import from_polar, to_lon_lat
from cta_columnar.stages.dl3.intervals import good_intervals
from cta_columnar.stages.dl3.labels import Labels
from cta_columnar.stages.dl3.observation import Observation, Target
from cta_columnar.stages.dl3.pointing import Tracking
from cta_columnar.stages.dl3.responses import response_hdus
from cta_columnar.stages.dl3.samples import Sample
from cta_columnar.stages.dl3.shares import makes_responses
from cta_columnar.stages.dl3.simulated_events import observe
from cta_columnar.stages.dl3.site import Site
from cta_columnar.stages.dl3.times import from_astropy
from cta_columnar.stages.irf.accumulator import Accumulator
from cta_columnar.stages.irf.axes import linear_axis, log_axis
from cta_columnar.stages.irf.components import (
    ResponseAxes,
    background_components,
    background_histograms,
    signal_components,
    signal_histograms,
)
from cta_columnar.stages.irf.event_columns import event_columns
from cta_columnar.stages.irf.event_weights import event_weights
from cta_columnar.stages.irf.simulated_runs import SimulatedRuns, cone_solid_angle
from cta_columnar.stages.irf.simulated_spectra import power_integral
from cta_columnar.stages.irf.spectra import power_law

SITE = Site(-17.892, 28.7615, 2158.0)
CRAB = Target("Crab", 83.6324, 22.0174)
ALT, AZ = 70.0, 180.0
LOW, HIGH, RADIUS = 0.1, 50.0, 300.0
INDEX = -2.0
# Close to the Crab, and to cosmic-ray protons of which few are selected.
SOURCE = power_law(3e-7, -2.5)
PROTONS = power_law(0.1, -2.7, is_diffuse=True)
FRACTION = 0.5
RESPONSES = ("effective_area", "energy_dispersion", "psf")


def make_runs(n_thrown, cone):
    one = np.ones(1)
    return SimulatedRuns(
        obs_id=np.array([1]),
        n_showers=n_thrown * one,
        index=INDEX * one,
        energy_min=LOW * one,
        energy_max=HIGH * one,
        area=np.pi * RADIUS**2 * one,
        cone_min=0 * one,
        cone_max=cone * one,
        source_offset=0 * one,
    )


def make_simulation(n_thrown, efficiency, cone, sigma, seed):
    """Selected events of a power law over a cone, smeared by ``sigma`` (deg)."""
    rng = np.random.default_rng(seed)
    n = rng.poisson(n_thrown * efficiency)
    power = INDEX + 1
    u = rng.random(n)
    energy = (LOW**power + u * (HIGH**power - LOW**power)) ** (1 / power)
    offset = np.degrees(np.arccos(1 - rng.random(n) * (1 - np.cos(np.radians(cone)))))
    alt0, az0 = np.full(n, ALT), np.full(n, AZ)
    true_alt, true_az = from_polar(offset, rng.uniform(0, 360, n), alt0, az0)
    away = rng.rayleigh(sigma, n) if sigma else np.zeros(n)
    reco_alt, reco_az = from_polar(away, rng.uniform(0, 360, n), true_alt, true_az)
    return {
        "obs_id": np.ones(n, np.int64),
        "event_id": 100 * rng.permutation(n).astype(np.int64),
        "true_energy": energy,
        "true_alt": true_alt,
        "true_az": true_az,
        "reco_energy": energy * rng.lognormal(0, 0.1, n),
        "reco_alt": reco_alt,
        "reco_az": reco_az,
        "array_pointing_alt": alt0,
        "array_pointing_az": az0,
        "gh_score": rng.uniform(0.8, 1, n),
        "multiplicity": rng.integers(3, 9, n),
        "event_class": rng.integers(0, 3, n).astype(np.int8),
    }


N_GAMMA, EFF_GAMMA, CONE_GAMMA = 800_000, 0.5, 2.5
N_PROTON, EFF_PROTON, CONE_PROTON = 400_000_000, 1e-4, 4.0
# The largest of how many protons there are over their mean.
UNEVEN = 1.8 * 1.6
AXES = ResponseAxes(
    true_energy=log_axis("true_energy", "TeV", 0.05, 100, 33),
    reco_energy=log_axis("reco_energy", "TeV", 0.05, 100, 20),
    true_offset=linear_axis("true_source_fov_offset", "deg", 0, 2.5, 5),
    reco_offset=linear_axis("reco_source_fov_offset", "deg", 0, 4, 8),
    lon=linear_axis("reco_fov_lon", "deg", -4, 4, 8),
    lat=linear_axis("reco_fov_lat", "deg", -4, 4, 8),
    migration=log_axis("migration", "", 0.3, 3, 40),
    theta=linear_axis("theta", "deg", 0, 0.5, 25),
)


def _uneven(events, rng):
    """Leave out protons, so that they are more on one side of the field of view."""
    lon, lat = to_lon_lat(events["reco_alt"], events["reco_az"], ALT, AZ)
    share = (1 + 0.8 * lon / CONE_PROTON) * (1 - 0.6 * lat / CONE_PROTON) / UNEVEN
    kept = rng.random(lon.size) < share
    return {name: values[kept] for name, values in events.items()}


def make_samples(source=CRAB, seed=0):
    gammas = make_simulation(N_GAMMA, EFF_GAMMA, CONE_GAMMA, 0.05, 2 * seed)
    protons = make_simulation(
        N_PROTON, EFF_PROTON * UNEVEN, CONE_PROTON, 0.0, 2 * seed + 1
    )
    protons = _uneven(protons, np.random.default_rng([seed, 2]))
    gamma_runs = make_runs(N_GAMMA, CONE_GAMMA)
    proton_runs = make_runs(N_PROTON, CONE_PROTON)
    return [
        Sample("gamma", gammas, gamma_runs, SOURCE, source),
        Sample("proton", protons, proton_runs, PROTONS),
    ]


def make_components(samples, seed=0):
    """Responses from the share of the showers that is theirs."""
    gamma, proton = samples
    energy, offset = AXES.true_energy.array, AXES.true_offset.array
    share = np.diff(power_integral(INDEX, LOW, np.clip(energy, LOW, HIGH)))
    rings = np.diff(cone_solid_angle(np.minimum(offset, CONE_GAMMA)))
    n_thrown = (
        (FRACTION * gamma.runs.n_showers[0])
        * np.multiply.outer(share, rings)
        / (power_integral(INDEX, LOW, HIGH) * cone_solid_angle(CONE_GAMMA))
    )
    signal = _filled(gamma, signal_histograms(AXES), seed)
    background = _filled(proton, background_histograms(AXES), seed, obs_time=3600.0)
    return {
        **signal_components(signal, n_thrown, np.pi * RADIUS**2, point_like=False),
        **background_components(background, 3600.0),
    }


def _filled(sample, specs, seed, obs_time=None):
    used = makes_responses(
        seed, FRACTION, sample.events["obs_id"], sample.events["event_id"]
    )
    events = {name: values[used] for name, values in sample.events.items()}
    names = {axis.name for spec in specs for axis in spec.axes}
    columns = {**events, **event_columns(events, names)}
    columns["selected"] = columns["selected_gh"] = np.ones(used.sum(), bool)
    if obs_time:
        weights = event_weights(
            events["true_energy"], sample.spectrum, sample.runs, obs_time
        )
        columns["weight"] = weights / FRACTION
    accumulator = Accumulator(list(specs))
    accumulator.fill(columns)
    return accumulator


def make_observation(
    obs_id=1, start="2024-12-05T23:40:00", minutes=20.0, north=0.7, **more
):
    """An observation beside the source, near its culmination; a minute is missing."""
    first = int(from_astropy(Time(start, scale="tai")))
    second = 10**9
    last = first + int(minutes * 60) * second
    gap = [[first + 300 * second, first + 360 * second]]
    settings = {
        "obs_id": obs_id,
        "intervals": good_intervals(np.array([[first, last]]), np.array(gap)),
        "pointing": Tracking(CRAB.ra, CRAB.dec + north),
        "site": SITE,
        "dead_fraction": 0.05,
        "tel_ids": (1, 2, 3, 4),
        "target": CRAB,
        "labels": Labels(instrument="North"),
    }
    return Observation(**{**settings, **more})


def make_tables(samples, components, observations, options, background="background_2d"):
    """All tables of each observation, one observation after the other."""
    observed = observe(samples, observations, options)
    kept = [components[name] for name in (*RESPONSES, background)]
    for events, observation in zip(observed.events, observations, strict=True):
        mask = events_of(events, observation)
        selected = {name: values[mask] for name, values in events.items()}
        yield [
            event_hdu(selected, observation),
            gti_hdu(observation),
            pointing_hdu(observation),
            *response_hdus(kept, observation),
        ]
