"""Training: from the name of an estimator to a model of plain arrays.

The one home of scikit-learn, which is imported when it is first needed::

    check_estimator("RandomForestRegressor", {"max_depth": 12})     # before any work
    fitted = fit("RandomForestRegressor", {"max_depth": 12}, x, y, seed=1)
    body, link = fitted.body, fitted.link

All models of a configuration, each on cross-fitted predictions of those before::

    models = []
    rows = Frames({"LST_LST_LSTCam": frame}, config)
    results = train_models(rows, config, models.append)
"""

from cta_columnar.stages.training.catalogue import (
    ESTIMATORS,
    check_estimator,
    is_classifier,
)
from cta_columnar.stages.training.export import NotExportedError
from cta_columnar.stages.training.fitting import Fitted, fit
from cta_columnar.stages.training.rows import Frames
from cta_columnar.stages.training.train import train_models

__all__ = [
    "ESTIMATORS",
    "Fitted",
    "Frames",
    "NotExportedError",
    "check_estimator",
    "fit",
    "is_classifier",
    "train_models",
]
