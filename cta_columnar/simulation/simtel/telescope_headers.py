"""Header blocks of one telescope: what it is, and its calibration."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels.simtel import block_types as types
from cta_columnar.simulation.simtel import monitoring
from cta_columnar.simulation.simtel.cameras import (
    CameraOrganization,
    CameraSettings,
    camera_organization,
    camera_settings,
    disabled_pixels,
)
from cta_columnar.simulation.simtel.framing import block
from cta_columnar.simulation.simtel.readouts import (
    DriveSettings,
    PixelSettings,
    camera_software,
    drive_settings,
    pixel_settings,
    pointing_correction,
)
from cta_columnar.simulation.telescopes import TelescopeModel

Floats = NDArray[np.float32] | NDArray[np.float64]

# Numbers of pixels beyond this need the versions with variable-length integers.
_MAX_SHORT = 0x7FFF


@dataclass(frozen=True, eq=False, kw_only=True)
class TelescopeConstants:
    """Calibration of one telescope during a run.

    Attributes
    ----------
    pedestal, noise : float[g, p]
        Baseline of a sample, and its rms; counts.
    calib : float[g, p]
        p.e. per count.
    disabled : bool[p]
        Pixels that are off.
    time_shift : float[g, p] or None
        ns; None: there is none.
    nsb_rate : float[p] or float
        Photo-electrons of the night sky, 1 / ns.
    qe, gain : float[p] or float
        Efficiency and gain relative to the mean of the camera.
    """

    pedestal: Floats
    noise: Floats
    calib: Floats
    disabled: NDArray[np.bool_]
    time_shift: Floats | None = None
    nsb_rate: Floats | float = 0.0
    qe: Floats | float = 1.0
    gain: Floats | float = 1.0


def description_blocks(
    tel_id: int, model: TelescopeModel, constants: TelescopeConstants
) -> bytes:
    """Seven blocks that describe a telescope; readers wait for all of them."""
    is_large = model.layout.x.size > _MAX_SHORT
    disabled = np.flatnonzero(constants.disabled)
    organization = _organization(model)
    payloads = {
        types.CAMERA_SETTINGS: camera_settings(_settings(model)),
        types.CAMERA_ORGANIZATION: camera_organization(organization, 1 + is_large),
        types.PIXEL_SETTINGS: pixel_settings(_readout(model)),
        types.DISABLED_PIXELS: disabled_pixels(disabled, disabled),
        types.CAMERA_SOFTWARE: camera_software(),
        types.DRIVE_SETTINGS: drive_settings(DriveSettings()),
        types.POINTING_CORRECTION: pointing_correction(),
    }
    large = {types.CAMERA_ORGANIZATION: 2} if is_large else {}
    return b"".join(
        block(kind, tel_id, payload, version=large.get(kind), top=True)
        for kind, payload in payloads.items()
    )


def _settings(model: TelescopeModel) -> CameraSettings:
    mirror, layout = model.mirror, model.layout
    return CameraSettings(
        pixel_x=layout.x,
        pixel_y=layout.y,
        pixel_z=layout.z if np.any(layout.z) else None,
        focal_length=mirror.focal_length,
        effective_focal_length=mirror.effective_focal_length,
        pixel_shape=layout.shape_code,
        pixel_area=layout.area,
        pixel_size=layout.size,
        n_mirrors=mirror.n_tiles,
        mirror_area=mirror.mirror_area,
        cam_rot=layout.rotation,
    )


def _organization(model: TelescopeModel) -> CameraOrganization:
    n_pixels, n_gains = model.layout.x.size, model.readout.n_gains
    module = model.layout.module
    # Which place in its module a pixel has.
    _, first, row = np.unique(module, return_index=True, return_inverse=True)
    position = np.arange(n_pixels) - first[row]
    return CameraOrganization(
        drawer=module,
        card=np.zeros((n_pixels, n_gains), np.int64),
        chip=np.zeros((n_pixels, n_gains), np.int64),
        channel=np.repeat(position[:, np.newaxis], n_gains, axis=1),
        n_drawers=first.size,
    )


def _readout(model: TelescopeModel) -> PixelSettings:
    readout = model.readout
    return PixelSettings(
        pixel_hv_dac=np.zeros(model.layout.x.size, np.int64),
        time_slice=readout.sample_width,
        sum_bins=readout.n_samples,
        ref_shape=readout.pulse,
        ref_step=readout.pulse_step,
        sum_offset=readout.offset,
        min_pixel_mult=model.trigger.multiplicity,
    )


def calibration_blocks(
    tel_id: int, model: TelescopeModel, constants: TelescopeConstants, time: int
) -> bytes:
    """State of the pixels, pedestals and calibration of a telescope.

    Parameters
    ----------
    tel_id, model, constants
        The telescope.
    time : int
        When this was measured, s since 1970.
    """
    n_pixels, n_gains = model.layout.x.size, model.readout.n_gains
    is_large = n_pixels > _MAX_SHORT
    state = {
        "nsb_rate": constants.nsb_rate,
        "qe_rel": constants.qe,
        "gain_rel": constants.gain,
    }
    pixels = monitoring.pixel_monitoring(n_pixels, n_gains, state, constants.disabled)
    content = monitoring.CameraMonitoring(
        n_pixels=n_pixels,
        n_gains=n_gains,
        n_drawers=int(np.unique(model.layout.module).size),
        parts={monitoring.PEDESTALS: _pedestals(model, constants, time)},
        known=monitoring.PEDESTALS,
        new_parts=monitoring.PEDESTALS,
        moni_time=(time, 0),
    )
    pedestals = monitoring.camera_monitoring(content, version=int(is_large))
    laser = monitoring.laser_calibration(
        monitoring.LaserCalibration(
            calib=constants.calib, tm_calib=constants.time_shift
        )
    )
    ident = monitoring.monitoring_id(tel_id)
    version = int(is_large)
    return (
        block(types.PIXEL_MONITORING, tel_id, pixels, top=True)
        + block(types.CAMERA_MONITORING, ident, pedestals, version=version, top=True)
        + block(types.LASER_CALIBRATION, tel_id, laser, top=True)
    )


def _pedestals(
    model: TelescopeModel, constants: TelescopeConstants, time: int
) -> bytes:
    """Pedestals are sums over a waveform, the noise is that of a sample."""
    n_samples = model.readout.n_samples
    pedestal = constants.pedestal * n_samples
    return monitoring.pedestals_part((time, 0), n_samples, pedestal, constants.noise)
