import math

import numpy as np
import pytest
from toy_showers import ATMOSPHERE

from cta_columnar.kernels.simulation.cascade import cascade
from cta_columnar.kernels.simulation.decays import photons_of, turn
from cta_columnar.kernels.simulation.draws import new_stream

AIR = ATMOSPHERE.air
SOURCE = np.array([math.sin(0.3), 0.0, math.cos(0.3)])


def cascades(n, energy=200.0, nucleons=1, thinning=1e-3):
    return [
        cascade(new_stream(3, 1, 0, 0, i), nucleons, energy, SOURCE, AIR, thinning)
        for i in range(n)
    ]


def electromagnetic_share(products, energy):
    return (
        np.array([(p.showers[:, 0] * p.showers[:, 1]).sum() for p in products]) / energy
    )


def test_energy_is_not_made():
    shares = electromagnetic_share(cascades(30), 200.0)
    assert shares.max() < 1
    # T. A. Gabriel et al., NIM A 338 (1994) 336: pion cascades lose energy to photons
    # step by step; a part of the pions decays in air, and slow hadrons are dropped.
    assert 0.2 < shares.mean() < 0.6


def test_more_energy_more_light():
    low = electromagnetic_share(cascades(30, 50.0), 50.0).mean()
    high = electromagnetic_share(cascades(12, 3e3), 3e3).mean()
    assert high > low


def test_thinning_keeps_the_energy_on_average():
    full = electromagnetic_share(cascades(40, 1e3, thinning=0.0), 1e3)
    thinned = electromagnetic_share(cascades(40, 1e3, thinning=2e-2), 1e3)
    error = math.hypot(full.std(), thinned.std()) / math.sqrt(40)
    assert abs(full.mean() - thinned.mean()) < 5 * error
    # Decays of kaons thin what is below 1 GeV all the same.
    whole = np.concatenate([p.showers for p in cascades(5, 1e3, thinning=0.0)])
    assert np.all(whole[whole[:, 0] > 1.0, 1] == 1)


def test_first_interactions_are_high_and_nuclei_higher():
    proton = np.array([p.first for p in cascades(40)])
    iron = np.array([p.first for p in cascades(10, 5600.0, nucleons=56)])
    assert np.median(proton) > 9e3
    assert np.median(iron) > np.median(proton)


def test_products_are_within_the_air():
    for products in cascades(10):
        showers, tracks = products.showers, products.tracks
        assert np.all(showers[:, 4] >= 0)
        assert np.all(showers[:, 4] <= products.first + 1)
        for rows, first in ((showers, 5), (tracks, 3)):
            norm = np.linalg.norm(rows[:, first : first + 3], axis=1)
            np.testing.assert_allclose(norm, 1)
        end = tracks[:, 2] - tracks[:, 6] * tracks[:, 5]
        assert np.all(end > -60)
        assert np.all(showers[:, 8] >= -1e-9)


def test_muons_are_whole():
    tracks = np.concatenate([p.tracks for p in cascades(6, 3e3, thinning=1e-2)])
    muons = tracks[tracks[:, 8] == 0.10566]
    assert len(muons) > 0
    assert np.all(muons[:, 9] == 1)


def test_the_photons_of_a_pion_have_its_energy_and_mass():
    particle = np.array([0, 50.0, 2, 10, 20, 9000, 0, 0, 1, 0])
    for i in range(20):
        showers = np.zeros((2, 10))
        if photons_of(new_stream(1, 1, 0, 0, i), particle, showers, 0) < 2:
            continue
        energy, direction = showers[:, 0], showers[:, 5:8]
        assert energy.sum() == pytest.approx(50)
        assert np.all(showers[:, 1] == 2)
        cosine = direction[0] @ direction[1]
        mass = math.sqrt(max(2 * energy[0] * energy[1] * (1 - cosine), 0))
        assert mass == pytest.approx(0.135, rel=0.03)


@pytest.mark.parametrize(
    "direction", [(0.0, 0.0, 1.0), (0.6, 0.0, 0.8), (0.0, 0.6, 0.8)]
)
def test_a_turn_is_by_its_angle(direction):
    u = np.array(direction)
    turn(u, 0.03, -0.04)
    assert np.linalg.norm(u) == pytest.approx(1)
    assert np.dot(u, direction) == pytest.approx(math.cos(math.atan(0.05)))


def test_no_air_no_shower():
    above = AIR._replace(observer=119.9e3)
    for i in range(3):
        made = cascade(new_stream(3, 1, 0, 0, i), 1, 20.0, SOURCE, above, 0.0)
        assert made.showers.shape == (0, 10)
        assert made.tracks.shape == (0, 11)
        assert made.first == 0
