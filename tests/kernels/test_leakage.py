import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import leakage as reference
from toy_images import Camera, make_images

from cta_columnar.kernels.leakage import leakage

CAMERA = Camera()


def run(images, wanted=None):
    return leakage(
        images.kept_charge,
        images.indptr,
        images.pixels,
        images.wanted if wanted is None else wanted,
        CAMERA.border_1,
        CAMERA.border_2,
    )


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 6), st.integers(0, 2**32 - 1))
def test_kernel_equals_the_reference(n_events, seed):
    images = make_images(n_events, seed, CAMERA)
    want = [
        reference.leakage(q, mask, CAMERA.border_1, CAMERA.border_2)
        for q, mask in zip(images.charge, images.mask, strict=True)
    ]
    got = run(images)
    assert got.shape == (4, n_events)
    np.testing.assert_allclose(got.T, np.reshape(want, (-1, 4)), rtol=1e-12)


def test_a_single_pixel_in_the_corner_leaks_wholly():
    images = make_images(1, 0, CAMERA)
    images.mask[:] = False
    images.mask[0, 0] = True
    images.charge[0, 0] = 3
    images.__post_init__()
    assert run(images)[:, 0].tolist() == [1, 1, 1, 1]


def test_unwanted_images_and_those_with_nan_have_none():
    images = make_images(4, 1, CAMERA)
    assert np.isnan(run(images, np.zeros(4, bool))).all()
    images.kept_charge[:] = np.nan
    assert np.isnan(run(images)).all()
