import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import coordinates
from reference import stereo as reference

from cta_columnar.kernels.stereo import GEOMETRY, IMAGE, hillas_reconstructor

N_TELS = 8
SITE_HEIGHT = 2158.0


def make_events(rows_per_event, rng, divergence=0.03):
    """Images of random showers, each axis measured with an error, as kernel inputs."""
    n, r = len(rows_per_event), int(np.sum(rows_per_event))
    start = np.concatenate([[0], np.cumsum(rows_per_event)]).astype(np.int64)
    position = rng.uniform(-300, 300, (N_TELS, 3)) * [1, 1, 0.1]
    radius = rng.uniform(0.03, 0.08, N_TELS)
    array = np.stack([rng.uniform(0.5, 1.5, n), rng.uniform(0, 6.3, n)], axis=1)
    event = np.repeat(np.arange(n), rows_per_event)
    pointing = array[event] + rng.uniform(-divergence, divergence, (r, 2))
    image = np.empty((r, len(IMAGE)))
    image[:, :2] = rng.uniform(-0.04, 0.04, (r, 2))
    image[:, 2] = rng.uniform(-np.pi, np.pi, r)
    image[:, 3] = rng.uniform(0.002, 0.01, r)
    image[:, 4] = image[:, 3] * rng.uniform(0.05, 1, r)
    image[:, 5] = rng.lognormal(5, 2, r)
    tel = [rng.choice(N_TELS, k, replace=False) for k in rows_per_event]
    tel_index = np.concatenate([*tel, []]).astype(np.int32)
    return [
        start,
        np.ones(r, bool),
        image,
        pointing,
        tel_index,
        position,
        radius,
        array,
    ]


def run(events):
    return hillas_reconstructor(*events, SITE_HEIGHT)


def twin(events, i):
    """Reference of event ``i``, with its used rows."""
    start, used, image, pointing, tel, position, radius, array = events
    rows = np.arange(start[i], start[i + 1])
    rows = rows[used[rows]]
    tels = tel[rows]
    out = reference.reconstruct(
        image[rows], pointing[rows], position[tels], radius[tels], array[i], SITE_HEIGHT
    )
    return *out, rows


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 6), max_size=4), st.integers(0, 2**32 - 1))
def test_kernel_equals_reference(rows_per_event, seed):
    rng = np.random.default_rng(seed)
    events = make_events(rows_per_event, rng)
    events[1] = rng.random(events[1].size) < 0.8
    geometry, core_psi = run(events)
    assert geometry.shape == (len(GEOMETRY), len(rows_per_event))
    taking_part = np.zeros(core_psi.size, bool)
    for i in range(len(rows_per_event)):
        if events[1][slice(*events[0][i : i + 2])].sum() < 2:
            assert np.isnan(geometry[:, i]).all()
            continue
        want, want_psi, rows = twin(events, i)
        # Nearly parallel lines lose digits, in either implementation.
        np.testing.assert_allclose(geometry[:, i], want, rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(np.sin(core_psi[rows] - want_psi), 0, atol=1e-9)
        assert (np.abs(core_psi[rows]) <= np.pi / 2).all()
        taking_part[rows] = True
    assert np.isnan(core_psi[~taking_part]).all()


def test_two_images_agree_with_themselves():
    events = make_events([2], np.random.default_rng(1))
    geometry, core_psi = run(events)
    assert geometry[GEOMETRY.index("ang_spread"), 0] == pytest.approx(0, abs=1e-12)
    assert np.isfinite(core_psi).all()


def perfect_event(alt, az, core, height, tilt_of_telescopes):
    """Images without error of one shower, seen by four telescopes."""
    events = make_events([4], np.random.default_rng(3))
    start, used, image, _, tel_index, position, radius, _ = events
    rng = np.random.default_rng(5)
    array = np.array([alt, az])
    pointing = array + rng.uniform(-1, 1, (4, 2)) * tilt_of_telescopes
    u = coordinates.direction(alt, az)
    for row, tel in enumerate(tel_index):
        on_axis = np.array([*core, 0.0]) + np.outer([height, 1.1 * height], u)
        seen = [reference.unit(point - position[tel]) for point in on_axis]
        lon, lat = np.transpose(
            [
                coordinates.altaz_to_fov(
                    np.arcsin(v[2]), -np.arctan2(v[1], v[0]), *pointing[row]
                )
                for v in seen
            ]
        )
        image[row, :2] = lon[0], lat[0]
        image[row, 2] = np.arctan((lat[1] - lat[0]) / (lon[1] - lon[0]))
    return [start, used, image, pointing, tel_index, position, radius, array[None]]


@pytest.mark.parametrize("tilt_of_telescopes", [0.0, 0.05])
def test_a_perfect_shower_is_found(tilt_of_telescopes):
    alt, az, core, height = 1.2, 0.4, (40.0, -60.0), 8000.0
    events = perfect_event(alt, az, core, height, tilt_of_telescopes)
    geometry = dict(zip(GEOMETRY, run(events)[0][:, 0], strict=True))
    # A straight line on the sky is slightly bent in (lon, lat).
    assert geometry["alt"] == pytest.approx(alt, abs=1e-4)
    assert geometry["az"] == pytest.approx(az, abs=3e-4)
    assert geometry["core_x"] == pytest.approx(core[0], abs=1)
    assert geometry["core_y"] == pytest.approx(core[1], abs=1)
    h_max = height * np.sin(alt) + SITE_HEIGHT
    assert geometry["h_max"] == pytest.approx(h_max, rel=1e-6)


@pytest.mark.parametrize("column", range(len(IMAGE)))
def test_one_bad_image_spoils_its_event_only(column):
    events = make_events([3, 3], np.random.default_rng(2))
    want = run(events)[0][:, 1]
    events[2][1, column] = np.nan
    geometry, core_psi = run(events)
    assert np.isnan(geometry[:, 0]).all()
    assert np.isnan(core_psi[:3]).all()
    np.testing.assert_array_equal(geometry[:, 1], want)


def test_image_without_width_spoils_its_event():
    events = make_events([3], np.random.default_rng(2))
    events[2][0, IMAGE.index("width")] = 0.0
    assert np.isnan(run(events)[0]).all()
    events[1][0] = False
    assert np.isfinite(run(events)[0]).all()


@pytest.mark.parametrize("psi", [0.0, 0.7, np.pi / 2])
def test_parallel_images_give_no_result(psi):
    events = make_events([3], np.random.default_rng(2), divergence=0.0)
    events[2][:, IMAGE.index("psi")] = psi
    events[2][:, :2] = 0.0
    geometry, core_psi = run(events)
    assert np.isnan(geometry).all()
    assert np.isnan(core_psi).all()


def test_images_in_one_plane_give_no_direction():
    """Their lines on the ground do cross: a great circle is bent in (lon, lat)."""
    events = make_events([3], np.random.default_rng(2), divergence=0.0)
    _, _, image, _, tel_index, _, radius, _ = events
    pole = reference.unit(np.array([0.02, -0.5, 1.0]))

    def height(lon, lat):
        """Distance from the plane."""
        return pole @ coordinates.sky_vector(lat, lon)

    for row, lon in enumerate((-0.03, 0.01, 0.04)):
        lat = np.arctan(-(pole[0] * np.cos(lon) + pole[1] * np.sin(lon)) / pole[2])
        step = 0.1 * radius[tel_index[row]]
        low, high = 0.0, 1.0
        for _ in range(60):
            psi = 0.5 * (low + high)
            above = height(lon + step * np.cos(psi), lat + step * np.sin(psi)) > 0
            low, high = (low, psi) if above else (psi, high)
        image[row, :3] = lon, lat, psi
    assert np.isnan(run(events)[0]).all()


def test_telescopes_that_see_the_same_point_give_no_height():
    events = make_events([3], np.random.default_rng(2), divergence=0.0)
    events[2][:, :2] = 0.01
    assert np.isnan(run(events)[0]).all()


def test_result_does_not_depend_on_the_batch():
    events = make_events([4, 0, 3, 2], np.random.default_rng(7))
    geometry, core_psi = run(events)
    for i in range(4):
        rows = slice(*events[0][i : i + 2])
        alone = [
            events[0][i : i + 2] - events[0][i],
            *(column[rows] for column in events[1:5]),
            *events[5:7],
            events[7][i : i + 1],
        ]
        one, one_psi = run(alone)
        np.testing.assert_array_equal(one[:, 0], geometry[:, i])
        np.testing.assert_array_equal(one_psi, core_psi[rows])
