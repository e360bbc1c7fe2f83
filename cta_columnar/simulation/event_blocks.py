"""Blocks of one use of a shower, from what the array made of it."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels.simtel import block_types as types
from cta_columnar.simulation.electronics import Signal
from cta_columnar.simulation.responses import ArrayResponse, TelescopeResponse
from cta_columnar.simulation.run import Run
from cta_columnar.simulation.showers import Shower
from cta_columnar.simulation.simtel import showers
from cta_columnar.simulation.simtel.array_events import (
    TelescopeEvent,
    array_event,
    telescope_event,
)
from cta_columnar.simulation.simtel.framing import block
from cta_columnar.simulation.simtel.photoelectrons import photo_electrons, true_images
from cta_columnar.simulation.simtel.telescope_events import TelescopeEventHeader
from cta_columnar.simulation.simtel.triggers import ArrayTrigger
from cta_columnar.simulation.times import time_of

Counts = NDArray[np.uint16] | NDArray[np.uint32]

_DEPTH_STEP = 20.0  # g/cm2, of profiles
_PROFILES = (showers.CHARGED, showers.ELECTRONS, showers.PHOTONS)


def shower_block(shower: Shower) -> bytes:
    """Block 2020: a shower."""
    end = _DEPTH_STEP * shower.profile.shape[1]
    light = shower.profile[_PROFILES.index(showers.PHOTONS)]
    cmax = _DEPTH_STEP * (int(light.argmax()) + 0.5) if light.any() else 0.0
    content = showers.McShower(
        primary_id=shower.primary_id,
        energy=shower.energy,
        azimuth=shower.az,
        altitude=shower.alt,
        h_first_int=shower.h_first_int,
        xmax=shower.x_max,
        hmax=shower.h_max,
        emax=shower.x_max,
        cmax=cmax,
        profiles=[
            showers.Profile(kind, 0.0, end, content)
            for kind, content in zip(_PROFILES, shower.profile, strict=True)
        ],
    )
    return block(
        types.MC_SHOWER, shower.shower_id, showers.mc_shower(content), top=True
    )


def core_block(ident: int, shower: Shower, core: NDArray[np.float64]) -> bytes:
    """Block 2021: where a use of a shower hits the ground."""
    x, y = core.tolist()
    payload = showers.mc_event(shower.shower_id, (x, y))
    return block(types.MC_EVENT, ident, payload, top=True)


def truth_block(run: Run, ident: int, signals: Sequence[Signal | None]) -> bytes:
    """Block 1204: true images of all telescopes with enough photo-electrons."""
    return true_images(ident, _images(run, signals))


def _images(run: Run, signals: Sequence[Signal | None]) -> Iterator[tuple[int, bytes]]:
    for index in bright(run, signals):
        signal = signals[index]
        assert signal is not None
        n_pixels = run.array.model_of(index).layout.n_pixels
        yield (
            int(run.array.tel_ids[index]),
            photo_electrons(n_pixels, signal.pixel, signal.time, signal.charge),
        )


def bright(run: Run, signals: Sequence[Signal | None]) -> list[int]:
    """Telescopes whose true images are kept."""
    least = run.config.file.photoelectrons
    return [t for t, s in enumerate(signals) if s is not None and s.pixel.size >= least]


def sums_block(
    run: Run, ident: int, shower_id: int, signals: Sequence[Signal | None]
) -> bytes:
    """Block 2026: photo-electrons per telescope, and the photons that made them."""
    n_pe = np.array([0 if s is None else s.pixel.size for s in signals], np.int32)
    sensors = (run.array.model_of(t).sensor for t in range(n_pe.size))
    photons = n_pe / np.array([sensor.efficiency for sensor in sensors])
    # All light is simulated behind the atmosphere and between 300 and 600 nm.
    sums = showers.PhotoElectronSums(
        n_pe=n_pe, photons_atm=photons, photons_atm_3_6=photons, photons_atm_qe=n_pe
    )
    payload = showers.photo_electron_sums(shower_id, sums)
    return block(types.PE_SUM, ident, payload, top=True)


def event_block(run: Run, ident: int, throw: int, response: ArrayResponse) -> bytes:
    """Block 2010: an array event."""
    decision = response.decision
    trigger = array_trigger_block(
        run,
        decision.telescopes.tolist(),
        decision.times.tolist(),
        decision.type_masks.tolist(),
        time_of(run.start, throw),
    )
    telescopes = (_telescope(run, ident, each) for each in response.telescopes)
    return array_event(ident, trigger, telescopes, run.tracking)


def array_trigger_block(
    run: Run,
    telescopes: Sequence[int],
    times: Sequence[float],
    masks: Sequence[int],
    moment: tuple[int, int],
) -> ArrayTrigger:
    """Content of block 2009 for telescopes, given by their rows in the array."""
    altitude, azimuth = run.setup.pointing
    tel_ids = run.array.tel_ids[list(telescopes)]
    return ArrayTrigger(
        cpu_time=moment,
        gps_time=moment,
        tel_id=tel_ids,
        time=np.asarray(times, np.float64),
        mask=np.asarray(masks, np.int64),
        data_tel_id=tel_ids,
        az=azimuth,
        alt=altitude,
    )


def _telescope(run: Run, ident: int, response: TelescopeResponse) -> bytes:
    trigger = response.trigger
    header = TelescopeEventHeader(
        # A telescope cannot know how many events other pieces have.
        loc_count=ident,
        glob_count=ident,
        list_trgsect=trigger.sectors,
        time_trgsect=trigger.sector_times,
        readout_time=trigger.window.origin,
        relative_trigger_time=trigger.relative_time,
        start_readout=trigger.start_readout,
    )
    return readout_event(
        run, response.index, ident, header, response.counts, trigger.pixels
    )


def readout_event(
    run: Run,
    index: int,
    ident: int,
    header: TelescopeEventHeader,
    counts: Counts,
    triggered: NDArray[np.int32] | None = None,
) -> bytes:
    """Block 22xx: what one telescope has in an event.

    Parameters
    ----------
    index, ident : int
        Row of the telescope in the array; id of the event.
    header : TelescopeEventHeader
        Counts and times.
    counts : uint16[g, p, s] or uint32[g, p]
        Waveforms or sums.
    triggered : int32[k], optional
        Pixels that triggered.
    """
    is_sum = run.array.model_of(index).readout.sums_only
    content = TelescopeEvent(
        tel_id=int(run.array.tel_ids[index]),
        header=header,
        samples=None if is_sum else counts.astype(np.uint16, copy=False),
        sums=counts.astype(np.uint32, copy=False) if is_sum else None,
        triggered=triggered,
    )
    return telescope_event(ident, content)


def distances(shower: Shower, core: NDArray[np.float64]) -> tuple[float, float]:
    """Distance of a core from the middle of the array on the ground and across, m."""
    on_ground = math.hypot(*core.tolist())
    along = float(core @ shower.source[:2])
    return on_ground, math.sqrt(max(on_ground**2 - along**2, 0.0))
