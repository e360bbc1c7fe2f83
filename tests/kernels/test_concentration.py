import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import concentration as reference
from reference.hillas import hillas
from toy_images import Camera, make_images

from cta_columnar.kernels.concentration import concentration

CAMERA = Camera()


def ellipses(images):
    """Intensity, centroid, length, width and psi of all images."""
    rows = [
        hillas(q[mask], CAMERA.x[mask], CAMERA.y[mask], CAMERA.area[mask])
        for q, mask in zip(images.charge, images.mask, strict=True)
    ]
    return np.reshape(rows, (-1, 14))[:, [0, 3, 4, 7, 9, 11]].T.copy()


def run(images, ellipse, wanted=None):
    return concentration(
        images.kept_charge,
        images.indptr,
        images.pixels,
        images.wanted if wanted is None else wanted,
        CAMERA.x,
        CAMERA.y,
        CAMERA.width,
        *ellipse,
    )


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 6), st.integers(0, 2**32 - 1))
def test_kernel_equals_the_reference(n_events, seed):
    images = make_images(n_events, seed, CAMERA)
    ellipse = ellipses(images)
    got = run(images, ellipse)
    assert got.shape == (3, n_events)
    for e in range(n_events):
        mask = images.mask[e]
        q = images.charge[e, mask].astype(float)
        want = reference.concentration(
            q, CAMERA.x[mask], CAMERA.y[mask], CAMERA.width[mask], *ellipse[:, e]
        )
        np.testing.assert_allclose(got[[0, 2], e], want[[0, 2]], rtol=1e-12)
        # A pixel on the ellipse is in or out by rounding.
        if not np.isnan(want[1]):
            assert abs(got[1, e] - want[1]) <= 1e-9 + want[2]


def test_core_of_an_image_without_width_is_0():
    images = make_images(1, 0, CAMERA)
    images.mask[:] = False
    images.mask[0, :3] = True
    images.charge[0, :3] = [1, 2, 3]
    images.__post_init__()
    got = run(images, ellipses(images))
    assert got[1, 0] == 0
    assert got[2, 0] == 0.5


def test_a_pixel_just_its_width_away_is_not_near():
    """The comparison is strict: 5 p.e. at the centroid, 1 p.e. one width away."""
    one_image = (np.array([5.0, 1.0]), np.array([0, 2]), np.arange(2, dtype=np.int32))
    camera = (np.array([0.0, 0.25]), np.zeros(2), np.full(2, 0.25))
    ellipse = [np.array([v]) for v in (6.0, 0.0, 0.0, 0.25, 0.0, 0.0)]
    got = concentration(*one_image, np.array([True]), *camera, *ellipse)
    assert got[0, 0] == 5 / 6


def test_no_concentration_without_ellipse_or_where_unwanted():
    images = make_images(4, 3, CAMERA)
    ellipse = ellipses(images)
    assert np.isnan(run(images, ellipse, np.zeros(4, bool))).all()
    assert np.isnan(run(images, np.full_like(ellipse, np.nan))).all()
