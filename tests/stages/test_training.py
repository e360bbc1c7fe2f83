"""Every estimator, exported: the model predicts what scikit-learn predicts."""

import numpy as np
import pytest
from toy_models import CLASSES, N_FEATURES, describe, toy_data

from cta_columnar.errors import UserError
from cta_columnar.models import Forest, Model
from cta_columnar.stages import training
from cta_columnar.stages.training import check_estimator, fit
from cta_columnar.stages.training import export as export_module
from cta_columnar.stages.training.catalogue import ESTIMATORS, kind_of

SMALL = {
    "forest": {"n_estimators": 4, "max_depth": 5},
    "boosting": {"n_estimators": 4, "max_depth": 3},
    "histogram": {"max_iter": 4, "max_leaf_nodes": 6, "min_samples_leaf": 3},
    "linear": {},
}
REGRESSORS = [name for name, kind in ESTIMATORS.items() if not kind.classifies]
CLASSIFIERS = [name for name, kind in ESTIMATORS.items() if kind.classifies]
TAKES_NAN = [
    name for name, kind in ESTIMATORS.items() if kind.family in ("forest", "histogram")
]


def fitted(name, n_classes=0, n_rows=150, with_nan=False, weighted=False, **arguments):
    """A fitted estimator, its model, and rows it has not seen."""
    x, y = toy_data(n_rows, n_classes, with_nan=with_nan)
    weight = np.random.default_rng(5).random(n_rows) if weighted else None
    arguments = SMALL[kind_of(name).family] | arguments
    classes = CLASSES[:n_classes]
    done = fit(name, arguments, x, y, weight=weight, classes=classes, seed=3)
    model = Model(describe(done, classes), done.body)
    fresh, _ = toy_data(60, seed=9, with_nan=with_nan)
    return done.estimator, model, fresh


def agrees(estimator, model, x):
    """Whether a model predicts what its estimator predicts, to 1e-6."""
    want = (
        estimator.predict_proba(x)
        if model.description.classes
        else estimator.predict(x)
    )
    np.testing.assert_allclose(model.predict(x), want, rtol=1e-6, atol=1e-12)
    return True


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", REGRESSORS)
def test_regressors(name, weighted):
    estimator, model, x = fitted(name, weighted=weighted)
    assert agrees(estimator, model, x)
    assert agrees(estimator, model, x[:1])
    assert model.predict(x[:0]).shape == (0,)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_classifiers(name, n_classes):
    estimator, model, x = fitted(name, n_classes, weighted=n_classes == 2)
    assert agrees(estimator, model, x)
    np.testing.assert_allclose(model.predict(x).sum(axis=1), 1)
    assert model.predict(x[:0]).shape == (0, n_classes)


LOSSES = [
    (name, loss)
    for name, kind in ESTIMATORS.items()
    for loss in kind.choices.get("loss", ())
]


@pytest.mark.parametrize(("name", "loss"), LOSSES)
def test_losses(name, loss):
    n_classes = 2 if kind_of(name).classifies else 0
    quantile = {"quantile": 0.4} if loss == "quantile" and "Hist" in name else {}
    assert agrees(*fitted(name, n_classes, loss=loss, **quantile))


@pytest.mark.parametrize("name", TAKES_NAN)
@pytest.mark.parametrize("trained_with_nan", [False, True])
def test_nan_goes_where_the_estimator_sends_it(name, trained_with_nan):
    n_classes = 3 if kind_of(name).classifies else 0
    estimator, model, x = fitted(name, n_classes, with_nan=trained_with_nan)
    x[::3, 1] = np.nan
    assert model.description.accepts_nan == trained_with_nan
    if not trained_with_nan:
        # It was told nothing of images without a feature, so it says nothing of them.
        assert np.isnan(model.predict(x)[::3]).all()
        x = x[np.isfinite(x).all(axis=1)]
    assert agrees(estimator, model, x)


@pytest.mark.parametrize("name", sorted(set(ESTIMATORS) - set(TAKES_NAN)))
def test_nan_is_no_prediction_where_the_estimator_takes_none(name):
    n_classes = 2 if kind_of(name).classifies else 0
    _, model, x = fitted(name, n_classes)
    x[0, 1] = np.nan
    got = model.predict(x)
    assert np.isnan(got[0]).all()
    assert np.isfinite(got[1:]).all()
    with pytest.raises(UserError, match=r"takes no NaN, which \d+ of 150 rows have"):
        fitted(name, n_classes, with_nan=True)


def test_infinite_features_have_no_prediction():
    _, model, x = fitted("RandomForestRegressor")
    x[0, 1], x[1, 2] = np.inf, 1e300  # the latter beyond float32
    assert np.isnan(model.predict(x)).tolist() == [True, True] + [False] * 58
    _, linear, _ = fitted("Ridge")
    assert np.isnan(linear.predict(x)).tolist() == [True] + [False] * 59


def test_features_are_compared_in_the_precision_of_the_estimator():
    """A forest rounds features to float32, histogram boosting does not."""
    y = np.array([0.0, 0.0, 1.0, 1.0] * 10)
    x = (1 + 1e-9 * np.tile([0, 1, 2, 3], 10))[:, np.newaxis]
    arguments = {"min_samples_leaf": 1, "max_iter": 3}
    fine = fit("HistGradientBoostingRegressor", arguments, x, y)
    coarse = fit("RandomForestRegressor", {"n_estimators": 2}, x, y)
    assert np.ptp(fine.body.evaluate(x)) > 0.1
    assert np.ptp(coarse.body.evaluate(x)) == 0


@pytest.mark.parametrize("name", ["RandomForestRegressor", "GradientBoostingRegressor"])
def test_trees_without_a_branch(name):
    x, _ = toy_data(20)
    done = fit(name, {"n_estimators": 2}, x, np.full(20, 3.0))
    assert done.body.nodes["is_leaf"].all()
    np.testing.assert_allclose(done.body.evaluate(x), 3)


def test_one_row_is_enough_to_train_on():
    x, y = toy_data(1)
    done = fit("ExtraTreesRegressor", {"n_estimators": 2}, x, y)
    np.testing.assert_allclose(done.body.evaluate(x)[:, 0], y)


@pytest.mark.parametrize("name", ["RandomForestClassifier", "ExtraTreesRegressor"])
def test_the_seed_decides(name):
    def nodes(seed, n_jobs=1):
        x, y = toy_data(100, 3 if "Class" in name else 0)
        done = fit(
            *(name, {"n_estimators": 3}, x, y),
            **{"classes": CLASSES, "seed": seed, "n_jobs": n_jobs},
        )
        return done.body.nodes.tobytes()

    assert nodes(1) == nodes(1) == nodes(1, n_jobs=2)
    assert nodes(1) != nodes(2)


def test_what_scikit_learn_says_is_kept():
    x, y = toy_data(50, 2)
    done = fit("LogisticRegression", {"max_iter": 1}, x, y, classes=CLASSES[:2])
    assert any("converge" in text for text in done.warnings)
    assert done.record.arguments == {"max_iter": 1}
    assert done.record.library.startswith("scikit-learn ")


REFUSED = {
    "unknown estimator": ("RandomForestRegresor", {}, "did you mean 'RandomForestRegr"),
    "no export": ("KNeighborsRegressor", {}, "cannot be exported to a model"),
    "unknown argument": (
        "Ridge",
        {"alfa": 1},
        "no argument 'alfa'; did you mean 'alpha'",
    ),
    "bad value": (
        "ExtraTreesRegressor",
        {"max_depth": "deep"},
        "'max_depth' parameter",
    ),
    "ours": ("ExtraTreesRegressor", {"random_state": 1}, "the seed of the training"),
    "threads": ("ExtraTreesRegressor", {"n_jobs": 4}, "the workers of the run decide"),
    "categories": (
        "HistGradientBoostingClassifier",
        {"categorical_features": [0]},
        "categorical_features cannot be given: features are numbers",
    ),
    "an estimator inside": (
        "GradientBoostingRegressor",
        {"init": "Ridge"},
        "init may be null, zero, got 'Ridge'",
    ),
    "solver": ("LogisticRegression", {"solver": "liblinear"}, "solver may be lbfgs, "),
    "weights": (
        "RandomForestClassifier",
        {"class_weight": {0: 2}},
        "class_weight may be null, balanced, balanced_subsample, got",
    ),
    "loss": (
        "HistGradientBoostingRegressor",
        {"loss": "mse"},
        "loss may be squared_err",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_before_training(case):
    name, arguments, message = REFUSED[case]
    with pytest.raises(UserError, match=message):
        check_estimator(name, arguments)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_every_estimator_passes_with_its_defaults(name):
    check_estimator(name, {})


X, Y = toy_data(20)
BAD_ROWS = {
    "no rows": ({"x": X[:0], "y": Y[:0]}, "there is no row to train on"),
    "infinite feature": ({"x": X + np.inf}, "is infinite"),
    "undefined target": ({"y": Y * np.nan}, "a target NaN"),
    "negative weight": ({"weight": -Y}, "weights must be finite, not negative"),
    "no weight": ({"weight": 0 * Y}, "not all 0"),
}


@pytest.mark.parametrize("case", BAD_ROWS)
def test_rows_that_nothing_can_be_trained_on(case):
    changed, message = BAD_ROWS[case]
    with pytest.raises(UserError, match=message):
        fit("RandomForestRegressor", {}, **({"x": X, "y": Y} | changed))


def test_arguments_that_only_fit_refuses_are_of_the_user():
    with pytest.raises(UserError, match=r"LogisticRegression: .*l1"):
        fit("LogisticRegression", {"penalty": "l1"}, X, Y > 1, classes=CLASSES[:2])


def test_a_class_without_rows():
    y = np.arange(20) % 2
    with pytest.raises(UserError, match=r"gamma 10, proton 10, electron 0"):
        fit("RandomForestClassifier", {}, X, y, classes=CLASSES)
    weight = 1.0 - y
    with pytest.raises(UserError, match=r"gamma 10, proton 0"):
        fit("RandomForestClassifier", {}, X, y, weight=weight, classes=CLASSES[:2])
    with pytest.raises(UserError, match="wants two classes or more"):
        fit("RandomForestClassifier", {}, X, 0 * y, classes=["gamma"])


def test_wrong_shapes_are_errors_of_the_caller():
    with pytest.raises(ValueError, match=r"x\[r, f\] and y\[r\]"):
        fit("Ridge", {}, X, Y[:5])
    with pytest.raises(ValueError, match="weight"):
        fit("Ridge", {}, X, Y, weight=Y[:5])
    with pytest.raises(ValueError, match="numbers of classes"):
        fit("LogisticRegression", {}, X, Y, classes=CLASSES)


def test_an_export_that_does_not_agree_is_refused(monkeypatch):
    """As with a later scikit-learn that keeps its trees in another way."""

    def wrong(estimator):
        body = bagged(estimator)
        changes = {"scale": body.scale * 1.001}
        fields = ("nodes", "node_start", "leaf_value", "output", "base")
        same = {name: getattr(body, name) for name in fields}
        return Forest(**same, n_features=N_FEATURES, single_precision=True, **changes)

    bagged = export_module._bagged
    monkeypatch.setitem(export_module._EXPORTS, "forest", wrong)
    with pytest.raises(training.NotExportedError, match="off by up to"):
        fit("RandomForestRegressor", {"n_estimators": 2}, X, Y)
