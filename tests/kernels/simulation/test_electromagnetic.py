import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.simulation import electromagnetic as reference

from cta_columnar.kernels.simulation import electromagnetic
from cta_columnar.kernels.simulation.draws import new_stream
from cta_columnar.kernels.simulation.electromagnetic import Growth


@settings(deadline=None, max_examples=50)
@given(
    st.floats(0, 300), st.floats(20, 600), st.floats(0.8, 15), st.floats(0.1, 3),
    st.floats(0, 1500),
)  # fmt: skip
def test_size_and_age(first, behind, y, number, depth):
    growth = Growth(first, first + behind, y, number)
    want = reference.particles(*growth, depth)
    got = electromagnetic.particles(growth, depth)
    assert got == pytest.approx(want, rel=1e-9, abs=1e-300)


@pytest.mark.parametrize("energy", [30.0, 1e3, 1e5])
def test_the_maximum_lies_where_it_was_drawn(energy):
    y = math.log(energy / electromagnetic.CRITICAL_ENERGY)
    growth = Growth(50.0, 50.0 + 36.62 * (1.02 * y - 1.5), y, 1.0)
    depths = np.arange(1.0, 1200.0)
    sizes = [electromagnetic.particles(growth, d)[0] for d in depths]
    assert depths[np.argmax(sizes)] == pytest.approx(growth.maximum, abs=3)
    age = electromagnetic.particles(growth, growth.maximum)[1]
    assert age == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("energy", [10.0, 100.0, 1e4])
def test_the_track_length_is_that_of_the_energy(energy):
    """Rossi's approximation B: E / Ec radiation lengths, here within 10 %."""
    y = math.log(energy / electromagnetic.CRITICAL_ENERGY)
    growth = Growth(0.0, 36.62 * (1.02 * y - 1.5), y, 1.0)
    depths = np.arange(0.5, 3000.0)
    track = sum(electromagnetic.particles(growth, d)[0] for d in depths)
    assert track == pytest.approx(36.62 * math.exp(y), rel=0.11)


@pytest.mark.parametrize(("is_electron", "length"), [(False, 47.08), (True, 18.31)])
def test_first_interactions_and_maxima(is_electron, length):
    state = new_stream(1, 1, 0, 0, 1)
    drawn = [
        electromagnetic.draw_growth(state, 1e3, is_electron, 1.0) for _ in range(2000)
    ]
    first = np.array([g.first for g in drawn])
    behind = np.array([g.maximum for g in drawn]) - first
    assert first.mean() == pytest.approx(length, rel=0.1)
    y = math.log(1e3 / 0.0839)
    assert behind.mean() == pytest.approx(36.62 * (1.02 * y - 1.5 - is_electron), abs=4)
    assert behind.std() == pytest.approx(36.62, rel=0.1)


def test_few_particles_fluctuate():
    state = new_stream(1, 1, 0, 0, 2)
    number = np.array(
        [
            electromagnetic.draw_growth(state, 5.0, False, 1.0).number
            for _ in range(2000)
        ]
    )
    # More than 1: Greisen's formula has too little track length at 5 GeV.
    assert number.mean() == pytest.approx(1.15, abs=0.05)
    assert number.std() / number.mean() == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("energy", [0.1, 0.3, 1.0, 5.0, 30.0, 1e3])
def test_the_drawn_track_length_is_that_of_the_energy(energy):
    state, depths = new_stream(1, 1, 0, 0, 3), np.arange(2.0, 1500.0, 4.0)
    growths = [electromagnetic.draw_growth(state, energy, True, 1.0) for _ in range(60)]
    track = np.mean(
        [
            4.0 * sum(electromagnetic.particles(growth, d)[0] for d in depths)
            for growth in growths
        ]
    )
    assert track == pytest.approx(36.62 * energy / 0.0839, rel=0.25)


def test_a_detour_takes_time():
    up = np.array([0.0, 0.0, 1.0])
    tilted = np.array([0.01, 0.0, math.sqrt(1 - 1e-4)])
    assert electromagnetic.detour(up, up) == pytest.approx(0, abs=1e-15)
    assert electromagnetic.detour(tilted, up) * 1e4 == pytest.approx(1.67, rel=0.01)
