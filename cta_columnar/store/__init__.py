"""Parquet datasets: parts, commit records, manifest, validation.

A run, as the pipelines do it::

    identity = Identity("stage1", config_digest, code_digest())
    previous = prepare(root, identity, resume=True)     # once, in the main process
    with recorded(root, Activity("stage1", configuration)) as activity:
        ...                                             # the rest of this

    def work(path):                                     # in any worker, in any order
        shard = Shard(identity, (Input.of(path),))
        done = begin(root, shard, previous)
        if done is not None:
            return done
        with open_source(path) as source, ShardWriter(
            root, shard, source.subarray, previous=previous
        ) as writer:                                    # left without commit: no trace
            for batch in source.batches():
                writer.append("trigger", batch.trigger)
                writer.append("parameters", parameters, tel_type="LST_LST_LSTCam")
            return writer.commit(counts={"events": 12}, info={"cut_flow": []})

    note_records(activity, records)                     # as results come
    finalize(root, [record.shard for record in records])    # once, at the end

Only what another run would repeat may go into a record: no times, no hosts.

Rows are buffered and written in row groups of a size that follows from the schema, so
bytes do not depend on batches. A shard writes a part of each table without telescope
types in any case, if need be one of no rows (append an empty batch), so that
``pl.scan_parquet("dl2/events/*.parquet")`` works on an empty dataset, too; tables by
telescope type have parts only where there are rows.

Reading::

    store = open_store("dl1/")
    store.tables()                                  # name -> telescope types
    store.scan("parameters").filter(pl.col("hillas_intensity") > 50).collect()
    store.read("images", ["image"], tel_type="LST_LST_LSTCam")
    store.units("parameters")["hillas_length"]      # deg
    store.subarray()
    validate("dl1/")                                # list of problems, empty if none

Trained models lie in folders of their own::

    save_model("models/", model)                    # models/<task>/tel_type=<type>/
    open_models("models/").load("energy", "LST_LST_LSTCam")

Instrument responses, too, a table for each product::

    dataset = open_irf("irf/")
    dataset.products                                # effective_area, psf, ...
    dataset.grid                                    # where the array pointed
    dataset.read("effective_area", point=0)         # event_type=-1: all together

Tables and levels join on their keys with polars, as in
``events.join(parameters, on=["obs_id", "event_id"])``; the store itself joins nothing.
"""

from cta_columnar.store.beside import read_beside, write_beside
from cta_columnar.store.block_reader import BlockReader
from cta_columnar.store.blocks import Block, cut
from cta_columnar.store.commits import (
    Contents,
    Previous,
    drop_record,
    find_record,
    is_intact,
    read_contents,
)
from cta_columnar.store.done import begin, only_looking, pending
from cta_columnar.store.errors import (
    DuplicateKeysError,
    MixedDatasetError,
    StoreError,
    WriteError,
)
from cta_columnar.store.finalize import finalize
from cta_columnar.store.gathering import gather
from cta_columnar.store.history import (
    History,
    PastRun,
    configuration_of,
    history_of,
    inputs_of,
)
from cta_columnar.store.inside import refuse_links, refuse_output_of
from cta_columnar.store.irf.check import check_irf_files, validate_irf
from cta_columnar.store.irf.folder import (
    ALL_TYPES,
    IrfDataset,
    cell_name,
    check_irf_output,
    histogram_path,
    is_irf,
    new_irf,
    open_irf,
)
from cta_columnar.store.irf.manifest import (
    IrfInput,
    IrfManifest,
    IrfSpectrum,
    IrfTelescope,
    irf_telescopes,
    write_manifest,
)
from cta_columnar.store.irf.tables import save_irf_table, save_product
from cta_columnar.store.journal import Journal, JournalOfRun, read_journals
from cta_columnar.store.layout import (
    JOURNAL,
    MANIFEST,
    PLAN,
    is_dataset,
    is_finished,
)
from cta_columnar.store.left_out import (
    drop_skipped,
    is_changed,
    leave_out,
    write_skipped,
)
from cta_columnar.store.manifest import Skipped, finished_with
from cta_columnar.store.merge_begun import is_unfinished_merge, way_on
from cta_columnar.store.merging import merge
from cta_columnar.store.models.check import validate_models
from cta_columnar.store.models.classes import load_classes, save_classes
from cta_columnar.store.models.dataset import (
    Models,
    holds_models,
    open_models,
    save_model,
)
from cta_columnar.store.models.folder import (
    check_models_output,
    load_table,
    new_models,
    save_table,
)
from cta_columnar.store.models.listing import is_models
from cta_columnar.store.models.reading import load_model
from cta_columnar.store.models.training_share import (
    TrainingShare,
    load_training_share,
    run_digests,
    run_primaries,
    save_training_share,
)
from cta_columnar.store.opening import open_store
from cta_columnar.store.parquet_files import read_file as read_parquet
from cta_columnar.store.processes import process_name
from cta_columnar.store.provenance_file import note_records, recorded
from cta_columnar.store.reader import Store
from cta_columnar.store.records import IdRange, Part, Record
from cta_columnar.store.removal import (
    no_empty_dataset,
    remove_abandoned,
    remove_dataset,
    remove_idle,
)
from cta_columnar.store.resume import (
    check_output,
    drop_all,
    of_input,
    prepare,
    previous_of,
    reopen,
)
from cta_columnar.store.shards import Identity, Input, Shard, real_path
from cta_columnar.store.tables import write_table
from cta_columnar.store.validate import validate
from cta_columnar.store.writer import ShardWriter

__all__ = [
    "ALL_TYPES",
    "JOURNAL",
    "MANIFEST",
    "PLAN",
    "Block",
    "BlockReader",
    "Contents",
    "DuplicateKeysError",
    "History",
    "IdRange",
    "Identity",
    "Input",
    "IrfDataset",
    "IrfInput",
    "IrfManifest",
    "IrfSpectrum",
    "IrfTelescope",
    "Journal",
    "JournalOfRun",
    "MixedDatasetError",
    "Models",
    "Part",
    "PastRun",
    "Previous",
    "Record",
    "Shard",
    "ShardWriter",
    "Skipped",
    "Store",
    "StoreError",
    "TrainingShare",
    "WriteError",
    "begin",
    "cell_name",
    "check_irf_files",
    "check_irf_output",
    "check_models_output",
    "check_output",
    "configuration_of",
    "cut",
    "drop_all",
    "drop_record",
    "drop_skipped",
    "finalize",
    "find_record",
    "finished_with",
    "gather",
    "histogram_path",
    "history_of",
    "holds_models",
    "inputs_of",
    "irf_telescopes",
    "is_changed",
    "is_dataset",
    "is_finished",
    "is_intact",
    "is_irf",
    "is_models",
    "is_unfinished_merge",
    "leave_out",
    "load_classes",
    "load_model",
    "load_table",
    "load_training_share",
    "merge",
    "new_irf",
    "new_models",
    "no_empty_dataset",
    "note_records",
    "of_input",
    "only_looking",
    "open_irf",
    "open_models",
    "open_store",
    "pending",
    "prepare",
    "previous_of",
    "process_name",
    "read_beside",
    "read_contents",
    "read_journals",
    "read_parquet",
    "real_path",
    "recorded",
    "refuse_links",
    "refuse_output_of",
    "remove_abandoned",
    "remove_dataset",
    "remove_idle",
    "reopen",
    "run_digests",
    "run_primaries",
    "save_classes",
    "save_irf_table",
    "save_model",
    "save_product",
    "save_table",
    "save_training_share",
    "validate",
    "validate_irf",
    "validate_models",
    "way_on",
    "write_beside",
    "write_manifest",
    "write_skipped",
    "write_table",
]
