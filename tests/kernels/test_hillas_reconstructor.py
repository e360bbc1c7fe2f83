import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import coordinates
from reference import hillas_reconstructor as reference
from toy_stereo import SITE_HEIGHT, make_events, perfect_event

from cta_columnar.kernels.hillas_reconstructor import hillas_reconstructor
from cta_columnar.kernels.stereo import GEOMETRY, IMAGE


def run(events):
    return hillas_reconstructor(*events)


def named(events):
    return dict(zip(GEOMETRY, run(events)[0][:, 0], strict=True))


def twin(events, i):
    """Reference of event ``i``, with its used rows."""
    rows = events.rows_of(i)
    tels = events.tel_index[rows]
    out = reference.reconstruct(
        events.image[rows],
        events.weight[rows],
        events.pointing[rows],
        events.tel_position[tels],
        events.tel_radius[tels],
        events.array_pointing[i],
        SITE_HEIGHT,
    )
    return *out, rows


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 6), max_size=4), st.integers(0, 2**32 - 1))
def test_kernel_equals_reference(rows_per_event, seed):
    rng = np.random.default_rng(seed)
    events = make_events(rows_per_event, rng)
    events.used[:] = rng.random(events.used.size) < 0.8
    geometry, core_psi = run(events)
    assert geometry.shape == (len(GEOMETRY), len(rows_per_event))
    taking_part = np.zeros(core_psi.size, bool)
    for i in range(len(rows_per_event)):
        if events.rows_of(i).size < 2:
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
    geometry = named(events)
    assert geometry["ang_spread"] == pytest.approx(0, abs=1e-12)
    # Two lines always cross in a plane, but hardly ever in space.
    assert np.isnan(geometry["core_uncert_x"])
    assert np.isnan(geometry["core_tilted_uncert_y"])
    assert geometry["h_max_uncert"] > 0
    assert np.isfinite(run(events)[1]).all()


@pytest.mark.parametrize("tilt_of_telescopes", [0.0, 0.05])
def test_a_perfect_shower_is_found(tilt_of_telescopes):
    alt, az, core, height = 1.2, 0.4, (40.0, -60.0), 8000.0
    geometry = named(perfect_event(alt, az, core, height, tilt_of_telescopes))
    # A straight line on the sky is slightly bent in (lon, lat).
    assert geometry["alt"] == pytest.approx(alt, abs=1e-4)
    assert geometry["az"] == pytest.approx(az, abs=3e-4)
    assert geometry["core_x"] == pytest.approx(core[0], abs=1)
    assert geometry["core_y"] == pytest.approx(core[1], abs=1)
    h_max = height * np.sin(alt) + SITE_HEIGHT
    assert geometry["h_max"] == pytest.approx(h_max, rel=1e-6)
    assert geometry["core_uncert_x"] < 1
    assert geometry["h_max_uncert"] < 0.01


def test_uncertainties_are_those_of_what_is_scattered():
    """Shifted telescopes scatter the lines; a third of cores is farther off."""
    core, height = np.array([40.0, -60.0]), 8000.0
    event = perfect_event(1.2, 0.4, core, height, 0.0)
    rng = np.random.default_rng(11)
    ratios = []
    for _ in range(400):
        moved = event.tel_position + rng.normal(0, 5, event.tel_position.shape)
        moved[:, 2] = event.tel_position[:, 2]
        found = named(event._replace(tel_position=moved))
        ratios.append(
            [
                (found["core_x"] - core[0]) / found["core_uncert_x"],
                (found["core_y"] - core[1]) / found["core_uncert_y"],
                (found["h_max"] - height * np.sin(1.2) - SITE_HEIGHT)
                / found["h_max_uncert"],
            ]
        )
    # Student's t of 2 (four lines less two coordinates) and of 5 degrees of freedom.
    within = (np.abs(ratios) < 1).mean(axis=0)
    np.testing.assert_allclose(within, [0.577, 0.577, 0.637], atol=0.08)


@pytest.mark.parametrize("column", range(len(IMAGE)))
def test_one_bad_image_spoils_its_event_only(column):
    events = make_events([3, 3], np.random.default_rng(2))
    want = run(events)[0][:, 1]
    events.image[1, column] = np.nan
    geometry, core_psi = run(events)
    assert np.isnan(geometry[:, 0]).all()
    assert np.isnan(core_psi[:3]).all()
    np.testing.assert_array_equal(geometry[:, 1], want)


def test_image_without_width_spoils_its_event():
    events = make_events([3], np.random.default_rng(2))
    events.image[0, IMAGE.index("width")] = 0.0
    assert np.isnan(run(events)[0]).all()
    events.used[0] = False
    assert np.isfinite(run(events)[0][[0, 1, 3, 4, 11]]).all()


@pytest.mark.parametrize("psi", [0.0, 0.7, np.pi / 2])
def test_parallel_images_give_no_result(psi):
    events = make_events([3], np.random.default_rng(2), divergence=0.0)
    events.image[:, IMAGE.index("psi")] = psi
    events.image[:, :2] = 0.0
    geometry, core_psi = run(events)
    assert np.isnan(geometry).all()
    assert np.isnan(core_psi).all()


def test_two_images_that_are_the_same_give_no_result():
    events = make_events([2], np.random.default_rng(2), divergence=0.0)
    events.image[1] = events.image[0]
    events.tel_radius[:] = 0.05
    assert np.isnan(run(events)[0]).all()


def test_images_in_one_plane_give_no_direction():
    """Their lines on the ground do cross: a great circle is bent in (lon, lat)."""
    events = make_events([3], np.random.default_rng(2), divergence=0.0)
    pole = reference.unit(np.array([0.02, -0.5, 1.0]))

    def height(lon, lat):
        """Distance from the plane."""
        return pole @ coordinates.sky_vector(lat, lon)

    for row, lon in enumerate((-0.03, 0.01, 0.04)):
        lat = np.arctan(-(pole[0] * np.cos(lon) + pole[1] * np.sin(lon)) / pole[2])
        step = 0.1 * events.tel_radius[events.tel_index[row]]
        low, high = 0.0, 1.0
        for _ in range(60):
            psi = 0.5 * (low + high)
            above = height(lon + step * np.cos(psi), lat + step * np.sin(psi)) > 0
            low, high = (low, psi) if above else (psi, high)
        events.image[row, :3] = lon, lat, psi
    assert np.isnan(run(events)[0]).all()


def test_telescopes_that_see_the_same_point_give_no_height():
    events = make_events([3], np.random.default_rng(2), divergence=0.0)
    events.image[:, :2] = 0.01
    assert np.isnan(run(events)[0]).all()


def test_result_does_not_depend_on_the_batch():
    events = make_events([4, 0, 3, 2], np.random.default_rng(7))
    geometry, core_psi = run(events)
    for i in range(4):
        one, one_psi = run(events.alone(i))
        np.testing.assert_array_equal(one[:, 0], geometry[:, i])
        rows = slice(*events.event_start[i : i + 2])
        np.testing.assert_array_equal(one_psi, core_psi[rows])
