import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import hillas_intersection as reference
from toy_stereo import SITE_HEIGHT, make_events, perfect_event

from cta_columnar.kernels.hillas_intersection import (
    FARTHEST,
    HIGHEST,
    hillas_intersection,
)
from cta_columnar.kernels.stereo import GEOMETRY, IMAGE

H_MAX = GEOMETRY.index("h_max")


def run(events, harmonic=True, legacy_psi=False):
    return hillas_intersection(*events[:4], harmonic, legacy_psi, *events[4:])


def named(events, **options):
    return dict(zip(GEOMETRY, run(events, **options)[:, 0], strict=True))


def twin(events, i, harmonic, legacy_psi):
    rows = events.rows_of(i)
    tels = events.tel_index[rows]
    return reference.reconstruct(
        events.image[rows],
        events.weight[rows],
        harmonic,
        legacy_psi,
        events.pointing[rows],
        events.tel_position[tels],
        events.tel_radius[tels],
        events.array_pointing[i],
        SITE_HEIGHT,
    )


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.integers(0, 6), max_size=4),
    st.integers(0, 2**32 - 1),
    st.booleans(),
    st.booleans(),
)
def test_kernel_equals_reference(rows_per_event, seed, harmonic, legacy_psi):
    rng = np.random.default_rng(seed)
    events = make_events(rows_per_event, rng)
    events.used[:] = rng.random(events.used.size) < 0.8
    geometry = run(events, harmonic, legacy_psi)
    assert geometry.shape == (len(GEOMETRY), len(rows_per_event))
    for i in range(len(rows_per_event)):
        want = None
        if events.rows_of(i).size >= 2:
            want = twin(events, i, harmonic, legacy_psi)
        if want is None:
            assert np.isnan(geometry[:, i]).all()
        else:
            # Nearly parallel lines lose digits, in either implementation.
            np.testing.assert_allclose(geometry[:, i], want, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("tilt_of_telescopes", [0.0, 0.05])
def test_a_perfect_shower_is_found(tilt_of_telescopes):
    alt, az, core, height = 1.2, 0.4, (40.0, -60.0), 8000.0
    events = perfect_event(alt, az, core, height, tilt_of_telescopes)
    geometry = named(events)
    assert geometry["alt"] == pytest.approx(alt, abs=1e-4)
    assert geometry["az"] == pytest.approx(az, abs=3e-4)
    assert geometry["core_x"] == pytest.approx(core[0], abs=1)
    assert geometry["core_y"] == pytest.approx(core[1], abs=1)
    # Telescopes stand up to 30 m high, and angles are taken for their tangents.
    h_max = height * np.sin(alt) + SITE_HEIGHT
    assert geometry["h_max"] == pytest.approx(h_max, abs=50)


def test_telescopes_that_diverge_need_their_own_angles():
    """The fields of telescopes are turned against each other."""
    alt, az, core = 1.2, 0.4, (40.0, -60.0)
    events = perfect_event(alt, az, core, 8000.0, 0.05)
    as_ctapipe = named(events, legacy_psi=True)
    away = np.hypot(as_ctapipe["core_x"] - core[0], as_ctapipe["core_y"] - core[1])
    assert away > 5
    assert abs(as_ctapipe["az"] - az) > 5e-4


def test_two_images_have_one_crossing():
    geometry = named(make_events([2], np.random.default_rng(1)))
    for name in ("ang_spread", "core_tilted_uncert_x", "core_tilted_uncert_y"):
        assert geometry[name] == pytest.approx(0, abs=1e-9)
    for name in ("core_uncert_x", "core_uncert_y", "h_max_uncert"):
        assert np.isnan(geometry[name])


@pytest.mark.parametrize("column", range(len(IMAGE)))
def test_one_bad_image_spoils_its_event_only(column):
    events = make_events([3, 3], np.random.default_rng(2))
    want = run(events)[:, 1]
    events.image[1, column] = np.nan
    geometry = run(events)
    assert np.isnan(geometry[:, 0]).all()
    np.testing.assert_array_equal(geometry[:, 1], want)


def test_one_image_gives_no_result():
    assert np.isnan(run(make_events([1], np.random.default_rng(2)))).all()


@pytest.mark.parametrize("psi", [0.0, 0.7, np.pi / 2])
def test_parallel_images_give_no_result(psi):
    events = make_events([3], np.random.default_rng(2), divergence=0.0)
    events.image[:, IMAGE.index("psi")] = psi
    assert np.isnan(run(events, legacy_psi=True)).all()
    events.image[:, :2] = 0.0
    assert np.isnan(run(events)).all()


def test_a_parallel_pair_is_left_out():
    events = make_events([3], np.random.default_rng(2), divergence=0.0)
    psi = IMAGE.index("psi")
    events.image[:2, psi] = 0.4
    events.image[2, psi] = 1.4
    events.image[:, :2] *= 0.1
    direction = run(events, legacy_psi=True)[:2, 0]
    assert np.isfinite(direction).all()


def test_a_direction_far_outside_is_none():
    """Lines at 0.4 rad from each other that cross behind the limit, and before it."""
    events = make_events([2], np.random.default_rng(2), divergence=0.0)
    events.image[:, :3] = [[-0.04, 0.0, 0.0], [-0.04, -0.1, 0.0]]
    for crossing, is_valid in ((0.98, True), (1.02, False)):
        angle = np.arctan2(0.1, FARTHEST * crossing + 0.04)
        events.image[1, IMAGE.index("psi")] = angle
        assert np.isfinite(run(events, legacy_psi=True)[0, 0]) == is_valid


def test_a_height_too_far_up_is_none():
    events = perfect_event(1.2, 0.4, (40.0, -60.0), 0.95 * HIGHEST, 0.0)
    assert np.isfinite(run(events)[H_MAX])
    events = perfect_event(1.2, 0.4, (40.0, -60.0), 1.15 * HIGHEST, 0.0)
    geometry = run(events)[:, 0]
    assert np.isnan(geometry[H_MAX])
    assert np.isfinite(geometry[0])


def test_a_centroid_on_the_direction_gives_no_height():
    events = make_events([2], np.random.default_rng(2), divergence=0.0)
    events.image[:, :2] = 0.0
    events.image[:, 2] = 0.0, 1.0
    geometry = run(events)[:, 0]
    assert np.isnan(geometry[H_MAX])
    assert np.isfinite(geometry[0])


def test_no_weight_gives_no_result():
    events = make_events([3], np.random.default_rng(2))
    events.weight[:] = 0.0
    assert np.isnan(run(events)).all()


def test_result_does_not_depend_on_the_batch():
    events = make_events([4, 0, 3, 2], np.random.default_rng(7))
    geometry = run(events)
    for i in range(4):
        one = run(events.alone(i))
        np.testing.assert_array_equal(one[:, 0], geometry[:, i])
