"""Small models, and data to train them on."""

import numpy as np

from cta_columnar.models import (
    Description,
    Feature,
    Model,
    Target,
    TrainingRecord,
)
from cta_columnar.stages.training import ESTIMATORS, fit, is_classifier

CLASSES = ("gamma", "proton", "electron")
N_FEATURES = 4


def toy_data(n_rows, n_classes=0, seed=0, with_nan=False):
    """Features x[r, f], and a positive target or the numbers of classes."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n_rows, N_FEATURES))
    y = np.exp(0.3 * x[:, 0] + 0.2 * x[:, 1] ** 2 + 0.1 * rng.normal(size=n_rows))
    if n_classes:
        edges = np.quantile(y, np.linspace(0, 1, n_classes + 1)[1:-1])
        y = np.digitize(y, edges)
    if with_nan:
        x[rng.random(x.shape) < 0.15] = np.nan
    return x, y


def describe(fitted, classes=(), **changes):
    """Describe a fitted estimator of the toy data."""
    features = tuple(Feature(f"f{i}", f"column_{i}", "deg") for i in range(N_FEATURES))
    known = {
        "task": "particle" if classes else "energy",
        "tel_type": "LST_LST_LSTCam",
        "target": Target("true_energy", "" if classes else "TeV"),
        "classes": tuple(classes),
        "features": features,
        "inputs": {f"column_{i}": "deg" for i in range(N_FEATURES)},
        "link": fitted.link,
        "accepts_nan": fitted.accepts_nan,
        "estimator": fitted.record,
        "training": TrainingRecord({"gamma": "a" * 8}, "b" * 8, 90, 100, "c" * 8),
    }
    return Description(**(known | changes))


def toy_model(name="RandomForestRegressor", n_rows=80, **arguments):
    """Train a model in a fraction of a second."""
    kind = ESTIMATORS[name].family
    if kind in ("forest", "boosting"):
        arguments = {"n_estimators": 3, "max_depth": 4} | arguments
    elif kind == "histogram":
        arguments = {"max_iter": 3} | arguments
    classes = CLASSES if is_classifier(name) else ()
    x, y = toy_data(n_rows, len(classes))
    fitted = fit(name, arguments, x, y, classes=classes, seed=1)
    return Model(describe(fitted, classes), fitted.body)
