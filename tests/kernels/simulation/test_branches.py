import numpy as np
import pytest
from reference.simulation import branches as reference
from toy_showers import ATMOSPHERE

from cta_columnar.kernels.simulation import branches
from cta_columnar.kernels.simulation.atmosphere import at_height
from cta_columnar.kernels.simulation.branches import branches_of
from cta_columnar.kernels.simulation.draws import new_stream

AIR = ATMOSPHERE.air
UP = np.array([0.0, 0.0, 1.0])
NO_FIELD = np.zeros(3)


def made(number, energy=300.0, is_electron=False, field=NO_FIELD, share=0.06, thin=0.0):
    state = new_stream(7, 1, 0, 0, number)
    return branches_of(state, energy, is_electron, UP, AIR, share, thin, field)


def test_energy_is_kept_but_for_ionisation_and_the_softest_photons():
    sums = [(showers[:, 0] * showers[:, 1]).sum() for showers, _ in map(made, range(8))]
    assert max(sums) <= 300.0
    assert np.mean(sums) == pytest.approx(300.0, rel=0.08)


def test_thinning_keeps_the_energy_on_average():
    parts = [made(i, thin=0.02)[0] for i in range(40)]
    sums = [(rows[:, 0] * rows[:, 1]).sum() for rows in parts]
    assert np.mean(sums) == pytest.approx(290.0, rel=0.08)


@pytest.mark.parametrize(("is_electron", "length"), [(False, 47.08), (True, 6.9)])
def test_first_interactions(is_electron, length):
    heights = [made(i, is_electron=is_electron, share=0.5)[1] for i in range(300)]
    depths = [at_height(AIR.thickness, AIR.step, AIR.observer + h) for h in heights]
    assert np.mean(depths) == pytest.approx(length, rel=0.25)


def test_no_part_has_more_than_its_share():
    showers, first = made(3)
    assert showers[:, 0].max() <= 0.06 * 300.0
    assert showers[:, 4].max() <= first
    np.testing.assert_allclose(np.linalg.norm(showers[:, 5:8], axis=1), 1.0)
    assert np.all(showers[:, 8] >= -1e-9)


def test_photons_of_pairs_and_radiation_have_the_spectra_of_the_reference():
    state = new_stream(1, 2, 3, 4, 5)
    stack = np.zeros((4, 10))
    photon = np.array([0.0, 1.0, 1.0, 0, 0, 0, 0, 0, 1.0, 0])
    electron = photon.copy()
    electron[0] = 1.0
    pairs, photons = np.empty(1500), np.empty(1500)
    for i in range(1500):
        assert branches._pair(state, photon, stack, 1) == 3
        assert stack[1, 0] == -stack[2, 0] != 0
        assert stack[1, 1] + stack[2, 1] == pytest.approx(1.0)
        pairs[i] = stack[1, 1]
        assert branches._radiate(state, electron, stack, 1) == 3
        assert (stack[1, 0], stack[2, 0]) == (1.0, 0.0)
        photons[i] = stack[2, 1]
    for drawn, density in ((pairs, reference.pair), (photons, reference.radiation)):
        edges = np.quantile(drawn, [0.1, 0.3, 0.5, 0.7, 0.9])
        share = [reference.share_below(density, edge) for edge in edges]
        np.testing.assert_allclose(share, [0.1, 0.3, 0.5, 0.7, 0.9], atol=0.05)
    assert pytest.approx(reference.rate(), rel=1e-3) == branches._RATE


def test_the_field_bends_charges_across_it():
    """Electrons and positrons part along the direction across field and path."""
    north = np.array([40.0, 0.0, 0.0])
    parts = [made(i, 100.0, field=north)[0] for i in range(40)]
    x, y = np.concatenate([rows[:, 5:7] for rows in parts]).T
    assert np.std(y) > 1.15 * np.std(x)
    assert abs(np.mean(y)) < 0.3 * np.std(y)


def test_primaries_are_straight_until_they_interact():
    """Else an electron of 70 GeV came down 600 m beside its core."""
    north = np.array([40.0, 0.0, 0.0])
    # A share of almost all: the two particles of the first interaction.
    for number in range(10):
        showers, first = made(number, 70.0, True, field=north, share=0.999)
        assert showers[:, 2:4] == pytest.approx(0.0, abs=30.0)
        assert showers[:, 4] == pytest.approx(first)
        assert showers[:, 5:7] == pytest.approx(0.0, abs=1e-3)


def test_a_step_bends_like_the_reference():
    particle = np.array([1.0, 5.0, 1.0, 0, 0, 5000.0, 0, 0, 1.0, 0])
    field = np.array([30.0, 10.0, -20.0])
    state = new_stream(1, 1, 1, 1, 1)
    # Hardly any matter, so hardly any scattering.
    branches._bent(state, particle, 200.0, 1e-9, UP, field)
    place, direction = reference.bent(5.0, 200.0, field)
    np.testing.assert_allclose(particle[3:6] - [0, 0, 5000.0], place, atol=2e-3)
    np.testing.assert_allclose(particle[6:9], direction, atol=1e-5)


def test_primaries_that_meet_no_air_make_nothing():
    level = np.array([0.0, 0.0, 1.0])
    showers, first = branches_of(
        new_stream(1, 1, 0, 0, 1), 0.01, False, level, AIR, 2.0, 0.0, NO_FIELD
    )
    assert showers.shape[1] == 10
    assert first >= 0.0
