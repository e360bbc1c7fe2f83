import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import hillas, trimmed_line
from reference import timing as reference
from toy_images import Camera, make_images

from cta_columnar.kernels.timing import starting_pairs, timing

CAMERA = Camera(8)
N_PAIRS, FRACTION = 30, 0.85


def ellipses(images):
    """Centroid and psi of all images."""
    rows = [
        hillas.hillas(q[mask], CAMERA.x[mask], CAMERA.y[mask], CAMERA.area[mask])
        for q, mask in zip(images.charge, images.mask, strict=True)
    ]
    return np.reshape(rows, (-1, 14))[:, [3, 4, 11]].T.copy()


def run(images, wanted=None):
    return timing(
        images.kept_time,
        images.indptr,
        images.pixels,
        images.wanted if wanted is None else wanted,
        CAMERA.x,
        CAMERA.y,
        *ellipses(images),
        N_PAIRS,
        FRACTION,
    )


def along_axis(images, e):
    mask = images.mask[e]
    cog_x, cog_y, psi = ellipses(images)[:, e]
    turned = (CAMERA.x[mask] - cog_x + 1j * (CAMERA.y[mask] - cog_y)) * np.exp(
        -1j * psi
    )
    return turned.real, images.time[e, mask].astype(float)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 4), st.integers(0, 2**32 - 1), st.booleans())
def test_kernel_equals_the_reference(n_events, seed, with_nan):
    images = make_images(n_events, seed, CAMERA)
    if with_nan:
        images.kept_time[::7] = np.nan
        images.time[images.mask] = images.kept_time
    got = run(images)
    assert got.shape == (3, n_events)
    for e in range(n_events):
        along, time = along_axis(images, e)
        want = reference.timing(along, time, N_PAIRS, FRACTION)
        usable = np.isfinite(time)
        n_kept = int(FRACTION * usable.sum())
        assert np.isnan(got[0, e]) == np.isnan(want[0])
        if np.isfinite(want[0]):
            # Two lines may fit equally well, to within rounding.
            sums = [
                trimmed_line.trimmed_sum(along[usable], time[usable], n_kept, line)
                for line in (got[:2, e], want[:2])
            ]
            assert sums[0] == pytest.approx(sums[1], rel=1e-8, abs=1e-9)
        if n_kept > 3 and np.isfinite(want[0]) and sums[1] > 1e-6:
            np.testing.assert_allclose(got[:, e], want, rtol=1e-6)


@pytest.mark.parametrize("n_points", [0, 1, 2, 3, 8, 9, 12, 1000])
@pytest.mark.parametrize("n_pairs", [0, 1, 30])
def test_starting_pairs_equal_the_reference(n_points, n_pairs):
    got = starting_pairs(n_points, n_pairs)
    want = reference.starting_pairs(n_points, n_pairs)
    assert got.tolist() == [list(pair) for pair in want[:n_pairs]]
    assert len({tuple(pair) for pair in got.tolist()}) == len(got)


def test_the_same_image_has_the_same_answer_in_any_company():
    """The incumbent's slope depends on every image fitted before; ours on none."""
    images = make_images(12, seed=11, camera=CAMERA)
    together = run(images)
    alone = [run(images.select(slice(e, e + 1)))[:, 0] for e in range(12)]
    np.testing.assert_array_equal(together, np.array(alone).T)
    backwards = run(images.select(slice(None, None, -1)))
    np.testing.assert_array_equal(backwards[:, ::-1], together)
    np.testing.assert_array_equal(run(images), together)


def test_a_gradient_is_found_in_spite_of_outliers():
    images = make_images(1, seed=2, camera=CAMERA)
    images.mask[:] = True
    images.charge[:] = np.exp(-(CAMERA.x**2) - 4 * CAMERA.y**2)
    images.__post_init__()
    along, _ = along_axis(images, 0)
    images.kept_time[:] = 30 - 4 * along
    images.kept_time[:6] = 90
    slope, intercept, deviation = run(images)[:, 0]
    assert slope == pytest.approx(-4)
    assert intercept == pytest.approx(30)
    assert deviation > 5  # of all pixels, the outliers too


def test_too_few_pixels_no_axis_or_unwanted():
    images = make_images(4, seed=0, camera=CAMERA)
    images.mask[:] = False
    for n in range(3):
        images.mask[n, :n] = True
    images.charge[images.mask] = 5
    images.__post_init__()
    assert np.isnan(run(images)).all()
    images = make_images(4, seed=0, camera=CAMERA)
    assert np.isnan(run(images, wanted=np.zeros(4, bool))).all()


@pytest.mark.parametrize(("fraction", "has_line"), [(FRACTION, False), (1.0, True)])
def test_two_pixels_have_a_line_if_both_are_kept(fraction, has_line):
    images = make_images(1, seed=4, camera=CAMERA)
    images.mask[:] = False
    images.mask[0, 2:4] = True
    images.charge[images.mask] = 5
    images.__post_init__()
    images.kept_time[:] = 10, 20
    # Along x: psi of an ellipse of two pixels is not what this is about.
    axis = np.zeros((3, 1))
    slope, intercept, deviation = timing(
        *(images.kept_time, images.indptr, images.pixels, np.ones(1, bool)),
        *(CAMERA.x, CAMERA.x, *axis, N_PAIRS, fraction),
    )[:, 0]
    if has_line:
        fitted = intercept + slope * CAMERA.x[2:4]
        np.testing.assert_allclose([*fitted, deviation], [10, 20, 0], atol=1e-9)
    else:
        assert np.isnan([slope, intercept, deviation]).all()


def test_nan_times_are_left_out_of_the_fit_but_not_of_the_deviation():
    images = make_images(1, seed=1, camera=CAMERA)
    images.mask[0, :] = True
    images.charge[0, :] = np.exp(-(CAMERA.x**2))
    images.__post_init__()
    along, _ = along_axis(images, 0)
    images.kept_time[:] = 10 + along
    images.kept_time[3] = np.nan
    slope, intercept, deviation = run(images)[:, 0]
    assert (slope, intercept) == pytest.approx((1, 10))
    assert np.isnan(deviation)
