"""Apply one model to rows: which of them it is for, and what it says of those."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from cta_columnar.array_types import F8
from cta_columnar.config.expressions import Cut
from cta_columnar.errors import UserError
from cta_columnar.models import Description, Model
from cta_columnar.stages.features import feature_matrix
from cta_columnar.stages.selection import Selection

# In the cut flow, behind the conditions of the model.
USABLE = "usable_features"


@dataclass(frozen=True, eq=False)
class Applied:
    """What a model says of some rows.

    Attributes
    ----------
    prediction : float64[r] or float64[r, k]
        In the unit of the target, or probabilities; NaN in rows that fail.
    selection : Selection
        The conditions of the model, and whether it can do with the features of a row.
    """

    prediction: F8
    selection: Selection


def cuts_of(known: Description) -> tuple[Cut, ...]:
    """Return the conditions of a model.

    Raises
    ------
    UserError
        If one cannot be read.
    """
    try:
        return tuple(Cut(each.name, each.expression) for each in known.quality)
    except ValueError as error:
        raise UserError(f"a condition of the {known.title}: {error}") from error


def apply_model(model: Model, columns: Mapping[str, Any], n_rows: int) -> Applied:
    """Predict rows that meet the conditions of a model and have its features.

    Parameters
    ----------
    model : Model
        Of any task.
    columns : mapping of str to array[r]
        Those that features and conditions read, at least; arrays or polars series.
    n_rows : int
        Rows; with none the answer is empty.

    Raises
    ------
    UserError
        If a column is missing, or a condition cannot be evaluated.
    """
    known = model.description
    cuts = cuts_of(known)
    names = {name for cut in cuts for name in cut.columns}
    try:
        there = {name: np.asarray(columns[name]) for name in names & columns.keys()}
        passed = Selection.of(cuts, there, n_rows)
        x = feature_matrix(columns, known.features).x
    except ValueError as error:
        raise UserError(f"the {known.title}: {error}") from error
    usable = model.usable(x)
    both = np.vstack([passed.passed, usable[np.newaxis]])
    selection = Selection((*passed.names, USABLE), both)
    rows = np.flatnonzero(selection.mask)
    shape = (n_rows, len(known.classes)) if known.classes else (n_rows,)
    prediction = np.full(shape, np.nan)
    prediction[rows] = model.predict(x[rows], usable[rows])
    return Applied(prediction, selection)
