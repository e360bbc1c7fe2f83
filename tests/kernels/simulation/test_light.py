import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.simulation import light as reference
from toy_showers import ATMOSPHERE, hexagonal_telescope, settings_of

from cta_columnar.kernels.simulation import light
from cta_columnar.kernels.simulation.draws import new_stream
from cta_columnar.kernels.simulation.optics import camera_of
from cta_columnar.simulation.emission_table import emission_of
from cta_columnar.simulation.light import _cameras, camera_axes
from cta_columnar.simulation.showers import make_shower, unit_vector

AIR = ATMOSPHERE.air
SETTINGS = settings_of()
SHOWER = make_shower(SETTINGS, 1)
EMISSION = emission_of(SETTINGS)
NONE = np.empty((0, 11))
POINTING = unit_vector(SETTINGS.alt, SETTINGS.az)


def receiver(x, y, z=0.0, view=0.07, area=20.0, radius=6.0):
    return np.array([x, y, z, *POINTING, area, radius, view])


@settings(deadline=None, max_examples=25)
@given(
    st.floats(-900, 900), st.floats(-900, 900), st.floats(-50, 100),
    st.floats(0.001, 0.2),
)  # fmt: skip
def test_expected_light_equals_the_reference(x, y, z, view):
    row = receiver(x, y, z, view)
    got = light.expected_light(SHOWER.segments, NONE, row[None], EMISSION.density, AIR)
    want = reference.expected_light(SHOWER.segments, row, EMISSION.density)
    # A segment on the edge of a bin may fall on either side.
    assert got[0] == pytest.approx(want, rel=0.02, abs=1e-9)


def test_no_segments_no_telescopes():
    nothing = np.empty((0, 10))
    row = receiver(0.0, 0.0)[None]
    assert light.expected_light(nothing, NONE, row, EMISSION.density, AIR) == [0.0]
    assert light.expected_light(nothing, NONE, row[:0], EMISSION.density, AIR).size == 0


CAMERAS = _cameras(
    [hexagonal_telescope()],
    np.zeros(3, np.int64),
    camera_axes(SETTINGS.alt, SETTINGS.az),
)


def drawn(row, seed=1, telescope=0):
    return light.photo_electrons(
        new_stream(seed, 1, 1 + telescope, 0, 1), SHOWER.segments, NONE, SHOWER.source,
        row, camera_of(CAMERAS, telescope), EMISSION, AIR,
    )  # fmt: skip


def test_light_in_an_array_is_that_of_its_telescopes():
    rows = np.array([receiver(100.0, 20.0), receiver(0.0, 60.0), receiver(-90.0, 0.0)])
    wanted = np.array([True, False, True])
    offsets, pixels, times = light.light_in_array(
        (7, 1, 0, 1), wanted, SHOWER.segments, NONE, SHOWER.source, rows, CAMERAS,
        EMISSION, AIR,
    )  # fmt: skip
    first, last = drawn(rows[0], 7), drawn(rows[2], 7, telescope=2)
    n = first[0].size
    assert n > 100
    assert offsets.tolist() == [0, n, n, n + last[0].size]
    np.testing.assert_array_equal(pixels, np.concatenate([first[0], last[0]]))
    np.testing.assert_array_equal(times, np.concatenate([first[1], last[1]]))


def test_as_many_photo_electrons_as_expected():
    row = receiver(100.0, 20.0, area=0.7)
    mean = light.expected_light(SHOWER.segments, NONE, row[None], EMISSION.density, AIR)
    counts = [drawn(row, seed)[0].size for seed in range(12)]
    assert np.mean(counts) == pytest.approx(mean[0], rel=0.15)


def test_photo_electrons_are_sorted_and_within_the_camera():
    pixels, times = drawn(receiver(60.0, -40.0, area=2.0))
    assert pixels.dtype == np.int32
    assert times.dtype == np.float32
    assert pixels.min() >= 0
    assert np.all(np.diff(pixels) >= 0)
    assert np.all(np.diff(times)[np.diff(pixels) == 0] >= 0)
    # All light of a shower arrives within some 10 ns of its front, near the core.
    front = -np.array([60.0, -40.0, 0.0]) @ SHOWER.source / 0.299792458
    assert np.abs(times - front).max() < 60
    assert np.std(times) < 10


def test_no_light_behind_the_telescope():
    below = receiver(0.0, 0.0, z=60e3)
    assert light.expected_light(
        SHOWER.segments, NONE, below[None], EMISSION.density, AIR
    ) == [0.0]
    assert drawn(below)[0].size == 0
