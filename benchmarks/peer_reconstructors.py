"""ctapipe's reconstructors on plain tables, for programs that the peer's Python runs.

They import this as a module beside them: nothing of ours is in that environment.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import astropy.units as u
import numpy as np
from astropy.table import Table, vstack
from ctapipe.reco import DispReconstructor, EnergyRegressor, ParticleClassifier
from traitlets.config import Config

KINDS = {
    "energy": EnergyRegressor,
    "particle": ParticleClassifier,
    "disp": DispReconstructor,
}
UNITS = {"true_energy": u.TeV, "true_disp": u.deg}
DEGREES = ("hillas_fov_lon", "hillas_fov_lat", "hillas_psi")
POINTING = ("telescope_pointing_altitude", "telescope_pointing_azimuth")
Model = Any  # one of ctapipe's reconstructors
Pairs = Iterable[tuple[str, str]]


def as_table(columns: Mapping[str, Any]) -> Table:
    """Make a table of images with the units that ctapipe asks for."""
    table = Table(dict(columns))
    for name in (*UNITS, *DEGREES, *POINTING):
        table[name] = u.Quantity(np.asarray(table[name]), UNITS.get(name, u.deg))
    for name in ("obs_id", "event_id"):
        table[name].description = name
    return table


def reconstructor(
    kind: str,
    subarray: Any,  # noqa: ANN401 - ctapipe's SubarrayDescription
    *,
    quality: Pairs,
    made: Pairs = (),
    weights: str = "none",
    **own: Any,  # noqa: ANN401 - its traits
) -> Model:
    """Make a reconstructor.

    Parameters
    ----------
    kind : str
        Key of `KINDS`.
    subarray : ctapipe.instrument.SubarrayDescription
        The array.
    quality, made : iterable of (str, str)
        Conditions, and features that are made of others; each with its name.
    weights : str
        Of images in what their event gets.
    **own
        Its features, class and arguments of its estimators, or trained ``models``.
    """
    combiner: dict[str, Any] = {"weights": weights}
    if own.get("log_target") and kind == "energy":
        # It does not follow from that of the regressor.
        combiner["log_target"] = True
    config = Config(
        {
            "QualityQuery": {"quality_criteria": [list(each) for each in quality]},
            "FeatureGenerator": {"features": [list(each) for each in made]},
            "StereoMeanCombiner": combiner,
        }
    )
    return KINDS[kind](subarray=subarray, config=config, **own)


def fit(model: Model, tables: Mapping[Any, Table]) -> None:
    """Fit a model for each telescope type: particles to all images, else to gammas."""
    for tel_type, table in tables.items():
        gamma = table["true_shower_primary_id"] == 0
        is_of_all = isinstance(model, ParticleClassifier)
        model.fit(tel_type, table if is_of_all else table[gamma])


def predict(model: Model, tables: Mapping[Any, Table]) -> None:
    """Add the predictions for each image to its table."""
    for tel_type, table in tables.items():
        for found in model.predict_table(tel_type, table).values():
            for name in found.colnames:
                table[name] = found[name]


def combined(model: Model, tables: Mapping[Any, Table]) -> Table:
    """Combine the predictions of all telescopes of an event."""
    rows = vstack(list(tables.values()), metadata_conflicts="silent")
    rows.sort(["obs_id", "event_id", "tel_id"])
    return model.stereo_combiner.predict_table(rows)
