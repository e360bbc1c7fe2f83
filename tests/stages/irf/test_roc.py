import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from cta_columnar.stages.irf.axes import Axis
from cta_columnar.stages.irf.product_tables import to_table
from cta_columnar.stages.irf.roc import roc

AXIS = Axis("reco_energy", "TeV", (0.0, 1.0, 2.0))


def make_scores(n, mean, seed, *, weighted=True):
    rng = np.random.default_rng(seed)
    events = {
        "reco_energy": rng.uniform(0, 1, n),
        "gh_score": np.clip(np.round(rng.normal(mean, 0.2, n), 2), 0, 1),
    }
    return events | ({"weight": rng.exponential(1, n)} if weighted else {})


def test_area_equals_that_of_scikit_learn():
    signal, background = make_scores(900, 0.7, 0), make_scores(700, 0.4, 1)
    _, area = roc(signal, background, AXIS)
    both = [
        np.concatenate([signal[name], background[name]])
        for name in ("gh_score", "weight")
    ]
    truth = np.repeat([1, 0], [900, 700])
    want = roc_auc_score(truth, both[0], sample_weight=both[1])
    assert area["roc_area"][0] == pytest.approx(want, rel=1e-12)
    assert area["n_signal"].tolist() == [900, 0]
    assert np.isnan(area["roc_area"][1])


def test_curve_is_that_of_scikit_learn():
    signal, background = make_scores(900, 0.7, 0), make_scores(700, 0.4, 1)
    curve, _ = roc(signal, background, AXIS, n_points=20)
    scores = np.concatenate([signal["gh_score"], background["gh_score"]])
    weights = np.concatenate([signal["weight"], background["weight"]])
    passed, kept, thresholds = roc_curve(
        np.repeat([1, 0], [900, 700]),
        scores,
        sample_weight=weights,
        drop_intermediate=False,
    )
    for k, efficiency in enumerate(np.linspace(0, 1, 21)[1:]):
        first = np.argmax(kept >= efficiency * (1 - 1e-9))
        assert curve["background_efficiency"][0, k] == pytest.approx(passed[first])
        score = curve["gh_threshold"][0, k]
        assert passed[first] == pytest.approx(passed[np.argmax(thresholds <= score)])
    assert (np.diff(curve["background_efficiency"][0]) >= 0).all()
    assert np.isnan(curve["background_efficiency"][1]).all()
    assert to_table(curve).num_rows == 40


def test_the_wanted_share_of_the_signal_passes():
    signal = {"reco_energy": np.full(10, 0.5), "gh_score": np.arange(10.0)}
    background = {"reco_energy": np.full(4, 0.5), "gh_score": np.array([0, 3, 7, 9.5])}
    curve, area = roc(signal, background, AXIS, n_points=10)
    assert curve["gh_threshold"][0].tolist() == list(range(9, -1, -1))
    want = np.array([1, 1, 2, 2, 2, 2, 3, 3, 3, 4]) / 4
    np.testing.assert_allclose(curve["background_efficiency"][0], want)
    assert area["roc_area"][0] == pytest.approx((9.5 + 6.5 + 2.5 + 0) / 40)


@pytest.mark.parametrize("weighted", [False, True])
def test_errors_are_the_scatter(weighted):
    areas, errors, passed, of_passed = [], [], [], []
    for seed in range(200):
        signal, background = (
            make_scores(150, mean, 2 * seed + k, weighted=weighted)
            for k, mean in enumerate((0.65, 0.4))
        )
        curve, area = roc(signal, background, AXIS, n_points=4)
        areas.append(area["roc_area"][0])
        errors.append(area["roc_area_uncert"][0])
        passed.append(curve["background_efficiency"][0, 2])
        of_passed.append(curve["background_efficiency_uncert"][0, 2])
    assert np.mean(errors) == pytest.approx(np.std(areas), rel=0.2)
    # The threshold scatters as well, which its own error does not tell.
    assert 0.6 < np.mean(of_passed) / np.std(passed) < 1.1


def test_order_and_nan_do_not_matter():
    signal, background = make_scores(300, 0.7, 4), make_scores(300, 0.4, 5)
    one = roc(signal, background, AXIS)
    turned = {name: np.append(column[::-1], 0.5) for name, column in signal.items()}
    turned["gh_score"][-1] = np.nan
    other = roc(turned, background, AXIS)
    for a, b in zip(one, other, strict=True):
        for name in a.columns:
            np.testing.assert_array_equal(a[name], b[name])


def test_perfect_separation():
    signal, background = make_scores(50, 5.0, 0), make_scores(50, -5.0, 1)
    _, area = roc(signal, background, AXIS)
    assert area["roc_area"][0] == 1
    assert area["roc_area_uncert"][0] == 0
