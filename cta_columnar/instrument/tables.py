"""The array as Arrow tables, and back, without losing a bit."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from cta_columnar.instrument.camera import CameraGeometry, CameraReadout
from cta_columnar.instrument.optics import OpticsDescription
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.schemas import instrument

Columns = dict[str, Any]


def optics_table(types: Iterable[TelescopeType]) -> pa.Table:
    """`OPTICS`: one row per type."""
    rows = [
        {
            "tel_type": each.name,
            "optics_name": each.optics.name,
            "size_type": each.optics.size_type,
            "reflector_shape": each.optics.reflector_shape,
            "n_mirrors": each.optics.n_mirrors,
            "n_mirror_tiles": each.optics.n_mirror_tiles,
            "mirror_area": each.optics.mirror_area,
            "equivalent_focal_length": each.optics.equivalent_focal_length,
            "effective_focal_length": each.optics.effective_focal_length,
            "focal_length": each.focal_length,
        }
        for each in types
    ]
    return pa.Table.from_pylist(rows, schema=instrument.OPTICS)


def cameras_table(types: Iterable[TelescopeType]) -> pa.Table:
    """`CAMERAS`: one row per type and pixel."""
    return _stack(instrument.CAMERAS, (_pixels(each) for each in types))


def pulses_table(types: Iterable[TelescopeType]) -> pa.Table:
    """`PULSES`: one row per type, channel and step of the pulse."""
    return _stack(instrument.PULSES, (_pulse(each) for each in types))


def types_from_tables(
    optics: pa.Table, cameras: pa.Table, pulses: pa.Table
) -> tuple[TelescopeType, ...]:
    """Inverse of the functions above.

    Raises
    ------
    ValueError
        If a type has no pixels or no pulse.
    """
    cameras_of, pulses_of = _by_type(cameras), _by_type(pulses)
    types = []
    for row in optics.to_pylist():
        name, focal_length = row.pop("tel_type"), row.pop("focal_length")
        if name not in cameras_of or name not in pulses_of:
            raise ValueError(f"telescope type {name} has no pixels or no pulse")
        row["name"] = row.pop("optics_name")
        camera = _camera_from(cameras_of[name])
        readout = _readout_from(pulses_of[name], camera)
        optics_of_type = OpticsDescription(**row)
        types.append(TelescopeType(name, optics_of_type, camera, readout, focal_length))
    return tuple(types)


def _pixels(each: TelescopeType) -> Columns:
    camera = each.camera
    constant = {
        "tel_type": each.name,
        "camera_name": camera.name,
        "pix_type": camera.pix_type,
        "pix_rotation": camera.pix_rotation,
        "cam_rotation": camera.cam_rotation,
    }
    return {
        **{name: [value] * camera.n_pixels for name, value in constant.items()},
        "pix_id": np.arange(camera.n_pixels, dtype=np.int32),
        "pix_x": camera.pix_x,
        "pix_y": camera.pix_y,
        "pix_area": camera.pix_area,
    }


def _pulse(each: TelescopeType) -> Columns:
    readout = each.readout
    pulse = readout.reference_pulse
    channel, sample = np.indices(pulse.shape, np.int32)
    constant = {
        "tel_type": each.name,
        "sampling_rate": readout.sampling_rate,
        "n_channels": readout.n_channels,
        "n_samples": readout.n_samples,
        "reference_pulse_sample_width": readout.reference_pulse_sample_width,
    }
    return {
        **{name: [value] * pulse.size for name, value in constant.items()},
        "channel": channel.ravel(),
        "sample": sample.ravel(),
        "reference_pulse": pulse.ravel(),
    }


def _camera_from(columns: Columns) -> CameraGeometry:
    return CameraGeometry(
        columns["camera_name"][0],
        columns["pix_x"],
        columns["pix_y"],
        columns["pix_area"],
        columns["pix_type"][0],
        float(columns["pix_rotation"][0]),
        float(columns["cam_rotation"][0]),
    )


def _readout_from(columns: Columns, camera: CameraGeometry) -> CameraReadout:
    n_pulses = int(columns["channel"].max()) + 1
    return CameraReadout(
        camera.name,
        float(columns["sampling_rate"][0]),
        columns["reference_pulse"].reshape(n_pulses, -1),
        float(columns["reference_pulse_sample_width"][0]),
        int(columns["n_channels"][0]),
        camera.n_pixels,
        int(columns["n_samples"][0]),
    )


def _stack(schema: pa.Schema, parts: Iterable[Columns]) -> pa.Table:
    tables = [pa.table(part, schema) for part in parts]
    return pa.concat_tables(tables) if tables else schema.empty_table()


def _by_type(table: pa.Table) -> Mapping[str, Columns]:
    """Columns of each telescope type, in the order in which they were written."""
    columns = {name: table[name].to_numpy() for name in table.column_names}
    names = columns["tel_type"]
    return {
        str(name): {key: values[names == name] for key, values in columns.items()}
        for name in np.unique(names)
    }
