"""Stage 1 of stored images: cleaned again, and with parameters anew."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cta_columnar.config import Stage1Config
from cta_columnar.digests import code_digest
from cta_columnar.errors import UserError
from cta_columnar.pipelines.calibration.camera_calibration import calibration_input
from cta_columnar.pipelines.images.origin import (
    as_stored,
    check_origin,
    made_with,
    storage_of,
)
from cta_columnar.pipelines.images.pedestals import SCATTER
from cta_columnar.pipelines.images.rows import FROM_PARAMETERS, columns_there
from cta_columnar.pipelines.images.shard import ImageJob, process_images
from cta_columnar.pipelines.running.common import RunOptions, RunSummary
from cta_columnar.pipelines.running.dataset_shards import (
    check_input,
    identity_of,
    input_of,
    run_on_shards,
)
from cta_columnar.pipelines.stage1.chains import image_chains
from cta_columnar.pipelines.stage1.pedestals import digest_with, monitoring_inputs
from cta_columnar.pipelines.stage1.telescope_tables import in_rings
from cta_columnar.schemas import dl1
from cta_columnar.stages.wiring import check_reads
from cta_columnar.store import Identity, Record, Shard, Store, inputs_of


def run_stage1_on_dl1(
    store: Store, output: Path, config: Stage1Config, options: RunOptions
) -> RunSummary:
    """Clean the images of a DL1 dataset again, shard by shard.

    Raises
    ------
    UserError
        If the input is not a finished dataset with images, was made with something
        else than is asked for, or lacks what a step reads; if the output is in use.
    """
    check_input(store, output, ["stage1"], "stage1")
    _check_images(store)
    job = _job(store, output, config, options)
    _check_steps(store, job)
    beside = _beside(store, job)
    identity = identity_of("stage1", store, digest_with(job.config, beside), options)
    pieces = [
        ((record,), _shard(identity, store, record, family))
        for family in _families(store)
        for record in family
    ]
    return run_on_shards(
        store, identity, pieces, process_images, job, options, store.size, beside
    )


def _check_images(store: Store) -> None:
    for record in store.records:
        counts = {"parameters": 0, "images": 0}
        for part in record.parts:
            if part.place.table in counts:
                counts[part.place.table] += part.rows
        if counts["images"] != counts["parameters"]:
            raise UserError(
                f"{store.root} holds no images (write.images=none): give the raw "
                "files, or what reduce made of them, as --input"
            )


def _job(
    store: Store, output: Path, config: Stage1Config, options: RunOptions
) -> ImageJob:
    """Decide what is computed, what is carried on, and what will be said of it."""
    origin = made_with(store)
    check_origin(config, origin, store)
    storage = _storage(store)
    types = store.tel_types("images")
    has_truth = all("true_image" in columns_there(store, each) for each in types)
    write = as_stored(config.write, storage, has_truth=has_truth)
    config = config.model_copy(update={"write": write})
    is_modified = origin.image_modifier is not None
    if storage["pixels"] == "cleaned" and config.image_modifier and not is_modified:
        raise UserError(
            f"image_modifier: {store.root} has the cleaned pixels of its images only; "
            "give the raw files"
        )
    carries = _carries_truth(store, config, origin, options)
    if write.true_parameters and not carries and not has_truth:
        raise UserError(
            f"write.true_parameters: {store.root} has no true images; set it to false"
        )
    computed = {"true_parameters": write.true_parameters and not carries}
    update: dict[str, object] = {"write": write.model_copy(update=computed)}
    if is_modified:
        # The images have it.
        update["image_modifier"] = None
    chain = config.model_copy(update=update)
    warnings = _warnings(store, config, origin)
    return ImageJob(store.root, output, config, chain, carries, warnings)


def _warnings(
    store: Store, config: Stage1Config, origin: Stage1Config
) -> tuple[str, ...]:
    """Tell of pixels that another cleaning than the first may miss."""
    storage = _storage(store)
    cleaning = config.cleaner, config.island_selector
    same = cleaning == (origin.cleaner, origin.island_selector)
    if storage["pixels"] != "cleaned" or same:
        return ()
    return (
        f"{store.root} has the cleaned pixels of its images and "
        f"{in_rings(storage['rings'])} around them only: what another cleaning would "
        "find beyond is gone",
    )


def _storage(store: Store) -> Mapping[str, Any]:
    """Say how the images are stored, which all shards have in common."""
    return storage_of(store.records[0]) if store.records else {"pixels": "whole"}


def _carries_truth(
    store: Store, config: Stage1Config, origin: Stage1Config, options: RunOptions
) -> bool:
    """Whether true parameters stay: they know nothing of the cleaning."""
    identity = store.identity
    return (
        config.write.true_parameters
        and config.image_quality == origin.image_quality
        and identity is not None
        and identity.code_digest == code_digest(options.plugins)
        and all(
            set(dl1.TRUE_PARAMETERS.names)
            <= set(store.schema("parameters", each).names)
            for each in store.tel_types("parameters")
        )
    )


def _check_steps(store: Store, job: ImageJob) -> None:
    """Refuse steps that read what no stored image has."""
    chains = image_chains(job.chain, store.subarray())
    for tel_type in store.tel_types("images"):
        there = {*columns_there(store, tel_type), *FROM_PARAMETERS}
        there |= {"camera", "subarray", "tel_index", *SCATTER}
        for chain in chains[tel_type].by_telescope.values():
            check_reads(chain.steps, there, "stored images")


def _beside(store: Store, job: ImageJob) -> list[tuple[str, str, int]]:
    """Return what is read besides the images: that of pedestals, if a step wants it.

    Raises
    ------
    UserError
        If it cannot be read; if the coefficients are not those of the images any more.
    """
    chains = image_chains(job.chain, store.subarray())
    if not any(SCATTER & each.reads for each in chains.values()):
        return []
    calibration = calibration_input(job.config)
    if calibration is not None and calibration[1] not in inputs_of(store.root):
        raise UserError(
            f"monitoring.calibration: {calibration[0]} is not known to be what the "
            f"images of {store.root} were made with, and the cleaner reads it again; "
            "restore it, or give the raw files"
        )
    return monitoring_inputs(job.config)


def _families(store: Store) -> list[list[Record]]:
    """Shards of the same raw file, which only together count."""
    families: dict[object, list[Record]] = {}
    for record in store.records:
        families.setdefault(record.shard.family, []).append(record)
    return list(families.values())


def _shard(
    identity: Identity, store: Store, record: Record, family: Sequence[Record]
) -> Shard:
    """Return the shard that comes of a shard; those of a raw file stay together."""
    first, *others = sorted(family, key=lambda each: each.shard.seq)
    parts = [part for each in others for part in each.parts]
    known = record.shard
    inputs = (input_of(store, first, parts),)
    return Shard(identity, inputs, known.seq, known.block, known.n_shards)
