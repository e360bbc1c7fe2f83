import math
from dataclasses import replace

import numpy as np
import pytest
from toy_showers import settings_of

from cta_columnar.errors import UserError
from cta_columnar.kernels.simulation.draws import new_stream, uniform
from cta_columnar.simulation.showers import (
    PRIMARY_ID,
    core_near,
    core_position,
    make_shower,
    unit_vector,
)

PARTICLES = list(PRIMARY_ID)


@pytest.mark.parametrize("particle", PARTICLES)
def test_truth_of_each_particle(particle):
    shower = make_shower(settings_of(particle, (0.5, 0.5)), 3)
    assert shower.primary_id == PRIMARY_ID[particle]
    assert shower.shower_id == 3
    assert shower.energy == 0.5
    assert (shower.alt, shower.az) == (np.radians(70.0), 0.0)
    np.testing.assert_allclose(shower.source, unit_vector(shower.alt, shower.az))
    assert shower.profile.shape == (3, 42)
    assert shower.profile.dtype == np.float32
    assert np.all(shower.profile[0] >= shower.profile[1])
    if particle == "muon":
        assert shower.h_first_int == pytest.approx(3156)
        assert (shower.x_max, shower.h_max) == (0, 0)
        assert shower.segments.shape == (0, 10)
        assert shower.tracks.shape == (1, 11)
    else:
        assert shower.x_first < shower.x_max < 809
        assert 2156 < shower.h_max < shower.h_first_int
        assert len(shower.segments) > 5


@pytest.mark.parametrize("particle", PARTICLES)
def test_a_shower_does_not_depend_on_those_before_it(particle):
    config = settings_of(particle, (0.1, 10.0), viewcone=(0.0, 5.0))
    forwards = [make_shower(config, i) for i in (1, 2, 3)]
    again = make_shower(replace(config), 2)
    assert again.energy == forwards[1].energy
    np.testing.assert_array_equal(again.segments, forwards[1].segments)
    np.testing.assert_array_equal(again.tracks, forwards[1].tracks)
    assert len({shower.energy for shower in forwards}) == 3


def test_seed_and_run_count():
    energies = {
        make_shower(settings_of(energy=(0.1, 10.0), **change), 1).energy
        for change in ({}, {"seed": 2}, {"run": 2})
    }
    assert len(energies) == 3


@pytest.mark.parametrize(("index", "median"), [(-2.0, 0.198), (-1.0, 1.0), (0.0, 5.05)])
def test_spectra(index, median):
    config = settings_of("muon", (0.1, 10.0), index=index)
    energies = [make_shower(config, i).energy for i in range(1, 600)]
    assert min(energies) >= 0.1
    assert max(energies) <= 10.0
    assert np.mean(np.array(energies) < median) == pytest.approx(0.5, abs=0.08)


@pytest.mark.parametrize("viewcone", [(0.0, 10.0), (3.0, 5.0)])
def test_directions_fill_the_cone_evenly(viewcone):
    config = settings_of("muon", viewcone=viewcone)
    axis = unit_vector(config.alt, config.az)
    showers = [make_shower(config, i) for i in range(1, 600)]
    angle = np.degrees([math.acos(s.source @ axis) for s in showers])
    assert angle.min() >= viewcone[0]
    assert angle.max() <= viewcone[1]
    middle = math.hypot(*viewcone) / math.sqrt(2)
    assert np.mean(angle < middle) == pytest.approx(0.5, abs=0.08)
    higher = np.mean([s.alt > config.alt for s in showers])
    assert higher == pytest.approx(0.5, abs=0.08)
    assert all(0 <= s.az < 2 * math.pi for s in showers)


def test_cores_fill_a_disc_across_the_axis():
    config = settings_of("muon")
    shower = make_shower(config, 1)
    cores = np.array([core_position(config, shower, use) for use in range(500)])
    points = np.column_stack([cores, np.zeros(500)])
    across = np.linalg.norm(np.cross(points, shower.source), axis=1)
    assert across.max() <= 300
    assert np.mean(across < 300 / math.sqrt(2)) == pytest.approx(0.5, abs=0.09)
    # Longer by 1 / cos(zenith) along the azimuth, which is north here.
    assert 300 < np.abs(cores[:, 0]).max() <= 300 / math.sin(config.alt)
    assert np.abs(cores[:, 1]).max() <= 300


def test_muons_hit_near_a_telescope():
    config = settings_of("muon")
    shower = make_shower(config, 1)
    positions = np.array([[0, 0, 40], [200.0, 100, 0]])
    radii = np.array([11.5, 6.0])
    for use in range(40):
        core = np.append(core_near(config, shower, use, positions, radii), 0)
        miss = np.linalg.norm(np.cross(positions - core, shower.source), axis=1)
        assert np.any(miss <= 1.2 * radii + 1e-9)


def test_cores_and_cascade_have_numbers_of_their_own():
    first = {use: uniform(new_stream(1, 1, 0, use, 1)) for use in range(4)}
    assert len(set(first.values())) == 4


def test_elongation():
    """Depth of the maximum rises by a radiation length per e-fold."""
    energies = [0.1, 1.0, 10.0, 100.0]
    medians = []
    for energy in energies:
        config = settings_of(energy=(energy, energy), alt=np.radians(90.0))
        medians.append(np.median([make_shower(config, i).x_max for i in range(1, 301)]))
    slope = np.polyfit(np.log(energies), medians, 1)[0]
    assert slope == pytest.approx(36.6, rel=0.15)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"particle": "gama"}, "gamma"),
        ({"energy": (0.0, 1.0)}, "energies"),
        ({"energy": (2.0, 1.0)}, "energies"),
        ({"viewcone": (5.0, 2.0)}, "view cone"),
        ({"alt": np.radians(20.0)}, "altitude"),
        ({"n_use": 101}, "uses"),
        ({"scatter_radius": -1.0}, "cores"),
    ],
)
def test_impossible_settings(change, words):
    with pytest.raises(UserError, match=words):
        settings_of(**change)
