import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import hillas as reference
from toy_images import Camera, make_images

from cta_columnar.kernels.hillas import HILLAS, hillas

CAMERA = Camera()
ROW = {name: i for i, name in enumerate(HILLAS)}
# Almost without width, its error is that of a difference of nearly equal numbers.
LOOSE = {"width": 1e-9, "width_uncertainty": 1e-4}


def run(images, wanted=None):
    return hillas(
        images.kept_charge,
        images.indptr,
        images.pixels,
        images.wanted if wanted is None else wanted,
        CAMERA.x,
        CAMERA.y,
        CAMERA.area,
    )


def one(charges, x, y, area=1.0):
    """Hillas parameters, by name, of an image of a few pixels."""
    n = len(charges)
    out = hillas(
        np.array(charges, float),
        np.array([0, n]),
        np.arange(n, dtype=np.int32),
        np.array([True]),
        np.array(x, float),
        np.array(y, float),
        np.full(n, area),
    )
    return dict(zip(HILLAS, out[:, 0], strict=True))


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 6), st.integers(0, 2**32 - 1))
def test_kernel_equals_the_reference(n_events, seed):
    images = make_images(n_events, seed, CAMERA)
    got = run(images)
    assert got.shape == (len(HILLAS), n_events)
    for e in range(n_events):
        mask = images.mask[e]
        want = reference.hillas(
            images.charge[e, mask], CAMERA.x[mask], CAMERA.y[mask], CAMERA.area[mask]
        )
        for name, i in ROW.items():
            scale = np.pi if name in {"psi", "phi"} else abs(want[i])
            turn = got[i, e] - want[i]
            if name == "psi":  # +90 and -90 deg are one axis
                turn = (turn + np.pi / 2) % np.pi - np.pi / 2
            if np.isnan(want[i]):
                assert np.isnan(got[i, e]), name
            else:
                tolerance = LOOSE.get(name, 1e-9) * max(scale, 1e-6)
                assert abs(turn) <= tolerance, name


def test_no_pixels_no_parameters():
    assert np.isnan(list(one([], [], []).values())).all()


@pytest.mark.parametrize("charges", [[0.0, 0.0], [3.0, -1.0], [np.nan, 1.0]])
def test_no_parameters_without_charge_or_with_a_negative_or_nan_one(charges):
    assert np.isnan(list(one(charges, [0, 1], [0, 1]).values())).all()


def test_one_pixel_has_a_place_but_no_axis():
    got = one([5], [0.3], [0.4])
    assert got["intensity"] == 5
    assert got["r"] == pytest.approx(0.5)
    assert got["phi"] == pytest.approx(np.arctan2(0.4, 0.3))
    assert got["length"] == got["width"] == 0
    no_axis = set(HILLAS) - {"intensity", "fov_lon", "fov_lat", "r", "phi", "length"}
    assert all(np.isnan(got[name]) for name in no_axis - {"width"})


def test_two_pixels_have_no_width():
    got = one([1, 3], [0, 0.4], [0, 0.4])
    assert got["length"] == pytest.approx(np.sqrt(0.32 * 3 / 16))
    assert got["width"] == 0
    assert np.isnan(got["width_uncertainty"])
    assert got["psi"] == pytest.approx(np.pi / 4)
    assert np.isfinite(got["psi_uncertainty"])


def test_a_round_image_has_its_axis_upright():
    """Where the incumbent takes the order of the eigenvectors, we set 90 deg."""
    got = one([1, 1, 1, 1], [1, -1, 0, 0], [0, 0, 1, -1])
    assert got["length"] == got["width"] == pytest.approx(np.sqrt(0.5))
    assert got["psi"] == np.pi / 2


@pytest.mark.parametrize("tiny", [0.0, -0.0, -1e-17])
def test_an_upright_image_has_psi_plus_90_deg(tiny):
    assert one([1, 1, 1], [0, tiny, 0], [-1, 0, 1])["psi"] == pytest.approx(np.pi / 2)
    assert one([1, 1], [tiny, -tiny], [-1, 1])["psi"] > 0


def test_kurtosis_of_a_gaussian_is_3():
    x = np.linspace(-6, 6, 2001)
    got = one(np.exp(-(x**2) / 2), x, 0.1 * np.sin(500 * x))
    assert got["kurtosis"] == pytest.approx(3, rel=1e-3)
    assert got["skewness"] == pytest.approx(0, abs=1e-6)


def test_parameters_turn_with_the_camera():
    images = make_images(5, seed=4, camera=CAMERA)
    turn = 0.3
    x = CAMERA.x * np.cos(turn) - CAMERA.y * np.sin(turn)
    y = CAMERA.x * np.sin(turn) + CAMERA.y * np.cos(turn)
    turned = hillas(
        images.kept_charge, images.indptr, images.pixels, images.wanted, x, y,
        CAMERA.area,
    )  # fmt: skip
    straight = run(images)
    kept = images.mask.sum(axis=1) > 3
    for name in ("length", "width", "kurtosis", "r", "psi_uncertainty"):
        np.testing.assert_allclose(
            turned[ROW[name], kept], straight[ROW[name], kept], rtol=1e-9
        )
    difference = turned[ROW["psi"], kept] - straight[ROW["psi"], kept] - turn
    np.testing.assert_allclose(np.sin(difference), 0, atol=1e-9)


def test_images_do_not_see_each_other_and_unwanted_ones_are_nan():
    images = make_images(6, seed=9, camera=CAMERA)
    alone = [run(images.select(slice(e, e + 1)))[:, 0] for e in range(6)]
    np.testing.assert_array_equal(run(images), np.array(alone).T)
    wanted = np.arange(6) % 2 == 0
    got = run(images, wanted)
    np.testing.assert_array_equal(got[:, wanted], run(images)[:, wanted])
    assert np.isnan(got[:, ~wanted]).all()
