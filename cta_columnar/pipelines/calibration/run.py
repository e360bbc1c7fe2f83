"""Camera calibration: calibration events of DL1 to coefficients."""

from pathlib import Path

from cta_columnar import registry
from cta_columnar.config import CalibrationConfig, Layer, Stage1Config, digest, load
from cta_columnar.errors import UserError
from cta_columnar.pipelines.calibration.events import FLASHES, PEDESTALS
from cta_columnar.pipelines.calibration.shard import CalibrationJob, process_shard
from cta_columnar.pipelines.running.common import RunOptions, RunSummary
from cta_columnar.pipelines.running.dataset_shards import (
    check_input,
    identity_of,
    input_of,
    run_on_shards,
)
from cta_columnar.store import Record, Shard, Store, configuration_of, open_store


def run_calibration(
    dataset: Path, output: Path, config: CalibrationConfig, options: RunOptions
) -> RunSummary:
    """Compute coefficients of cameras from the calibration events of a DL1 dataset.

    Parameters
    ----------
    dataset : pathlib.Path
        The DL1 dataset.
    output : pathlib.Path
        Folder of the dataset of coefficients.
    config : CalibrationConfig
        Complete, as `cta_columnar.config.load` returns it.
    options : RunOptions
        How to run.

    Raises
    ------
    UserError
        If the input is not a finished DL1 dataset, or has neither pedestals nor
        flashes of both gains; if the output is in use.
    """
    store = open_store(dataset)
    check_input(store, output, ["stage1"], "calibration")
    _check_events(store)
    stage1 = _stage1(store)
    if config.charge_samples is None and stage1 is None:
        raise UserError(
            f"{dataset} does not say how its charges were extracted; give "
            "charge_samples, the charge of 1 p.e. in every sample"
        )
    job = CalibrationJob(dataset, output, config, stage1)
    identity = identity_of("calibration", store, digest(config), options)
    # Events of a run lie in all the shards of its raw file.
    families: dict[object, list[Record]] = {}
    for record in store.records:
        families.setdefault(record.shard.family, []).append(record)
    pieces = []
    for records in families.values():
        inputs = tuple(input_of(store, record) for record in records)
        pieces.append((records, Shard(identity, inputs)))
    return run_on_shards(store, identity, pieces, process_shard, job, options)


def _check_events(store: Store) -> None:
    tables = store.tables()
    if not any(name in tables for name in (*PEDESTALS, *FLASHES)):
        raise UserError(
            f"{store.root} has neither pedestal nor flat-field events; if the raw data "
            "have some, run stage1 with --set source.skip_calibration_events=false"
        )


def _stage1(store: Store) -> Stage1Config | None:
    """Return the configuration that the dataset was made with, if it says."""
    values = configuration_of(store.root, "stage1")
    if values is None:
        return None
    if values["source"]["select_gain"]:
        raise UserError(
            f"{store.root} has one gain channel per pixel, a calibration wants all: "
            "run stage1 without source.select_gain"
        )
    config = load("stage1", [Layer(values)], registry)
    return config if isinstance(config, Stage1Config) else None
