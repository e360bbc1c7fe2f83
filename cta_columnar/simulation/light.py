"""Light of a shower in an array: how much to expect, and the photo-electrons."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels.simulation.atmosphere import Air
from cta_columnar.kernels.simulation.draws import LIGHT, new_stream
from cta_columnar.kernels.simulation.emission import Emission
from cta_columnar.kernels.simulation.light import (
    expected_light as expected_by_kernel,
)
from cta_columnar.kernels.simulation.light import (
    photo_electrons as photo_electrons_by_kernel,
)
from cta_columnar.kernels.simulation.optics import Camera
from cta_columnar.simulation.arrays import ArrayModel
from cta_columnar.simulation.emission_table import emission_of
from cta_columnar.simulation.photoelectrons import PhotoElectrons
from cta_columnar.simulation.showers import Shower, ShowerSettings, unit_vector
from cta_columnar.simulation.telescopes import TelescopeModel

F8 = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Observers:
    """An array that looks at a direction, as the kernels see it.

    Attributes
    ----------
    seed, run : int
        Of the random numbers.
    receivers : float64[t, 9]
        Columns of `RECEIVER` in the kernels.
    cameras : tuple of Camera
        One per telescope.
    emission, air
        Where light comes from, and what it passes.
    """

    seed: int
    run: int
    receivers: F8
    cameras: tuple[Camera, ...]
    emission: Emission
    air: Air


def observe(
    settings: ShowerSettings, array: ArrayModel, alt: float, az: float
) -> Observers:
    """Point an array at (alt, az) in rad, to see the showers of these settings."""
    axes = camera_axes(alt, az)
    models = [array.model_of(t) for t in range(array.n_telescopes)]
    cameras = {id(model): _camera(model, axes) for model in array.models}
    receivers = [
        [*place, *axes[0], *_size(model)]
        for place, model in zip(array.positions.tolist(), models, strict=True)
    ]
    return Observers(
        seed=settings.seed,
        run=settings.run,
        receivers=np.array(receivers),
        cameras=tuple(cameras[id(model)] for model in models),
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
    receivers = _seen_from(core, observers)
    pixels, times = [], []
    counts = np.zeros(len(receivers), np.int64)
    for t in range(len(receivers)):
        if wanted is not None and not wanted[t]:
            continue
        state = new_stream(
            observers.seed, observers.run, LIGHT + t, use, shower.shower_id
        )
        pixel, time = photo_electrons_by_kernel(
            state, shower.segments, shower.tracks, shower.source, receivers[t],
            observers.cameras[t], observers.emission, observers.air,
        )  # fmt: skip
        pixels.append(pixel)
        times.append(time)
        counts[t] = pixel.size
    if not pixels:
        return PhotoElectrons.none(len(receivers))
    return PhotoElectrons(
        offsets=np.concatenate([[0], np.cumsum(counts)]),
        pixel=np.concatenate(pixels),
        time=np.concatenate(times),
    )


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


def _camera(model: TelescopeModel, axes: F8) -> Camera:
    mirror, layout = model.mirror, model.layout
    return Camera(
        axes=axes,
        focal_length=mirror.scale,
        sharpness=1.0 / mirror.focus_distance,
        psf=np.array([math.radians(mirror.psf_s0), mirror.psf_kr, mirror.psf_kt]),
        rotation=np.array([math.cos(layout.rotation), math.sin(layout.rotation)]),
        kind=layout.lookup.kind,
        lattice=layout.lookup.lattice,
        table=layout.lookup.table,
        modules=layout.lookup.modules,
    )
