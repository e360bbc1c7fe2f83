"""Beginning and end of a file: headers, calibration events, histograms."""

from collections.abc import Iterator, Mapping
from typing import Any

from cta_columnar.kernels.simtel import block_types as types
from cta_columnar.simulation.bookkeeping import Tally
from cta_columnar.simulation.calibration_events import (
    CalibrationKind,
    CalibrationReading,
    calibration_event,
)
from cta_columnar.simulation.electronics import Electronics
from cta_columnar.simulation.event_blocks import (
    array_trigger_block,
    readout_event,
)
from cta_columnar.simulation.run import Run, Setup
from cta_columnar.simulation.run_atmosphere import atmosphere_id, profile_of
from cta_columnar.simulation.showers import MIRRORS_AROUND
from cta_columnar.simulation.simtel import array_events, histograms
from cta_columnar.simulation.simtel.framing import block
from cta_columnar.simulation.simtel.headers import RunSettings, array_headers
from cta_columnar.simulation.simtel.runs import AROUND_MIRRORS, IN_A_CIRCLE
from cta_columnar.simulation.simtel.telescope_events import TelescopeEventHeader
from cta_columnar.simulation.simtel.telescope_headers import TelescopeConstants
from cta_columnar.simulation.times import time_of

# They differ between files of one configuration, and say nothing of what is inside.
_NOT_TOLD = ("output", "runs")


def header_piece(run: Run) -> bytes:
    """Make all blocks before the first event."""
    constants = [constants_of(run, camera) for camera in run.cameras]
    return array_headers(run.array, _run_settings(run), constants)


def constants_of(run: Run, camera: Electronics) -> TelescopeConstants:
    """Calibration of a camera, as a file holds it."""
    sensor = camera.model.sensor
    night_sky = sensor.nsb_rate * run.config.cameras.nsb_factor
    return TelescopeConstants(
        pedestal=camera.pedestal,
        noise=camera.noise,
        calib=camera.calib,
        disabled=camera.disabled,
        time_shift=camera.time_shift,
        nsb_rate=night_sky * camera.efficiency,
        qe=camera.efficiency,
        gain=camera.gain,
    )


def _run_settings(run: Run) -> RunSettings:
    config, setup = run.config, run.setup
    altitude, azimuth = setup.pointing
    return RunSettings(
        run=run.number,
        start=run.start,
        azimuth=azimuth,
        altitude=altitude,
        n_showers=config.n_showers,
        n_use=config.reuse,
        energy_range=config.energy,
        spectral_index=config.index,
        core_range=(0.0, setup.farthest_core),
        core_pos_mode=AROUND_MIRRORS if setup.has_lone_muons else IN_A_CIRCLE,
        viewcone=config.viewcone,
        atmosphere_id=atmosphere_id(setup.atmosphere),
        atmosphere=profile_of(setup.atmosphere),
        min_tel_trig=setup.multiplicity,
        store_photoelectrons=config.file.photoelectrons,
        command=f"ctacol simulate --run {run.number}",
        configuration=told(setup),
    )


def told(setup: Setup) -> dict[str, object]:
    """Keys of a configuration that a file tells of, by their dotted names."""
    plain = setup.config.model_dump(mode="json", exclude=set(_NOT_TOLD))
    if setup.has_lone_muons:
        del plain["scatter_radius"]
        plain["cores"] = f"within {MIRRORS_AROUND} radii of a mirror"
    return dict(_flat(plain, ""))


def _flat(plain: Mapping[str, Any], before: str) -> Iterator[tuple[str, object]]:
    for key, value in plain.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield before + key, value


def calibration_blocks(run: Run, shower_id: int) -> Iterator[bytes]:
    """Make the calibration events that stand before a shower, one by one."""
    for number, kind, throw in run.schedule.events(shower_id):
        yield _calibration_block(run, kind, number, throw)


def _calibration_block(
    run: Run, kind: CalibrationKind, number: int, throw: int
) -> bytes:
    everyone = range(run.array.n_telescopes)
    trigger = array_trigger_block(
        run,
        everyone,
        times=[0.0] * len(everyone),
        masks=[run.mask_of(index) for index in everyone],
        moment=time_of(run.start, throw),
    )
    telescopes = (
        _telescope(run, index, calibration_event(camera, kind, number), number)
        for index, camera in enumerate(run.cameras)
    )
    inner = array_events.array_event(
        number, trigger, telescopes, run.tracking, top=False
    )
    return array_events.calibration_event(int(kind), inner)


def _telescope(run: Run, index: int, reading: CalibrationReading, number: int) -> bytes:
    header = TelescopeEventHeader(
        loc_count=number,
        glob_count=number,
        readout_time=reading.window.origin,
        relative_trigger_time=-reading.window.origin,
    )
    return readout_event(run, index, number, header, reading.counts)


def histogram_piece(setup: Setup, tally: Tally) -> bytes:
    """Make the end of a file: what was thrown, and what triggered."""
    upper = setup.most_distance
    made = [each.to_histogram(k, upper) for k, each in tally.fillings.items()]
    return block(types.HISTOGRAMS, made[0].ident, histograms.histograms(made), top=True)
