"""The calibration events of one raw file in DL1, in whichever process it runs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cta_columnar.array_types import F8, AnyArray
from cta_columnar.arrays import to_batch
from cta_columnar.clock import StepClock
from cta_columnar.config import CalibrationConfig, Stage1Config
from cta_columnar.errors import UserError
from cta_columnar.executors import report
from cta_columnar.instrument.pulses import integration_correction
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.pipelines.calibration.chunks import ChunkStatistics, chunk_statistics
from cta_columnar.pipelines.calibration.events import (
    FLASHES,
    PEDESTALS,
    Columns,
    of_run,
    read_events,
)
from cta_columnar.pipelines.running.dataset_shards import Job, subarray_of
from cta_columnar.pipelines.running.shards import ShardOutcome
from cta_columnar.pipelines.stage1.choices import resolve
from cta_columnar.schemas.columns import bind
from cta_columnar.schemas.tables import TABLES
from cta_columnar.stages.camera_calibration import GainOptions, coefficients_of
from cta_columnar.store import (
    Contents,
    Previous,
    Record,
    Shard,
    ShardWriter,
    Store,
)

# Extractors that sum the samples of a window, and nothing else.
_OF_WINDOWS = frozenset(
    {
        "FixedWindowSum",
        "GlobalPeakWindowSum",
        "LocalPeakWindowSum",
        "NeighborPeakWindowSum",
    }
)


@dataclass(frozen=True, slots=True)
class CalibrationJob(Job[CalibrationConfig]):
    """What all shards of a run have in common.

    Attributes
    ----------
    stage1 : Stage1Config, optional
        What the input was made with, if it is known.
    """

    stage1: Stage1Config | None = None


def process_shard(
    job: CalibrationJob, sources: Sequence[Record], shard: Shard, previous: Previous
) -> ShardOutcome:
    """Turn the calibration events of a raw file into statistics and coefficients.

    Parameters
    ----------
    job : CalibrationJob
        Input, output, configuration.
    sources : sequence of Record
        The shards of DL1 that came of the raw file.
    shard : Shard
        The one to make.
    previous : mapping
        Shards of the same input that are there already.
    """
    clock = StepClock()
    store = Store(job.dataset, Contents(tuple(sources), ()))
    subarray = subarray_of(job.dataset, sources[0].subarray_digest)
    with ShardWriter(job.output, shard, subarray, previous=previous) as writer:
        work = _Calibration(job, store, writer, clock)
        tables = store.tables()
        for camera in subarray.types:
            names = [
                n for n in (*PEDESTALS, *FLASHES) if camera.name in tables.get(n, ())
            ]
            if names:
                # One telescope at a time, so that memory is bounded.
                for tel_id in subarray.tel_ids_of(camera.name).tolist():
                    work.append(camera, tel_id)
        record = writer.commit(work.counts, {"warnings": work.warnings})
        clock.add("write")
    return ShardOutcome(shard, record, False, clock.seconds)


class _Calibration:
    """Appends what the calibration events of telescopes tell."""

    def __init__(
        self, job: CalibrationJob, store: Store, writer: ShardWriter, clock: StepClock
    ) -> None:
        self._job = job
        self._store = store
        self._writer = writer
        self._clock = clock
        self._gains = GainOptions(**job.config.gains.model_dump())
        self.counts: Counter[str] = Counter(telescope_events=0, coefficients=0)
        self.warnings = _warnings(job.stage1)

    def append(self, camera: TelescopeType, tel_id: int) -> None:
        """Append statistics and coefficients of a telescope, run by run."""
        dark = read_events(self._store, PEDESTALS, camera, tel_id)
        light = read_events(self._store, FLASHES, camera, tel_id)
        self._clock.add("read")
        obs_ids = {*dark["obs_id"].tolist(), *light["obs_id"].tolist()}
        for obs_id in sorted(obs_ids):
            key = {"obs_id": obs_id, "tel_id": tel_id}
            self._append_run(camera, key, of_run(dark, obs_id), of_run(light, obs_id))
        n_events = len(dark["event_id"]) + len(light["event_id"])
        self.counts["telescope_events"] += n_events
        report(telescope_events=n_events)

    def _append_run(
        self, camera: TelescopeType, key: dict[str, int], dark: Columns, light: Columns
    ) -> None:
        config = self._job.config
        pedestal = flatfield = None
        if len(dark["time"]):
            detectors = {"charge": config.pedestal_outliers}
            pedestal = chunk_statistics(dark, detectors, config, camera.name, key)
            self._write("pedestal_statistics", camera, key, pedestal.columns)
        if len(light["time"]):
            detectors = {
                "charge": config.flatfield_outliers,
                "pulse_time": config.pulse_time_outliers,
            }
            flatfield = chunk_statistics(light, detectors, config, camera.name, key)
            self._write("flatfield_statistics", camera, key, flatfield.columns)
        self._clock.add("statistics")
        self._warn(camera, key, pedestal, flatfield)
        rows = coefficients_of(
            pedestal.chunks if pedestal else None,
            flatfield.chunks if flatfield else None,
            self._samples(camera, key["tel_id"]),
            self._gains,
            self._job.config.faulty_pixels_fraction,
        )
        if not rows["is_valid"].any():
            why = _why_none(rows, pedestal, flatfield)
            where = self._where(camera, key)
            self.warnings.append(f"{where}: no row of coefficients is valid: {why}")
        self._clock.add("coefficients")
        self._write("camera_calibration", camera, key, dict(rows))
        n_valid = int(np.count_nonzero(rows["is_valid"]))
        self.counts["coefficients"] += n_valid
        self.counts["coefficients that are not valid"] += len(rows["time"]) - n_valid
        self._clock.add("write")

    @staticmethod
    def _where(camera: TelescopeType, key: dict[str, int]) -> str:
        return f"telescope {key['tel_id']} ({camera.name}), obs_id {key['obs_id']}"

    def _warn(
        self,
        camera: TelescopeType,
        key: dict[str, int],
        pedestal: ChunkStatistics | None,
        flatfield: ChunkStatistics | None,
    ) -> None:
        where = self._where(camera, key)
        if flatfield is None:
            self.warnings.append(
                f"{where}: no flat-field events, so no factors and no time shifts"
            )
        if pedestal is None:
            self.warnings.append(
                f"{where}: no pedestal events, so no pedestals and no factors"
            )
        for name, each in (("pedestal", pedestal), ("flat-field", flatfield)):
            if each is not None and not each.chunks.is_valid.all():
                n_bad = np.count_nonzero(~each.chunks.is_valid)
                self.warnings.append(
                    f"{where}: {n_bad} of {len(each.chunks.is_valid)} chunks of "
                    f"{name} events are not valid: {each.why}"
                )

    def _write(
        self, table: str, camera: TelescopeType, key: dict[str, int], columns: Columns
    ) -> None:
        name = f"monitoring/{table}"
        readout = camera.readout
        sizes = {"channel": readout.n_channels, "pixel": readout.n_pixels}
        n_rows = len(columns["is_valid"])
        keys = {
            "obs_id": np.full(n_rows, key["obs_id"], np.int64),
            "tel_id": np.full(n_rows, key["tel_id"], np.int16),
        }
        batch = to_batch(columns | keys, bind(TABLES[name].schema, sizes))
        self._writer.append(name, batch, camera.name)

    def _samples(self, camera: TelescopeType, tel_id: int) -> F8:
        """Charge of one p.e. in every sample, float64[c]."""
        ones = np.ones(camera.readout.n_channels)
        if self._job.config.charge_samples is not None:
            return ones * self._job.config.charge_samples
        if camera.readout.n_samples == 1 or self._job.stage1 is None:
            return ones
        choice = self._job.stage1.extractor
        extractor, options = resolve("extractor", choice, camera.name, tel_id)
        if extractor.name == "FullWaveformSum":
            return ones * camera.readout.n_samples
        if extractor.name not in _OF_WINDOWS:
            raise UserError(
                f"what {extractor} makes of a pedestal is not known; give "
                "charge_samples, the charge of 1 p.e. in every sample"
            )
        width, shift = options["window_width"], options["window_shift"]
        if options["apply_integration_correction"]:
            ones = ones * integration_correction(camera.readout, width, shift)
        return np.asarray(ones * width, np.float64)


def _why_none(
    rows: Mapping[str, AnyArray],
    pedestal: ChunkStatistics | None,
    flatfield: ChunkStatistics | None,
) -> str:
    """Say why no row of coefficients is valid."""
    for name, each in (("pedestal", pedestal), ("flat-field", flatfield)):
        if each is not None and not each.chunks.is_valid.any():
            return f"no chunk of {name} events is"
    share = rows["outlier_mask"].any(axis=1).mean()
    why = f"{share:.0%} of the pixels are outliers"
    if pedestal is None or flatfield is None:
        return why
    return f"{why}; flashes may be too bright for a gain channel"


def _warnings(stage1: Stage1Config | None) -> list[str]:
    """Say what to look at in the way that the input was made."""
    if stage1 is None:
        return []
    found = []
    if stage1.invalid_pixel_handler is not None:
        found.append(
            "bad pixels that the raw file knows have the charges of their neighbours "
            "here; to see their own, run stage1 with --set invalid_pixel_handler=null"
        )
    if stage1.monitoring.calibration is not None:
        found.append(
            "these coefficients are on top of those of "
            f"{stage1.monitoring.calibration}, which the input was made with, and do "
            "not hold without them"
        )
    return found
