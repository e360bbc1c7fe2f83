"""The rows that our models are trained on and applied to, as tables for the peer."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import polars.selectors as cs

from cta_columnar import open_store
from cta_columnar.config import TrainConfig
from cta_columnar.models import Feature
from cta_columnar.stages.features import feature_matrix
from cta_columnar.stages.model_rows import telescope_rows
from cta_columnar.stages.training.choice import choose
from cta_columnar.stages.training.targets import DISP_COLUMNS, true_disp
from cta_columnar.stages.training_share import in_share

KEYS = ("obs_id", "event_id", "tel_id")
OF_ROWS = (
    *("true_energy", "true_shower_primary_id", "hillas_fov_lon", "hillas_fov_lat"),
    *("hillas_psi", "hillas_intensity", "hillas_width", "hillas_length"),
)
# What models predict themselves; the peer fills it from its own.
PREDICTED = ("reco_energy", "reco_tel_energy")


def write_rows(
    folder: Path,
    datasets: Mapping[str, Sequence[Path]],
    trained: Sequence[str],
    config: TrainConfig,
) -> dict[str, Any]:
    """Write ``train_<type>.npz`` and ``test_<type>.npz``; return the plan.

    Parameters
    ----------
    folder : pathlib.Path
        Where the tables go.
    datasets : mapping of str to sequence of pathlib.Path
        Of stage 2 by kind, with different ``obs_id``.
    trained : sequence of str
        Kinds that models are trained on.
    config : TrainConfig
        With which our models were trained.
    """
    sections = {name: getattr(config, name) for name in ("energy", "particle", "disp")}
    names = {name for each in sections.values() for name in each.features}
    features = [
        Feature(name, config.features.get(name, name))
        for name in sorted(names - {*PREDICTED})
    ]
    stores = {k: [open_store(each) for each in s] for k, s in datasets.items()}
    tel_types = stores[trained[0]][0].tel_types("parameters")
    for tel_type in tel_types:
        rows = pl.concat(
            telescope_rows(
                store.scan("events").collect(),
                store.scan("parameters", tel_type).collect(),
                store.scan("telescopes", tel_type).collect(),
            ).with_columns(may_train=pl.lit(kind in trained))
            for kind, several in stores.items()
            for store in several
        )
        table = _table(rows, features)
        may_train = rows["may_train"].to_numpy()
        chosen = choose(config, rows).selection.mask & may_train
        share = may_train & in_share(
            config.seed,
            config.fraction,
            rows["obs_id"].to_numpy(),
            rows["event_id"].to_numpy(),
        )
        finite = table.select(pl.all_horizontal(cs.float().is_not_nan())).to_series()
        parts = {"train": pl.Series(chosen) & finite, "test": pl.Series(~share)}
        for part, taken in parts.items():
            columns: dict[str, Any] = table.filter(taken).to_dict(as_series=False)
            np.savez(folder / f"{part}_{tel_type}.npz", **columns)
    return {
        "tel_types": list(tel_types),
        "quality": [[cut.name, cut.expression] for cut in config.quality],
        "weights": config.image_weights,
        "energy": {
            **_estimator(config.energy, "model"),
            "log_target": sections["energy"].log_target,
        },
        "particle": _estimator(config.particle, "model"),
        "disp": {
            **_estimator(config.disp, "norm"),
            "sign_cls": sections["disp"].sign_estimator.name,
            "sign_config": _arguments(sections["disp"].sign_estimator),
            "log_target": sections["disp"].log_target,
        },
    }


def _table(rows: pl.DataFrame, features: Sequence[Feature]) -> pl.DataFrame:
    """Keys, truth, what weighs images, and the features."""
    x = feature_matrix(rows, features).x
    columns = {each.name: x[:, i] for i, each in enumerate(features)}
    others = ("HillasReconstructor_is_valid", "morphology_n_pixels")
    for name in (*KEYS, *OF_ROWS, *others):
        columns.setdefault(name, rows[name].to_numpy())
    columns["true_disp"] = true_disp({n: rows[n].to_numpy() for n in DISP_COLUMNS})
    columns["telescope_pointing_altitude"] = rows["pointing_alt"].to_numpy()
    columns["telescope_pointing_azimuth"] = rows["pointing_az"].to_numpy()
    return pl.DataFrame(columns)


def _estimator(section: Any, prefix: str) -> dict[str, Any]:  # noqa: ANN401
    return {
        f"{prefix}_cls": section.estimator.name,
        f"{prefix}_config": _arguments(section.estimator),
        "features": list(section.features),
    }


def _arguments(choice: Any) -> dict[str, Any]:  # noqa: ANN401
    return {**choice.options, "random_state": 1, "n_jobs": 2}
