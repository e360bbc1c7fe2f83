import math

import numpy as np
import pytest
from toy_electronics import model

from cta_columnar.simulation.array_trigger import (
    LIGHT_SPEED,
    MAJORITY,
    RANDOM_MONO,
    ArrayTrigger,
    decide,
    plane_wave_delays,
)
from cta_columnar.simulation.arrays import ArrayModel, Site

SITE = Site(28.0, -17.0, 2156.0, 38.0, 0.6, -0.1)
ZENITH = (math.pi / 2, 0.0)


def array(sizes, positions=None):
    """Array with one model for each size."""
    kinds = sorted(set(sizes))
    n = len(sizes)
    return ArrayModel(
        "Toy", SITE, np.arange(1, n + 1, dtype=np.int16), ("",) * n,
        np.zeros((n, 3)) if positions is None else np.array(positions, float),
        np.array([kinds.index(size) for size in sizes], np.int32),
        tuple(model(name=size, size=size) for size in kinds),
    )  # fmt: skip


def decided(subarray, times, lots=1.0, pointing=ZENITH, **settings):
    times = np.array(times, float)
    trigger = ArrayTrigger(**settings)
    return decide(subarray, trigger, times, np.full(times.size, lots), pointing)


def test_telescopes_in_coincidence_make_an_event():
    event = decided(array(["MST"] * 4), [50.0, np.nan, 20.0, 500.0])
    assert event.telescopes.tolist() == [0, 2]
    assert event.times.tolist() == [30, 0]
    assert event.type_masks.tolist() == [MAJORITY, MAJORITY]


@pytest.mark.parametrize("times", [[], [np.nan] * 3, [1.0, np.nan], [0.0, 200.0]])
def test_no_event(times):
    event = decided(array(["MST"] * len(times)), times)
    assert event.telescopes.size == event.times.size == event.type_masks.size == 0


@pytest.mark.parametrize("pointing", [ZENITH, (1.2, 0.4), (0.9, 3.0)])
def test_a_shower_from_the_pointing_is_simultaneous(pointing):
    rng = np.random.default_rng(0)
    positions = rng.normal(0, 500, (6, 3))
    alt, az = pointing
    # The front of a plane wave passes a telescope the earlier, the nearer to its source
    # the telescope stands (x north, y west).
    north, west = math.cos(alt) * math.cos(az), -math.cos(alt) * math.sin(az)
    times = -positions @ [north, west, math.sin(alt)] / LIGHT_SPEED
    delays = plane_wave_delays(positions, *pointing)
    np.testing.assert_allclose(times + delays, 0, atol=1e-9)
    event = decided(array(["MST"] * 6, positions), times, pointing=pointing)
    assert event.telescopes.tolist() == list(range(6))
    np.testing.assert_allclose(event.times, 0, atol=1e-9)


def test_hard_stereo_wants_two_of_a_size():
    sizes = ["LST", "LST", "MST"]
    hard = {"hard_stereo": frozenset({"LST"})}
    assert decided(array(sizes), [0, np.nan, 5]).telescopes.tolist() == [0, 2]
    assert decided(array(sizes), [0, np.nan, 5], **hard).telescopes.size == 0
    assert decided(array(sizes), [0, 9, np.nan], **hard).telescopes.tolist() == [0, 1]
    assert decided(array(sizes), [0, 9, 5], **hard).telescopes.tolist() == [0, 1, 2]
    # One such telescope alone in an array has no partner to wait for.
    assert decided(array(sizes[1:]), [0, 5], **hard).telescopes.tolist() == [0, 1]


def test_one_telescope_is_enough_where_one_is_asked_for():
    event = decided(array(["LST"]), [7.0], multiplicity=1)
    assert event.telescopes.tolist() == [0]
    assert event.times.tolist() == [0]


def test_some_single_telescopes_are_kept():
    lone = array(["MST"] * 3)
    times = [np.nan, 4.0, 900.0]
    assert decided(lone, times, lots=0.02, random_mono=0.01).telescopes.size == 0
    event = decided(lone, times, lots=0.005, random_mono=0.01)
    assert event.telescopes.tolist() == [1]
    assert event.type_masks.tolist() == [MAJORITY | RANDOM_MONO]
    stereo = decided(lone, [0.0, 4.0, 900.0], lots=0.005, random_mono=0.01)
    assert stereo.telescopes.tolist() == [0, 1]
    assert stereo.type_masks.tolist() == [MAJORITY] * 2
