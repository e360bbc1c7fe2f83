"""The description of an array that a reader makes out of a simulated file."""

import math
import re

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cta_columnar.instrument.camera import CameraGeometry, CameraReadout, PixelType
from cta_columnar.instrument.optics import (
    FocalLengthChoice,
    OpticsDescription,
    ReflectorShape,
    size_type_of,
)
from cta_columnar.instrument.subarray import SubarrayDescription
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.simulation.arrays import ArrayModel
from cta_columnar.simulation.telescopes import (
    CIRCLE,
    HEXAGON,
    SQUARE,
    TURNED_HEXAGON,
    MirrorModel,
    PixelLayout,
    TelescopeModel,
)

_SHAPES: dict[int, tuple[PixelType, float]] = {
    CIRCLE: ("circle", 0.0),
    HEXAGON: ("hexagon", 0.0),
    SQUARE: ("square", 0.0),
    TURNED_HEXAGON: ("hexagon", 30.0),
}
_PARABOLIC, _DUAL = 1, 2


def subarray_of(
    array: ArrayModel, choice: FocalLengthChoice = "EFFECTIVE"
) -> SubarrayDescription:
    """Return the array as it is read back from a file.

    Numbers are rounded as in the file, so the description is equal to the one of the
    file, its digest included.

    Parameters
    ----------
    array : ArrayModel
        The array.
    choice : str
        Focal length that turns camera positions into angles.

    Raises
    ------
    UserError
        If the effective focal length is asked for and not known.
    """
    types: list[TelescopeType] = []
    row_of: dict[str, int] = {}
    of_model = []
    for model in array.models:
        new = _type_of(model, choice, {each.name for each in types})
        row = row_of.setdefault(new.digest, len(types))
        if row == len(types):
            types.append(new)
        of_model.append(row)
    type_index = np.array(of_model, np.int32)[array.model_index]
    return SubarrayDescription(
        array.name,
        array.tel_ids,
        tuple(types[row].optics.name for row in type_index),
        _as_stored(array.positions),
        type_index,
        tuple(types),
        array.site.latitude,
        array.site.longitude,
        array.site.altitude,
    )


def _as_stored(values: ArrayLike) -> NDArray[np.float64]:
    """Numbers in single precision."""
    return np.asarray(values, np.float32).astype(np.float64)


def _number(value: float) -> float:
    return float(np.float32(value))


def _type_of(
    model: TelescopeModel, choice: FocalLengthChoice, taken: set[str]
) -> TelescopeType:
    optics = _optics(model.mirror)
    name = f"{optics.size_type}_{optics.name}_{model.layout.name}"
    name = re.sub(r"[^\w.+-]", "-", name, flags=re.ASCII)
    numbered, n = name, 1
    while numbered in taken:
        n += 1
        numbered = f"{name}_{n}"
    return TelescopeType(
        numbered,
        optics,
        _camera(model.layout),
        _readout(model),
        optics.focal_length(choice),
    )


def _optics(mirror: MirrorModel) -> OpticsDescription:
    area = _number(mirror.mirror_area)
    effective = _number(mirror.effective_focal_length)
    return OpticsDescription(
        mirror.name,
        size_type_of(area),
        _reflector_shape(mirror),
        2 if mirror.mirror_class == _DUAL else 1,
        mirror.n_tiles,
        area,
        _number(mirror.focal_length),
        effective or math.nan,
    )


def _reflector_shape(mirror: MirrorModel) -> ReflectorShape:
    more = mirror.metadata
    if mirror.mirror_class == _DUAL:
        return "SCHWARZSCHILD_COUDER"
    if mirror.mirror_class == _PARABOLIC or int(more.get("PARABOLIC_DISH", 0)) == 1:
        return "PARABOLIC"
    # Facets of a Davies-Cotton dish lie on a sphere about the focus.
    dish, focal = (float(more.get(k, 0)) for k in ("DISH_SHAPE_Length", "FOCAL_Length"))
    return "DAVIES_COTTON" if dish == focal else "HYBRID"


def _camera(layout: PixelLayout) -> CameraGeometry:
    shape, shape_rotation = _SHAPES[layout.shape_code]
    x, y, rotation = _as_stored(layout.x), _as_stored(layout.y), layout.rotation
    rotation = _number(rotation)
    cos, sin = math.cos(rotation), math.sin(rotation)
    return CameraGeometry(
        layout.name,
        x * cos - y * sin,
        x * sin + y * cos,
        _as_stored(np.full(x.size, layout.area)),
        shape,
        shape_rotation + math.degrees(rotation),
        0.0,
    )


def _readout(model: TelescopeModel) -> CameraReadout:
    readout = model.readout
    return CameraReadout(
        model.layout.name,
        1.0 / _number(readout.sample_width),
        readout.pulse,
        _number(readout.pulse_step),
        readout.n_gains,
        model.layout.n_pixels,
        readout.n_samples,
    )
