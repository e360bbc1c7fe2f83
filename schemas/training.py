"""Tables beside trained models: how good they are, and by what."""

import pyarrow as pa

from cta_columnar.schemas.columns import column

_TASK = column("task", pa.string(), "", "what is predicted")
_TEL_TYPE = column(
    "tel_type", pa.string(), "", "telescope type; array: predictions of whole events"
)
_ENERGY_LOW = column("energy_low", pa.float64(), "TeV", "lower edge of the energy bin")
_ENERGY_HIGH = column("energy_high", pa.float64(), "TeV", "its upper edge")

IMPORTANCE = pa.schema(
    [
        _TASK,
        _TEL_TYPE,
        column("feature", pa.string(), "", "name of the feature"),
        column("impurity", pa.float64(), "", "share of what splits of trees gain by "
               "it; NaN if the estimator does not say"),
        column("permutation", pa.float64(), "", "relative increase of the loss on held "
               "out events if its values are shuffled"),
        column("permutation_uncert", pa.float64(), "", "scatter of folds of that, for "
               "the mean"),
    ]
)  # fmt: skip

CROSS_VALIDATION = pa.schema(
    [
        _TASK,
        _TEL_TYPE,
        column("metric", pa.string(), "", "which figure"),
        column("unit", pa.string(), "", "its unit"),
        column("energy", pa.string(), "", "true or reconstructed energy in bins"),
        _ENERGY_LOW,
        _ENERGY_HIGH,
        column("n_rows", pa.int64(), "", "predictions that it is about"),
        column("value", pa.float64(), "", "of predictions of held out events"),
        column("value_uncert", pa.float64(), "", "scatter of folds of that, for the "
               "mean"),
    ]
)  # fmt: skip


TABLES = {"importance": IMPORTANCE, "cross_validation": CROSS_VALIDATION}
