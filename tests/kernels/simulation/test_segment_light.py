import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.simulation import segment_light as reference
from reference.simulation.draws import uniforms

from cta_columnar.kernels.simulation.draws import new_stream
from cta_columnar.kernels.simulation.emission import N_BINS, Emission
from cta_columnar.kernels.simulation.optics import Camera
from cta_columnar.kernels.simulation.segment_light import (
    companions,
    counts_of_segments,
    expected_from_segment,
    light_of_segment,
)
from cta_columnar.simulation import cameras
from cta_columnar.simulation.light import camera_axes

ALT, AZ = np.radians(75.0), np.radians(30.0)
AXES = camera_axes(ALT, AZ)
LATTICE = cameras.hexagon(12, 0.1)
CAMERA = Camera(
    axes=AXES,
    focal_length=16.0,
    sharpness=1e-4,
    psf=np.zeros(3),
    rotation=np.array([np.cos(0.19), np.sin(0.19)]),
    kind=LATTICE.lookup.kind,
    lattice=LATTICE.lookup.lattice,
    table=LATTICE.lookup.table,
    modules=LATTICE.lookup.modules,
)
COS_VIEW = np.cos(0.06)
RNG = np.random.default_rng(4)
EMISSION = Emission(
    sin2=np.zeros((1, 2)),
    density=RNG.uniform(1, 50, (2, N_BINS)).astype(np.float32),
    offsets=RNG.normal(0, 8, (2, N_BINS, 4, 2)).astype(np.float32),
    filled=RNG.integers(1, 5, (2, N_BINS)).astype(np.int32),
)
SEEDS = st.integers(0, 2**32 - 1)


def receiver(x=0.0, y=0.0, z=0.0, area=20.0):
    return np.array([x, y, z, *AXES[0], area, 6.0, 0.07])


def segments(n, rng, lowest=20.0, most=1e7):
    """Pieces of an axis about the pointing: places, direction, length, light, ..."""
    along = AXES[0] + 0.01 * rng.normal(size=(n, 3))
    along /= np.linalg.norm(along, axis=1)[:, None]
    height = rng.uniform(lowest, 20000.0, n)
    place = along * height[:, None] + rng.normal(0, 30, (n, 3))
    length, mean = rng.uniform(50, 500, n), most * rng.random(n) ** 4
    return np.column_stack(
        [place, along, length, mean, rng.integers(0, 2, n), rng.normal(0, 5, n)]
    )


@settings(deadline=None, max_examples=60)
@given(SEEDS, st.floats(-600, 600), st.floats(-600, 600), st.floats(-50, 100))
def test_expected_light_equals_the_reference(seed, x, y, z):
    row = receiver(x, y, z)
    (segment,) = segments(1, np.random.default_rng(seed))
    mean, along, b = expected_from_segment(segment, row, EMISSION.density, COS_VIEW)
    want = reference.expected(segment, row, EMISSION.density, COS_VIEW)
    if want is None:
        assert (mean, along, b) == (0.0, 0.0, 0)
    else:
        assert (mean, along) == pytest.approx(want[:2], rel=1e-9)
        assert b == want[2]
        more = reference.companions(row, along)
        assert companions(row, along) == pytest.approx(more, rel=1e-12)


@settings(deadline=None, max_examples=40)
@given(SEEDS, st.integers(0, 12), st.floats(0.01, 0.3))
def test_counts_equal_the_reference(seed, n, area):
    """So few that one uniform decides on companions; `test_draws` has larger means."""
    row = receiver(40.0, -10.0, 0.0, area)
    made = segments(n, np.random.default_rng(seed), lowest=1500.0, most=3e5)
    key = 3, 1, 2, 0, seed
    got = counts_of_segments(new_stream(*key), made, row, EMISSION.density, COS_VIEW)
    want = reference.counts(uniforms(*key), made, row, EMISSION.density, COS_VIEW)
    assert got.dtype == np.int64
    assert got.tolist() == want


def test_segments_behind_the_mirror_or_close_to_it_give_nothing():
    made = segments(2, np.random.default_rng(1))
    made[0, :3] = -1000 * AXES[0]
    made[1, :3] = 49 * made[1, 3:6]
    got = counts_of_segments(
        new_stream(1, 1, 1, 1, 1), made, receiver(), EMISSION.density, COS_VIEW
    )
    assert got.tolist() == [0, 0]


@settings(deadline=None, max_examples=40)
@given(SEEDS, st.integers(0, 20), st.floats(-80, 80), st.floats(0.01, 5.0))
def test_light_equals_the_reference(seed, count, x, area):
    row = receiver(x, 20.0, 3.0, area)
    segment = segments(1, np.random.default_rng(seed))[0]
    segment[:3] = 9000 * segment[3:6]
    if reference.expected(segment, row, EMISSION.density, COS_VIEW) is None:
        return
    key = 3, 1, 2, 0, seed
    pixels, times = np.full(count + 1, -7, np.int32), np.zeros(count + 1, np.float32)
    n = light_of_segment(
        new_stream(*key), segment, AXES[0], row, CAMERA, EMISSION, COS_VIEW, count,
        pixels, times, np.int64(1),
    )  # fmt: skip
    points, want = reference.light(
        uniforms(*key), segment, AXES[0], row, CAMERA, EMISSION, COS_VIEW, count
    )
    # What is there already stays.
    assert (n, pixels[0]) == (count + 1, -7)
    np.testing.assert_allclose(times[1:], want, rtol=1e-5, atol=1e-2)
    for pixel, point in zip(pixels[1:], points, strict=True):
        distance = np.hypot(LATTICE.x - point[0], LATTICE.y - point[1])
        assert distance[pixel] < distance.min() + 1e-6
