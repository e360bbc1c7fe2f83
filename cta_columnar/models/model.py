"""A trained model: its description, and the arrays that give its predictions."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cta_columnar.array_types import F8, Mask
from cta_columnar.kernels.rows_within import rows_within
from cta_columnar.models.description import Description
from cta_columnar.models.forest import Forest
from cta_columnar.models.linear import Linear
from cta_columnar.models.links import LINKS


@dataclass(frozen=True, eq=False)
class Model:
    """A model of one task and one telescope type.

    Attributes
    ----------
    description : Description
        What it predicts, from what, and how it was made.
    body : Forest or Linear
        Gives the raw outputs.

    Raises
    ------
    ValueError
        If the body does not fit the description.
    """

    description: Description
    body: Forest | Linear

    def __post_init__(self) -> None:
        """Refuse a body that does not fit."""
        known = self.description
        if self.body.n_outputs != known.n_raw:
            raise ValueError(
                f"{self.body.n_outputs} raw outputs, but the link {known.link!r} of "
                f"{len(known.classes)} classes wants {known.n_raw}"
            )
        if self.body.n_features != len(known.features):
            raise ValueError(
                f"made for {self.body.n_features} features, described with "
                f"{len(known.features)}"
            )

    @property
    def n_bytes(self) -> int:
        """Size of its arrays, with those that are made of them when it is used."""
        arrays = vars(self.body).values()
        size = sum(each.nbytes for each in arrays if isinstance(each, np.ndarray))
        return size + (self.body.paths.n_bytes if isinstance(self.body, Forest) else 0)

    def usable(self, x: F8) -> Mask:
        """bool[r]: rows x[r, f] that have a prediction.

        Infinite features have none, nor has NaN unless the estimator knows what to do
        with it, nor a number beyond float32 in trees that compare as float32.
        """
        dtype = np.float32 if _is_single(self.body) else np.float64
        limit = float(np.finfo(dtype).max)
        usable = np.empty(len(x), np.bool_)
        rows_within(x, limit, self.description.accepts_nan, usable)
        return usable

    def estimate(self, x: F8, usable: Mask | None = None) -> F8:
        """Answer as the estimator itself would.

        Parameters
        ----------
        x : float64[r, f]
            Features, in the order and units of the description.
        usable : bool[r], optional
            What `usable` says of them, if it was asked before.

        Returns
        -------
        predictions : float64[r, k]
            One column for a regressor, else the probability of each class; NaN in rows
            that are not `usable`.

        Raises
        ------
        ValueError
            If ``x`` has not one column for each feature.
        """
        x = np.ascontiguousarray(x, dtype=np.float64)
        n_features = len(self.description.features)
        if x.ndim != 2 or x.shape[1] != n_features:
            wanted = f"float64[r, {n_features}]"
            raise ValueError(f"{self.description.title}: wants {wanted}, got {x.shape}")
        raw = self.body.evaluate(x)
        raw[~(self.usable(x) if usable is None else usable)] = np.nan
        return LINKS[self.description.link](raw)

    def predict(self, x: F8, usable: Mask | None = None) -> F8:
        """Predictions for rows x[r, f]: see `estimate`.

        Returns
        -------
        predictions : float64[r] or float64[r, k]
            In the unit of the target; for a classifier, the probability of each class.
        """
        predictions = self.estimate(x, usable)
        if self.description.classes:
            return predictions
        return self.description.target.inverse(predictions[:, 0])

    def check_inputs(self, units: Mapping[str, str], where: str) -> None:
        """Refuse columns that are not those of the training: see `Description`."""
        self.description.check_inputs(units, where)


def _is_single(body: Forest | Linear) -> bool:
    return isinstance(body, Forest) and body.single_precision
