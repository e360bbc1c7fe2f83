import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from muon_images import NEAR, PITCH, RADIUS, TRUTH, X, Y, ring_image, ring_model
from reference.muon_light import ALPHA

from cta_columnar.kernels.muon_efficiency import MUON_EFFICIENCY, muon_efficiency
from cta_columnar.kernels.muon_fit import covariance_at, polish, score
from cta_columnar.kernels.muon_light import FINE_STRUCTURE, Ring, ring_likelihood

HEXAGON = np.pi / 2 / np.sqrt(3)
PHOTONS = FINE_STRUCTURE * (1 / 300e-9 - 1 / 600e-9)


def ring_of(model, charge):
    n = model.n_points
    azimuths = np.linspace(-np.pi, np.pi, n)
    return Ring(
        charge,
        np.hypot(model.x, model.y),
        (np.arctan2(model.y, model.x) + np.pi) / (2 * np.pi) * (n - 1),
        np.cos(azimuths),
        np.sin(azimuths),
        model.oversampling,
        model.radius,
        model.pixel_width,
        model.mirror,
        model.hole,
        PHOTONS * model.pixel_width / model.radius * np.sin(2 * model.radius) / 2
        * model.roundness,
        model.pedestal**2,
        1 + model.spe_width**2,
    )  # fmt: skip


def free_of(model, impact, phi, width, efficiency):
    place = impact / model.mirror
    return np.array(
        [place * np.cos(phi), place * np.sin(phi), np.log(width), np.log(efficiency)]
    )


def parameters_of(model, free):
    return (
        model.mirror * np.hypot(free[0], free[1]),
        np.arctan2(free[1], free[0]),
        *np.exp(free[2:]),
    )


def likelihood(ring, free):
    gradient, information = np.empty(4), np.empty((4, 4))
    work = np.empty((2, 3, ring.cosine.size))
    value = ring_likelihood(ring, free, work, True, gradient, information)
    return value, gradient, information


def fit(images, hole=0.74, wanted=True, radius=RADIUS, near=None):
    n = len(images)
    if near is None:
        near = np.abs(np.hypot(X, Y) - radius) < NEAR * radius
    return muon_efficiency(
        images,
        np.broadcast_to(near, images.shape).copy(),
        np.full(n, wanted),
        X,
        Y,
        float(PITCH),
        np.zeros(n),
        np.zeros(n),
        np.full(n, radius),
        *(12.0, hole, HEXAGON, PHOTONS, 1.1, 0.5, 3),
    )


impacts = st.floats(0.0, 20.0)
directions = st.floats(-3.1, 3.1)


@settings(deadline=None, max_examples=20)
@given(
    impacts, directions, st.floats(0.02, 0.3), st.floats(0.02, 2.0),
    st.sampled_from([0.0, 0.74]), st.integers(1, 4),
)  # fmt: skip
def test_likelihood_equals_the_reference(
    impact, phi, width, efficiency, hole, oversampling
):
    model, near = ring_model(hole=hole, oversampling=oversampling)
    charge = ring_image(1)[near].astype(float)
    parameters = impact, phi, np.radians(width), efficiency
    ring = ring_of(model, charge)
    got, _, _ = likelihood(ring, free_of(model, *parameters))
    assert got == pytest.approx(model.minus_log_likelihood(charge, *parameters))


@settings(deadline=None, max_examples=10)
@given(st.floats(1.0, 9.0), directions)
def test_gradient_and_information_are_those_of_the_likelihood(impact, phi):
    # Without the hole, the chord of a muon through the mirror has no kinks.
    model, _ = ring_model(hole=0.0)
    free = free_of(model, impact, phi, np.radians(0.1), 0.3)
    light = model.expected(*parameters_of(model, free))
    step = 1e-5 * np.eye(4)
    slopes = [
        (
            model.expected(*parameters_of(model, free + d))
            - model.expected(*parameters_of(model, free - d))
        ) / 2e-5
        for d in step
    ]  # fmt: skip
    charge = light + 1.0
    _, gradient, information = likelihood(ring_of(model, charge), free)
    by_difference = [
        (
            model.minus_log_likelihood(charge, *parameters_of(model, free + d))
            - model.minus_log_likelihood(charge, *parameters_of(model, free - d))
        ) / 2e-5
        for d in step
    ]  # fmt: skip
    np.testing.assert_allclose(gradient, by_difference, rtol=1e-4, atol=1e-3)
    # Fisher's information of Gaussians whose variance depends on the light too.
    variance = model.pedestal**2 + 1.25 * light
    weight = 1 / variance + 0.5 * (1.25 / variance) ** 2
    want = np.tril((np.array(slopes) * weight) @ np.transpose(slopes))
    np.testing.assert_allclose(np.tril(information), want, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("impact", [0.5, 5.0, 11.0, 14.0])
def test_simulated_parameters_are_found(impact):
    truth = impact, *TRUTH[1:]
    images = np.array([ring_image(seed, truth) for seed in range(2)])
    width, rho, x, y, efficiency, is_valid, _, _ = fit(images)
    np.testing.assert_allclose(width, TRUTH[2], rtol=0.25)
    np.testing.assert_allclose(x, impact * np.cos(0.7), atol=2)
    np.testing.assert_allclose(y, impact * np.sin(0.7), atol=2)
    np.testing.assert_allclose(rho, np.hypot(x, y))
    np.testing.assert_allclose(efficiency, 0.2, rtol=0.15)
    assert is_valid.all()


@pytest.mark.parametrize("seed", range(2))
def test_the_optimum_is_lower_than_a_grid_and_all_around_it(seed):
    model, near = ring_model()
    image = ring_image(seed)
    width, rho, x, y, efficiency, *_, lowest = fit(image[None])[:, 0]
    charge = image[near].astype(float)
    best = rho, np.arctan2(y, x), width, efficiency
    assert lowest == pytest.approx(model.minus_log_likelihood(charge, *best))
    rng = np.random.default_rng(seed)
    near_by = [np.array(best) * (1 + 0.02 * rng.normal(size=4)) for _ in range(30)]
    far = [
        (impact, phi, best[2], best[3])
        for impact in (0.0, 3.0, 8.0, 13.0)
        for phi in np.arange(-3, 3.1, 0.5)
    ]
    others = [model.minus_log_likelihood(charge, *each) for each in near_by + far]
    assert min(others) > lowest - 1e-5


@pytest.mark.parametrize("way", [score, polish])
@pytest.mark.parametrize("seed", range(3))
def test_either_way_leads_to_the_optimum_where_there_are_no_kinks(way, seed):
    model, _ = ring_model(hole=0.0)
    start = free_of(model, *TRUTH)
    ring = ring_of(model, model.expected(*TRUTH))  # no noise: the optimum is the truth
    covariance, work = np.empty((4, 4)), np.empty((2, 3, ring.cosine.size))
    assert covariance_at(ring, start, work, covariance)
    error = np.sqrt(np.diag(covariance))
    optimum = start.copy()
    score(ring, optimum, 60, work)
    start += error * np.random.default_rng(seed).normal(size=4)
    if way is score:
        value = score(ring, start, 60, work)
    else:
        value, is_at_rest = polish(ring, start, error, work)
        assert is_at_rest
    assert value == pytest.approx(likelihood(ring, optimum)[0], abs=1e-5)
    np.testing.assert_allclose(start, optimum, atol=0.01 * error.max())


def test_an_impact_at_the_centre_is_flagged_and_its_azimuth_is_no_limit():
    """Quirk: ctapipe flags azimuths near pi, where its fit ends; ours goes round."""
    model, near = ring_model()
    images = np.zeros((2, X.size), np.float32)
    for image, place in zip(images, ((0.0, 0.0), (7.0, np.pi)), strict=True):
        image[near] = model.expected(*place, *TRUTH[2:])
    got = dict(zip(MUON_EFFICIENCY, fit(images), strict=True))
    assert got["is_valid"].tolist() == [1, 1]
    assert got["parameters_at_limit"].tolist() == [1, 0]
    np.testing.assert_allclose(got["impact_x"], [0, -7], atol=0.3)
    np.testing.assert_allclose(got["impact_y"], [0, 0], atol=0.3)


def test_the_same_ring_has_the_same_answer_in_any_company():
    images = np.array([ring_image(seed) for seed in range(2)])
    np.testing.assert_array_equal(fit(images)[:, 1:], fit(images[1:]))


def test_nothing_to_fit():
    image = ring_image(1)[None]
    flags = [MUON_EFFICIENCY.index(n) for n in ("is_valid", "parameters_at_limit")]
    cases = [
        fit(image, wanted=False),
        fit(image, radius=np.nan),
        fit(image, radius=PITCH / 10),
        fit(image * np.nan),
        fit(image, near=np.zeros(X.size, bool)),
    ]
    assert fit(image[:0]).shape == (8, 0)
    for case in cases[:4]:
        assert np.isnan(np.delete(case[:, 0], flags)).all()
    for case in cases:
        assert case[MUON_EFFICIENCY.index("is_valid"), 0] == 0


def test_the_constants_of_kernel_and_reference():
    assert FINE_STRUCTURE == ALPHA
