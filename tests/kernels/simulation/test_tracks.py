import math

import numpy as np
import pytest
from toy_showers import ATMOSPHERE, hexagonal_telescope

from cta_columnar.kernels.simulation.draws import new_stream
from cta_columnar.kernels.simulation.optics import camera_of
from cta_columnar.kernels.simulation.tracks import expected_from_track, light_of_track
from cta_columnar.simulation.light import _cameras, camera_axes

AIR = ATMOSPHERE.air
UP = np.array([0.0, 0.0, 1.0])
# Inner radius and efficiency of the ring telescope.
RADIUS, AREA = 6.0, 25.0
RECEIVER = np.array([0, 0, 0, *UP, AREA, RADIUS, 0.06])


def muon(x=0.0, energy=100.0, length=1500.0, weight=1.0):
    return np.array([x, 0, length, *UP, length, energy, 0.10566, weight, 0], float)


def drawn(track, seed=1):
    model = hexagonal_telescope(rings=24, pitch=0.05, psf=0.0)
    axes = camera_axes(math.pi / 2, 0)
    camera = camera_of(_cameras([model], np.array([0]), axes), 0)
    pixels, times, n = light_of_track(
        new_stream(seed, 1, 1, 0, 1), track, UP, RECEIVER, camera, AIR,
        np.empty(8, np.int32), np.empty(8, np.float32), np.int64(0),
    )  # fmt: skip
    return pixels[:n], times[:n]


def light_by_formula(track, impact):
    """Integral of the light of G. Vacanti et al., Astropart. Phys. 2 (1994) 1.

    ``dN/dphi = alpha / 2 I sin(2 theta) D``, where ``D`` is the chord of the mirror.
    """
    height = np.array([AIR.observer + 100.0])
    delta = np.interp(height, np.arange(AIR.refractivity.size) * 50.0, AIR.refractivity)
    theta = math.sqrt(2 * delta[0] - (0.10566 / track[7]) ** 2)
    phi = np.linspace(0, 2 * math.pi, 20001)
    ratio = impact / RADIUS
    inside = np.maximum(1 - (ratio * np.sin(phi)) ** 2, 0)
    if impact <= RADIUS:
        chord = RADIUS * (np.sqrt(inside) + ratio * np.cos(phi))
    else:
        chord = 2 * RADIUS * np.sqrt(inside) * (np.cos(phi) > 0)
    per_radian = 7.64e4 / (2 * math.pi) * math.sin(2 * theta) / 2 * chord
    return np.trapezoid(per_radian, phi) * AREA / (math.pi * RADIUS**2), theta


@pytest.mark.parametrize("impact", [0.0, 3.0, 5.5, 9.0, 15.0])
def test_the_light_of_a_muon_is_that_of_the_formula(impact):
    track = muon(x=impact)
    want, _ = light_by_formula(track, impact)
    counts = [drawn(track, seed)[0].size for seed in range(6)]
    # The formula has no extinction and one refractivity.
    assert np.mean(counts) == pytest.approx(want, rel=0.1)
    got = expected_from_track(track, RECEIVER, AIR)
    assert got == pytest.approx(np.mean(counts), rel=0.12)


@pytest.mark.parametrize("energy", [8.0, 20.0, 300.0])
def test_the_ring_has_the_cherenkov_angle(energy):
    track = muon(energy=energy)
    _, theta = light_by_formula(track, 0.0)
    layout = hexagonal_telescope(rings=24, pitch=0.05, psf=0.0).layout
    pixels, _ = drawn(track)
    radius = np.hypot(layout.x[pixels], layout.y[pixels]) / 16.0
    assert np.mean(radius) == pytest.approx(theta, rel=0.05)


def test_light_of_a_muon_is_one_flash():
    _, times = drawn(muon())
    assert np.std(times) < 1.0
    # As fast as the muon: it arrives with the front, within the optical delay.
    assert 0 <= np.mean(times) < 2.0


@pytest.mark.parametrize(
    "track", [muon(x=400.0), muon(energy=2.0), muon(length=0.5), muon(weight=0.0)]
)
def test_tracks_without_light(track):
    assert expected_from_track(track, RECEIVER, AIR) == 0
    assert drawn(track)[0].size == 0


def test_tracks_from_outside_the_field_of_view_are_dark():
    track = muon()
    track[3:6] = math.sin(0.2), 0.0, math.cos(0.2)
    assert expected_from_track(track, RECEIVER, AIR) == 0
    assert drawn(track)[0].size == 0
