import numpy as np
import pytest
from cameras import seeds
from hypothesis import given, settings
from hypothesis import strategies as st
from muon_images import PITCH, X, Y, ring_image
from reference import muon_parameters as reference

from cta_columnar.kernels.muon_parameters import MUON_PARAMETERS, muon_parameters

WIDTH = np.full(X.size, PITCH)
CAMERA_RADIUS = float(np.hypot(X, Y).max())
OPTIONS = (30.0, 1.5, 0.25, 0.2)
RING = 0.01, -0.005, np.radians(1.2)


def run(images, masks, rings, camera_radius=CAMERA_RADIUS):
    lon, lat, radius = np.reshape(np.array(rings, float), (-1, 3)).T.copy()
    return muon_parameters(
        images, masks, X, Y, WIDTH, camera_radius, lon, lat, radius, *OPTIONS
    )


@settings(deadline=None, max_examples=15)
@given(seeds(), st.floats(0.005, 0.08), st.floats(-0.08, 0.08), st.floats(-0.02, 0.02))
def test_kernel_equals_the_reference(seed, radius, lon, lat):
    lon += 1e-5  # off the lattice: its pixels may lie on the edge of a bin
    image = ring_image(seed % 5, lon=RING[0], lat=RING[1])
    image = np.abs(image)  # so that all moments are defined
    mask = np.random.default_rng(seed).random(X.size) < 0.5
    got = run(image[None], mask[None], [(lon, lat, radius)])[:, 0]
    want = reference.muon_parameters(
        image, mask, X, Y, WIDTH, CAMERA_RADIUS, (lon, lat, radius), *OPTIONS
    )
    assert got[0] == pytest.approx(want[0], abs=2e-5)
    np.testing.assert_allclose(got[1:], want[1:], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("lon", "radius", "want"),
    [
        (0.0, 0.5, 1.0),
        (0.5, 0.5, 1.0),
        (0.0, 2.0, 0.0),
        (3.0, 1.0, 0.0),
        (1.0, 1.0, 1 / 3),
    ],
)
def test_containment_of_chosen_rings(lon, radius, want):
    """Quirk: a ring around the whole camera is contained for ctapipe; not in ours."""
    image = np.ones((1, X.size), np.float32)
    got = run(image, image > 0, [(lon, 0.0, radius)], camera_radius=1.0)[0, 0]
    assert got == pytest.approx(want)


def test_a_lit_bin_needs_more_than_the_threshold():
    image = np.zeros((2, X.size), np.float32)
    brightest = int(np.argmax(X))
    image[:, brightest] = 30.0, 30.001
    got = run(image, image > 0, [RING, RING])[MUON_PARAMETERS.index("completeness")]
    assert got.tolist() == [0.0, 1 / 30]


def test_noise_that_outweighs_the_ring_has_no_radial_moments():
    image = ring_image(1, lon=RING[0], lat=RING[1])
    image[np.hypot(X, Y) > np.radians(2)] = -30.0
    got = run(image[None], (image > 5)[None], [RING])[:, 0]
    assert np.isnan(got[-3:]).all()
    assert np.isfinite(got[:-3]).all()


def test_no_ring_no_image_no_kept_pixel():
    image = ring_image(1)[None]
    assert np.isnan(run(image, image > 5, [(np.nan, 0.0, np.nan)])).all()
    assert run(image[:0], image[:0] > 5, []).shape == (11, 0)
    got = run(image, image > np.inf, [RING])[:, 0]
    ratio, squares = (
        MUON_PARAMETERS.index(name)
        for name in ("intensity_ratio", "mean_squared_error")
    )
    assert np.isnan(got[[ratio, squares]]).all()
    assert got[MUON_PARAMETERS.index("n_pixels_in_ring")] == 0
    dark = np.zeros_like(image)
    assert np.isnan(run(dark, dark > 5, [RING])[-3:]).all()
