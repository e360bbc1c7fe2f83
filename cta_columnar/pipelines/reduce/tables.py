"""Event batches to the tables of a DL0 dataset."""

import hashlib
from typing import Any

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import I4, I8, U1
from cta_columnar.arrays import to_batch, to_numpy
from cta_columnar.clock import StepClock
from cta_columnar.config import ReduceConfig
from cta_columnar.instrument.coefficients import Coefficients
from cta_columnar.instrument.subarray import SubarrayDescription
from cta_columnar.pipelines.reduce.chains import reduction_chains
from cta_columnar.pipelines.reduce.dropped_pixels import reducers_of
from cta_columnar.pipelines.stage1.event_tables import EventTables
from cta_columnar.schemas import dl0
from cta_columnar.schemas.columns import bind
from cta_columnar.schemas.event_types import CALIBRATION_TYPES
from cta_columnar.sources.base import EventBatch, EventSource
from cta_columnar.stages.stored_waveforms import (
    WaveformPacker,
    status_of_all,
    status_of_selected,
)
from cta_columnar.store import ShardWriter

_VALUES = ("pedestal", "dc_to_pe", "time_shift", "outlier_mask")
_HERE = ("calibration_index", "pixel_status", "packed_waveform", "packed_true_image")


class Dl0Tables:
    """Chooses what is kept of the waveforms, packs it, and appends it to the tables.

    Parameters
    ----------
    writer : ShardWriter
        Where rows go.
    config : ReduceConfig
        What is kept.
    subarray : SubarrayDescription
        The telescopes.
    clock : StepClock
        Takes the time of each step.

    Attributes
    ----------
    facts : dict
        What stage 1 must know of the selection of gains and pixels.
    warnings : list of str
        What the user should look at; nothing.
    counts : dict of str to int
        What is counted besides events; nothing.
    """

    def __init__(
        self,
        writer: ShardWriter,
        config: ReduceConfig,
        subarray: SubarrayDescription,
        clock: StepClock,
    ) -> None:
        self._writer = writer
        self._config = config
        self._clock = clock
        self._chains = reduction_chains(config, subarray)
        self._events = EventTables(writer)
        self._coefficients = CoefficientRows(writer)
        self._packer = WaveformPacker()
        self.warnings: list[str] = []
        self.counts: dict[str, int] = {}
        self.facts: dict[str, Any] = {
            "select_gain": config.source.select_gain,
            "gain_selector": config.model_dump(mode="json")["gain_selector"],
            **reducers_of(config, subarray),
        }

    def append(self, batch: EventBatch) -> list[pa.Table]:
        """Process one batch. There are no cuts here, so no cut flow is returned."""
        self._events.append(batch)
        self._clock.add("write")
        for tel_type, rows in batch.telescopes.items():
            status = self._status(batch, tel_type)
            columns = self._packed(rows, status)
            columns["calibration_index"] = self._coefficients.append(
                tel_type, rows, batch.coefficients[tel_type]
            )
            self._clock.add("pack")
            there = [each for each in dl0.WAVEFORMS.names if each not in _HERE]
            columns |= {name: rows[name] for name in there}
            waveforms = to_batch(columns, _schema(rows))
            self._writer.append("waveforms", waveforms, tel_type)
            self._clock.add("write")
        return []

    def finish(
        self,
        source: EventSource,
        cut_flow: pa.Table,  # noqa: ARG002
        *,
        is_first: bool,
    ) -> None:
        """Append what is known only at the end of a file."""
        self._events.finish(source, is_first=is_first)

    def _status(self, batch: EventBatch, tel_type: str) -> U1:
        """uint8[e, p]: which waveforms are kept."""
        chains, rows = self._chains[tel_type], batch.telescopes[tel_type]
        camera = chains.camera.readout
        is_calibration = batch.event_type in CALIBRATION_TYPES
        if is_calibration and not self._config.source.select_gain:
            return status_of_all(rows.num_rows, camera.n_channels, camera.n_pixels)
        chosen = chains.run(rows, batch.coefficients[tel_type], self._clock)
        kept = None if is_calibration else chosen.get("pixel_mask")
        return status_of_selected(chosen["selected_gain_channel"], kept)

    def _packed(self, rows: pa.RecordBatch, status: U1) -> dict[str, Any]:
        waveforms = self._packer.pack(to_numpy(rows["r0_waveform"]), status)
        truth = to_numpy(rows["true_image"])
        if self._config.write.true_images:
            images = self._packer.pack_images(truth)
        else:
            # The bytes of one image without truth, again and again.
            images = self._packer.pack_images(np.full_like(truth[:1], -1)) * len(truth)
        return {
            "pixel_status": pa.array([each.tobytes() for each in status], pa.binary()),
            "packed_waveform": pa.array(waveforms, pa.binary()),
            "packed_true_image": pa.array(images, pa.binary()),
        }


def _schema(rows: pa.RecordBatch) -> pa.Schema:
    """Columns of a telescope type, packed ones with how to unpack them."""
    shape = []
    dtype = rows.schema.field("r0_waveform").type
    while pa.types.is_fixed_size_list(dtype):
        shape.append(dtype.list_size)
        dtype = dtype.value_type
    _, n_pixels, n_samples = shape
    name = "uint32" if dtype == pa.uint32() else "uint16"
    schema = dl0.packed(dl0.WAVEFORMS, "packed_waveform", name, (n_pixels, n_samples))
    return dl0.packed(schema, "packed_true_image", "uint32", (1, n_pixels))


class CoefficientRows:
    """Appends coefficients when a telescope uses them first, and numbers them.

    Parameters
    ----------
    writer : ShardWriter
        Where rows go.
    """

    def __init__(self, writer: ShardWriter) -> None:
        self._writer = writer
        self._known: dict[str, dict[tuple[int, int, bytes], int]] = {}

    def append(
        self, tel_type: str, rows: pa.RecordBatch, coefficients: Coefficients
    ) -> I4:
        """Return int32[e]: the row of the table that each telescope event uses.

        They are numbered as telescope events come, whatever batches they are in.
        """
        known = self._known.setdefault(tel_type, {})
        obs_id, tel_id = to_numpy(rows["obs_id"]), to_numpy(rows["tel_id"])
        there = to_numpy(rows["calibration_index"])
        keys = np.stack([obs_id, tel_id.astype(np.int64), there.astype(np.int64)])
        of_batch, first, inverse = np.unique(
            keys, axis=1, return_index=True, return_inverse=True
        )
        number = np.empty(len(first), np.int32)
        new: list[tuple[int, I8]] = []
        for i in np.argsort(first):
            obs, tel, index = of_batch[:, i].tolist()
            key = obs, tel, _digest(coefficients, index)
            if key not in known:
                known[key] = len(known)
                new.append((known[key], of_batch[:, i]))
            number[i] = known[key]
        if new:
            self._write(tel_type, new, coefficients)
        return number[inverse.reshape(-1)]

    def _write(
        self,
        tel_type: str,
        new: list[tuple[int, I8]],
        coefficients: Coefficients,
    ) -> None:
        obs_id, tel_id, index = np.stack([key for _, key in new], axis=1)
        columns = {name: getattr(coefficients, name)[index] for name in _VALUES}
        columns |= {
            "obs_id": obs_id,
            "calibration_index": np.array([number for number, _ in new], np.int32),
            "tel_id": tel_id.astype(np.int16),
        }
        _, n_channels, n_pixels = coefficients.pedestal.shape
        schema = bind(dl0.COEFFICIENTS, {"channel": n_channels, "pixel": n_pixels})
        self._writer.append("coefficients", to_batch(columns, schema), tel_type)


def _digest(coefficients: Coefficients, index: int) -> bytes:
    digest = hashlib.sha256()
    for name in _VALUES:
        digest.update(np.ascontiguousarray(getattr(coefficients, name)[index]).data)
    return digest.digest()
