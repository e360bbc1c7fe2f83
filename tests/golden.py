"""Shared simtel files as stage 1 sees them, built from eventio and ctapipe's tables.

It shares nothing with our own source, so that stages are tested without it.
"""

from dataclasses import dataclass
from pathlib import Path

import eventio
import numpy as np
import polars as pl

from cta_columnar.instrument.camera import CameraGeometry, CameraReadout
from cta_columnar.instrument.coefficients import Coefficients
from cta_columnar.instrument.optics import OpticsDescription
from cta_columnar.instrument.telescope import TelescopeType

KEY = ["obs_id", "event_id", "tel_id"]

# Folders of golden tables of files that hold images.
WITH_IMAGES = (
    "40k_pixels",
    "aux_traces_2029",
    "calib_events",
    "calib_events_gain_selected",
    "gct_checs_muons",
    "lst_muons",
    "n_hv_disabled",
    "prod4_pixelsettings_v3",
    "prod5_north_gamma_history75",
    "prod5_north_proton_flashcam",
    "prod6_north_gamma_camsettings_v6",
    "prod6_north_proton_6_0_2",
    "prod6_north_proton_7_0_0",
    "prod6_north_proton_7_0_0_badatmo",
    "prod6_south_lsts_gamma",
)
# Tables that were left out since they equal those of another file.
SAME_IMAGES_AS = {"prod6_north_proton_7_0_0_badatmo": "prod6_north_proton_7_0_0"}
SAME_FILE_AS = {"calib_events_gain_selected": "calib_events"}


@dataclass(frozen=True)
class Group:
    """Images of one camera in one file."""

    keys: list[tuple[int, int, int]]
    camera: TelescopeType
    coefficients: Coefficients
    calibration_index: np.ndarray
    r0_waveform: np.ndarray


def table(shared: Path, name: str, kind: str) -> pl.DataFrame:
    """One golden table of a file, with equal images taken from where they are."""
    return pl.read_parquet(
        shared / "golden" / SAME_IMAGES_AS.get(name, name) / f"{kind}.parquet"
    )


def groups(shared: Path, name: str) -> list[Group]:
    """All images of a file, by camera."""
    images = table(shared, name, "tel_events").sort("camera_index", maintain_order=True)
    counts = read_r0(simtel_path(shared, name))
    monitoring = table(shared, name, "monitoring")
    found = []
    for (index,), rows in images.group_by("camera_index", maintain_order=True):
        keys = rows.select(KEY).rows()
        coefficients, calibration_index = _coefficients(monitoring, keys)
        r0_waveform = np.stack([counts[key] for key in keys])
        camera = telescope_type(shared, name, index)
        found.append(Group(keys, camera, coefficients, calibration_index, r0_waveform))
    return found


def simtel_path(shared: Path, name: str) -> Path:
    """Return the raw file behind a folder of golden tables."""
    name = SAME_FILE_AS.get(name, name)
    (path,) = (shared / "data" / "simtel").glob(f"{name}.simtel.*")
    return path


def read_r0(path: Path) -> dict[tuple[int, int, int], np.ndarray]:
    """Raw counts ``[c, p, s]`` of every image; calibration events are -1, -2, ..."""
    counts = {}
    n_calibration = 0
    with eventio.SimTelFile(path, skip_calibration=False) as file:
        for event in file:
            event_id = event["event_id"]
            if event["type"] == "calibration":
                n_calibration += 1
                event_id = -n_calibration
            for tel_id, image in event["telescope_events"].items():
                samples = image.get("adc_samples")
                if samples is None:
                    samples = image["adc_sums"][..., np.newaxis]
                key = (file.header["run"], event_id, tel_id)
                counts[key] = samples.astype(np.uint16)
    return counts


def _coefficients(monitoring, keys):
    """Coefficients of a camera, and the row of each image."""
    tels = {tel_id for _, _, tel_id in keys}
    rows = monitoring.filter(pl.col("tel_id").is_in(tels)).to_dicts()
    shape = len(rows), rows[0]["n_channels"], rows[0]["n_pixels"]

    def stack(column, dtype):
        zero = [0] * (shape[1] * shape[2])
        return np.array([row[column] or zero for row in rows], dtype).reshape(shape)

    coefficients = Coefficients(
        stack("pedestal", np.float32),
        stack("dc_to_pe", np.float32),
        stack("time_shift", np.float32),
        stack("outlier_mask", np.bool_),
    )
    # A row is written at the first image of a telescope and where it changes.
    begins = {tuple(row[k] for k in KEY): i for i, row in enumerate(rows)}
    valid, index = {}, []
    for key in keys:
        valid[key[2]] = begins.get(key, valid.get(key[2]))
        index.append(valid[key[2]])
    return coefficients, np.array(index, np.int32)


def telescope_type(shared: Path, name: str, camera_index: int) -> TelescopeType:
    """One camera with its optics, from the golden tables."""

    def rows(kind):
        return table(shared, name, kind).filter(pl.col("camera_index") == camera_index)

    tel = rows("instrument_telescopes").row(0, named=True)
    readout = rows("camera_readouts").row(0, named=True)
    pixels = rows("camera_pixels").sort("pix_id")
    geometry = CameraGeometry(
        tel["camera_name"],
        *(pixels[each].to_numpy() for each in ("pix_x", "pix_y", "pix_area")),
        {"HEXAGON": "hexagon", "SQUARE": "square", "CIRCLE": "circle"}[tel["pix_type"]],
        tel["pix_rotation"],
        tel["cam_rotation"],
    )
    pulse = np.array(readout["reference_pulse_shape"])
    return TelescopeType(
        tel["tel_type"],
        OpticsDescription(
            *(tel[each] for each in ("optics_name", "size_type", "reflector_shape")),
            *(tel[each] for each in ("n_mirrors", "n_mirror_tiles", "mirror_area")),
            tel["equivalent_focal_length"],
            tel["effective_focal_length"],
        ),
        geometry,
        CameraReadout(
            tel["camera_name"],
            tel["sampling_rate"],
            pulse.reshape(readout["n_reference_channels"], -1),
            readout["reference_pulse_sample_width"],
            *(tel[each] for each in ("n_channels", "n_pixels", "n_samples")),
        ),
        tel["camera_frame_focal_length"],
    )
