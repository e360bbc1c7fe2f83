"""Light of a shower in an array: how much to expect, and the photo-electrons."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels.simulation.atmosphere import Air
from cta_columnar.kernels.simulation.emission import Emission
from cta_columnar.kernels.simulation.light import (
    expected_light as expected_by_kernel,
)
from cta_columnar.kernels.simulation.light import light_in_array
from cta_columnar.kernels.simulation.optics import Cameras
from cta_columnar.simulation.arrays import ArrayModel
from cta_columnar.simulation.emission_table import emission_of
from cta_columnar.simulation.photoelectrons import PhotoElectrons
from cta_columnar.simulation.showers import Shower, ShowerSettings, unit_vector
from cta_columnar.simulation.telescopes import TelescopeModel

F8 = NDArray[np.float64]
T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True, eq=False)
class Observers:
    """An array that looks at a direction, as the kernels see it.

    Attributes
    ----------
    seed, run : int
        Of the random numbers.
    receivers : float64[t, 9]
        Columns of `RECEIVER` in the kernels.
    cameras : Cameras
        Of the telescopes.
    emission, air
        Where light comes from, and what it passes.
    """

    seed: int
    run: int
    receivers: F8
    cameras: Cameras
    emission: Emission
    air: Air


def observe(
    settings: ShowerSettings, array: ArrayModel, alt: float, az: float
) -> Observers:
    """Point an array at (alt, az) in rad, to see the showers of these settings."""
    axes = camera_axes(alt, az)
    models = [array.model_of(t) for t in range(array.n_telescopes)]
    receivers = [
        [*place, *axes[0], *_size(model)]
        for place, model in zip(array.positions.tolist(), models, strict=True)
    ]
    return Observers(
        seed=settings.seed,
        run=settings.run,
        receivers=np.array(receivers),
        cameras=_cameras(array.models, array.model_index, axes),
        emission=emission_of(settings),
        air=settings.atmosphere.air,
    )


def camera_axes(alt: float, az: float) -> F8:
    """Pointing, and the directions of growing altitude and azimuth, as rows."""
    return np.array(
        [
            unit_vector(alt, az),
            unit_vector(alt + 0.5 * math.pi, az),
            [-math.sin(az), -math.cos(az), 0.0],
        ]
    )


def expected_light(shower: Shower, core: F8, observers: Observers) -> F8:
    """Photo-electrons to expect in each telescope, float64[t]; core (x, y) in m."""
    return expected_by_kernel(
        shower.segments, shower.tracks, _seen_from(core, observers),
        observers.emission.density, observers.air,
    )  # fmt: skip


def photo_electrons(
    shower: Shower,
    use: int,
    core: F8,
    observers: Observers,
    wanted: NDArray[np.bool_] | None = None,
) -> PhotoElectrons:
    """Draw the photo-electrons of a use of a shower.

    Parameters
    ----------
    shower, use : Shower, int
        Which.
    core : float64[2]
        Where it hits the ground, m.
    observers : Observers
        The array.
    wanted : bool[t], optional
        Telescopes to look at; the numbers of one do not depend on the others.
    """
    if wanted is None:
        wanted = np.ones(len(observers.receivers), np.bool_)
    key = (observers.seed, observers.run, use, shower.shower_id)
    offsets, pixel, time = light_in_array(
        key, wanted, shower.segments, shower.tracks, shower.source,
        _seen_from(core, observers), observers.cameras, observers.emission,
        observers.air,
    )  # fmt: skip
    return PhotoElectrons(offsets, pixel, time)


def _seen_from(core: F8, observers: Observers) -> F8:
    receivers = observers.receivers.copy()
    receivers[:, :2] -= core
    return receivers


def _size(model: TelescopeModel) -> tuple[float, float, float]:
    """Return effective area, radius and angle of view of a telescope."""
    layout, mirror = model.layout, model.mirror
    edge = float(np.hypot(layout.x, layout.y).max(initial=0.0)) + 0.5 * layout.size
    area = mirror.mirror_area * model.sensor.efficiency
    return area, mirror.radius, math.atan(edge / mirror.scale)


def _cameras(
    models: Sequence[TelescopeModel], model_index: NDArray[np.int32], axes: F8
) -> Cameras:
    mirrors = [model.mirror for model in models]
    layouts = [model.layout for model in models]
    lookups = [layout.lookup for layout in layouts]
    turns = [layout.rotation for layout in layouts]
    psf = [[math.radians(m.psf_s0), m.psf_kr, m.psf_kt] for m in mirrors]
    return Cameras(
        model=model_index.astype(np.int64),
        axes=axes,
        focal_length=np.array([mirror.scale for mirror in mirrors]),
        sharpness=np.array([1.0 / mirror.focus_distance for mirror in mirrors]),
        psf=np.array(psf),
        rotation=np.array([[math.cos(turn), math.sin(turn)] for turn in turns]),
        kind=np.array([lookup.kind for lookup in lookups], np.int64),
        lattice=np.array([lookup.lattice for lookup in lookups]),
        table=_filled_up([lookup.table for lookup in lookups], -1),
        modules=_filled_up([lookup.modules for lookup in lookups], 0),
    )


def _filled_up(tables: Sequence[NDArray[T]], filling: int) -> NDArray[T]:
    """Stack tables of two axes, filled up to the size of the largest."""
    shape = np.max([table.shape for table in tables], axis=0)
    out = np.full((len(tables), *shape), filling, tables[0].dtype)
    for row, table in zip(out, tables, strict=True):
        row[: table.shape[0], : table.shape[1]] = table
    return out
