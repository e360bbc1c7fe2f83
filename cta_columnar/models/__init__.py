"""Trained models as plain data: what they predict, from what, and how.

Nothing here knows where a model was trained or is kept. Any model is a `Description`
beside a body of plain arrays, a `Forest` or a `Linear`::

    model = open_models("models/").load("energy", "LST_LST_LSTCam")   # in the store
    model.check_inputs(units, "dl2/")
    model.predict(x)                  # in the unit of the target, or probabilities
"""

from cta_columnar.models.collection import ARRAY, Collection, ModelSource
from cta_columnar.models.description import (
    Condition,
    Description,
    EstimatorRecord,
    Feature,
    Target,
    TrainingRecord,
    Use,
)
from cta_columnar.models.event_classes import EventClasses
from cta_columnar.models.forest import NODE, Forest
from cta_columnar.models.linear import Linear
from cta_columnar.models.links import LINKS
from cta_columnar.models.model import Model
from cta_columnar.models.origin import Origin

__all__ = [
    "ARRAY",
    "LINKS",
    "NODE",
    "Collection",
    "Condition",
    "Description",
    "EstimatorRecord",
    "EventClasses",
    "Feature",
    "Forest",
    "Linear",
    "Model",
    "ModelSource",
    "Origin",
    "Target",
    "TrainingRecord",
    "Use",
]
