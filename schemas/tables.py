"""Every table of a dataset: where it lies and which columns it may have."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from cta_columnar.schemas import (
    dl0,
    dl1,
    dl2,
    instrument,
    monitoring,
    predictions,
    simulation,
)
from cta_columnar.schemas.columns import merge
from cta_columnar.schemas.event_types import CALIBRATION_TYPES
from cta_columnar.schemas.keys import EVENT_NAMES, TEL_EVENT_NAMES

_DL0 = ("reduce",)
_RECONSTRUCTED = ("stage2", "stage3")
_BOTH = ("stage1", *_RECONSTRUCTED)
_ALL = (*_DL0, *_BOTH)


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the store.

    Attributes
    ----------
    name : str
        Folder below the dataset, e.g. ``"simulation/runs"``.
    schema : pyarrow.Schema
        All columns it may have, axes unbound.
    required : tuple of str
        Columns that are always there.
    key : tuple of str
        Columns that identify a row; empty where rows have no key.
    by_telescope_type : bool
        Whether it lies in one folder per telescope type, since sizes differ.
    stages : tuple of str
        Whose datasets have it.
    stand_ins : mapping of str to tuple of str
        Columns that may be there together instead of a required one.
    patterns : pyarrow.Schema
        Columns it may have under any prefix, see `schemas.predictions`.
    """

    name: str
    schema: pa.Schema
    required: tuple[str, ...]
    key: tuple[str, ...]
    by_telescope_type: bool = False
    stages: tuple[str, ...] = _ALL
    stand_ins: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    patterns: pa.Schema = field(default_factory=lambda: pa.schema([]), hash=False)

    def known(self, name: str) -> pa.Field | None:
        """Look up what a column must be like; None if the data model has no such."""
        if name in self.schema.names:
            return self.schema.field(name)
        return predictions.field_of(self.patterns, name)


def _table(
    name: str,
    schema: pa.Schema,
    key: tuple[str, ...],
    required: pa.Schema | None = None,
    *,
    by_telescope_type: bool = False,
    stages: tuple[str, ...] = _ALL,
    stand_ins: Mapping[str, tuple[str, ...]] | None = None,
    patterns: Mapping[str, pa.Schema] | None = None,
) -> Table:
    names = tuple((required or schema).names)
    # Some tasks have columns alike.
    fields = {f.name: f for each in (patterns or {}).values() for f in each}
    return Table(
        name,
        schema,
        names,
        key,
        by_telescope_type,
        stages,
        stand_ins or {},
        pa.schema(fields.values()),
    )


TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        _table("subarray/telescopes", instrument.TELESCOPES, ("tel_id",)),
        _table("subarray/optics", instrument.OPTICS, ("tel_type",)),
        _table("subarray/cameras", instrument.CAMERAS, ("tel_type", "pix_id")),
        _table("subarray/pulses", instrument.PULSES, ("tel_type", "channel", "sample")),
        _table(
            "simulation/runs",
            merge(simulation.RUNS, simulation.KEPT_SHARE),
            ("obs_id",),
            simulation.RUNS,
        ),
        _table("simulation/thrown", simulation.THROWN, ()),
        _table("simulation/atmosphere", simulation.ATMOSPHERE, ()),
        _table("showers", simulation.SHOWERS, EVENT_NAMES),
        _table("trigger", dl1.TRIGGER, EVENT_NAMES),
        _table("pointing", dl1.POINTING, ()),
        _table(
            "waveforms",
            dl0.WAVEFORMS,
            TEL_EVENT_NAMES,
            by_telescope_type=True,
            stages=_DL0,
        ),
        _table(
            "coefficients",
            dl0.COEFFICIENTS,
            ("obs_id", "calibration_index"),
            by_telescope_type=True,
            stages=_DL0,
        ),
        _table(
            "images",
            merge(dl1.IMAGES, dl1.INT16_IMAGES, dl1.TRUE_IMAGE),
            TEL_EVENT_NAMES,
            dl1.IMAGES,
            by_telescope_type=True,
            stages=("stage1",),
            stand_ins={
                "image": ("image_int16", "image_step"),
                "peak_time": ("peak_time_int16", "peak_time_step"),
            },
        ),
        _table(
            "parameters",
            merge(
                dl1.PARAMETERS,
                dl1.CAMERA_FRAME_HILLAS,
                dl1.CAMERA_FRAME_TIMING,
                dl1.SOURCE,
                dl1.TRUE_PARAMETERS,
            ),
            TEL_EVENT_NAMES,
            dl1.TEL_EVENT,
            by_telescope_type=True,
            stages=_BOTH,
        ),
        _table(
            "muons",
            dl1.MUONS,
            TEL_EVENT_NAMES,
            dl1.MUON_EVENT,
            by_telescope_type=True,
            stages=("stage1",),
        ),
        *(
            _table(
                f"calibration/{name}",
                dl1.CALIBRATION,
                (*TEL_EVENT_NAMES, "channel"),
                by_telescope_type=True,
                stages=("stage1",),
            )
            for name in CALIBRATION_TYPES.values()
        ),
        *(
            _table(
                f"monitoring/{name}",
                schema,
                (),
                by_telescope_type=True,
                stages=("calibration",),
            )
            for name, schema in (
                ("pedestal_statistics", monitoring.PEDESTAL_STATISTICS),
                ("flatfield_statistics", monitoring.FLATFIELD_STATISTICS),
                ("camera_calibration", monitoring.CAMERA_CALIBRATION),
            )
        ),
        _table("cut_flow", dl1.CUT_FLOW, (), stages=_BOTH),
        _table(
            "events",
            merge(
                dl2.EVENTS,
                dl2.TRUTH,
                dl2.RECO,
                dl2.HILLAS_RECONSTRUCTOR,
                dl2.HILLAS_INTERSECTION,
                predictions.STANDARD,
                *predictions.ERRORS.values(),
                predictions.TRAINED_ON,
            ),
            EVENT_NAMES,
            dl2.EVENTS,
            stages=_RECONSTRUCTED,
            patterns=predictions.OF_EVENTS,
        ),
        _table(
            "telescopes",
            merge(
                dl2.TELESCOPES,
                dl2.TRUE_IMPACT,
                dl2.HILLAS_RECONSTRUCTOR_TEL,
                dl2.HILLAS_INTERSECTION_TEL,
                predictions.STANDARD_TEL,
            ),
            TEL_EVENT_NAMES,
            dl2.TELESCOPES,
            by_telescope_type=True,
            stages=_RECONSTRUCTED,
            patterns=predictions.OF_TELESCOPES,
        ),
    )
}
