"""Training: from the name of an estimator to a model of plain arrays.

The one home of scikit-learn, which is imported when it is first needed::

    check_estimator("RandomForestRegressor", {"max_depth": 12})     # before any work
    fitted = fit("RandomForestRegressor", {"max_depth": 12}, x, y, seed=1)
    body, link = fitted.body, fitted.link
"""

from cta_columnar.stages.training.catalogue import (
    ESTIMATORS,
    check_estimator,
    is_classifier,
)
from cta_columnar.stages.training.export import NotExportedError
from cta_columnar.stages.training.fitting import Fitted, fit

__all__ = [
    "ESTIMATORS",
    "Fitted",
    "NotExportedError",
    "check_estimator",
    "fit",
    "is_classifier",
]
