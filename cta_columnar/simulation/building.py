"""From checked sections to models, or to what is impossible about them."""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from cta_columnar.config import ConfigError, Problem
from cta_columnar.instrument.neighbors import Neighbors
from cta_columnar.kernels.simulation.pixels import HEXAGONS
from cta_columnar.simulation.cameras import CAMERAS, hexagon
from cta_columnar.simulation.lattices import Lattice
from cta_columnar.simulation.patches import PATCHES, neighbors_of
from cta_columnar.simulation.pulses import pulse_table
from cta_columnar.simulation.sections import (
    MirrorSection,
    PixelsSection,
    ReadoutSection,
    SensorSection,
    TelescopeSection,
    TriggerSection,
)
from cta_columnar.simulation.telescopes import (
    SQUARE,
    TURNED_HEXAGON,
    MirrorModel,
    PixelLayout,
    ReadoutModel,
    SensorModel,
    SinglePe,
    TelescopeModel,
    TriggerModel,
)

F8 = NDArray[np.float64]
Complaints = Iterator[tuple[str, str]]

PER_GAIN = (
    "fwhm", "tail", "amplitude", "pedestal", "pedestal_spread", "noise", "adc_max",
)  # fmt: skip

# A mirror may be larger than the disc that stands for it by as much, and an effective
# focal length differ by as much from the nominal one.
_AREA_MARGIN, _FOCAL_MARGIN = 1.1, 0.2


def build_telescope(section: TelescopeSection, path: tuple[str, ...]) -> TelescopeModel:
    """Return the model that a section describes.

    Parameters
    ----------
    section : TelescopeSection
        Its keys are checked one by one.
    path : tuple of str
        Where it stands, for errors.

    Raises
    ------
    ConfigError
        With all that does not fit together.
    """
    complaints = [("mirror", *each) for each in _mirror_complaints(section.mirror)]
    complaints += [("pixels", *each) for each in _pixel_complaints(section.pixels)]
    complaints += [("sensor", *each) for each in _sensor_complaints(section.sensor)]
    complaints += [("readout", *each) for each in _readout_complaints(section.readout)]
    complaints += [("trigger", *each) for each in _trigger_complaints(section.trigger)]
    if complaints:
        raise ConfigError(
            [Problem((*path, part, key), text) for part, key, text in complaints]
        )
    layout = _layout(section.pixels)
    try:
        trigger = _trigger(section.trigger, layout)
    except ValueError as error:
        problem = Problem((*path, "trigger", "patches"), str(error))
        raise ConfigError([problem]) from error
    return TelescopeModel(
        section.name,
        MirrorModel(**section.mirror.model_dump()),
        layout,
        _sensor(section.sensor),
        _readout(section.readout),
        trigger,
        section.size,
    )


def _lattice(pixels: PixelsSection) -> Lattice:
    if pixels.lattice == "hexagon":
        return hexagon(pixels.rings or 0, pixels.pitch or pixels.size)
    return CAMERAS[pixels.lattice]()


def _layout(pixels: PixelsSection) -> PixelLayout:
    lattice, size = _lattice(pixels), pixels.size
    is_hexagon = lattice.lookup.kind == HEXAGONS
    return PixelLayout(
        pixels.name,
        lattice.x,
        lattice.y,
        lattice.z,
        TURNED_HEXAGON if is_hexagon else SQUARE,
        size * size * (math.sqrt(0.75) if is_hexagon else 1.0),
        size,
        lattice.module,
        pixels.rotation,
        lattice.seen(size),
    )


def _sensor(sensor: SensorSection) -> SensorModel:
    values = sensor.model_dump()
    charge = {name: values.pop(name) for name in SinglePe.__dataclass_fields__}
    return SensorModel(single_pe=SinglePe(**charge), **values)


def _readout(readout: ReadoutSection) -> ReadoutModel:
    def per_gain(values: tuple[float, ...]) -> F8:
        return np.array(values, np.float64)

    return ReadoutModel(
        len(readout.fwhm),
        readout.n_samples,
        readout.sample_width,
        readout.offset,
        pulse_table(readout.fwhm, readout.tail, readout.pulse_step),
        readout.pulse_step,
        per_gain(readout.amplitude),
        per_gain(readout.pedestal),
        per_gain(readout.noise),
        per_gain(readout.pedestal_spread),
        per_gain(readout.adc_max),
        readout.sums_only,
    )


def _trigger(trigger: TriggerSection, layout: PixelLayout) -> TriggerModel:
    patches = PATCHES[trigger.patches](layout)
    near = Neighbors(np.zeros(len(patches) + 1, np.int32), np.zeros(0, np.int32))
    if trigger.kind == "majority":
        near = neighbors_of(layout, patches)
    return TriggerModel(
        trigger.kind,
        trigger.threshold,
        trigger.multiplicity,
        trigger.window,
        patches,
        near,
    )


def _mirror_complaints(mirror: MirrorSection) -> Complaints:
    disc = math.pi * mirror.radius**2
    if mirror.mirror_area > _AREA_MARGIN * disc:
        yield (
            "mirror_area",
            (
                f"{mirror.mirror_area:g} m2 do not fit on a disc of radius "
                f"{mirror.radius:g} m, which has {disc:.4g} m2: change one of them"
            ),
        )
    ratio = mirror.effective_focal_length / mirror.focal_length
    if ratio and abs(ratio - 1.0) > _FOCAL_MARGIN:
        yield (
            "effective_focal_length",
            (
                f"{mirror.effective_focal_length:g} m is far from the nominal "
                f"{mirror.focal_length:g} m; 0 if it is not known"
            ),
        )


def _pixel_complaints(pixels: PixelsSection) -> Complaints:
    given = [name for name in ("rings", "pitch") if getattr(pixels, name) is not None]
    if pixels.lattice != "hexagon":
        for name in given:
            yield name, f"only for lattice: hexagon, not for {pixels.lattice}"
    elif len(given) < 2:
        yield "lattice", "a hexagon wants rings and pitch"
        return
    pitch = _lattice(pixels).pitch
    if pixels.size > pitch * (1.0 + 1e-9):
        yield (
            "size",
            (f"pixels of {pixels.size:g} m overlap: they are {pitch:g} m apart"),
        )


def _sensor_complaints(sensor: SensorSection) -> Complaints:
    if sensor.kind == "pmt" and not sensor.gamma_shape:
        yield "gamma_shape", "photomultipliers want one above 0, such as 6"
    others = {"pmt": ("sigma", "crosstalk"), "sipm": ("gamma_shape", "afterpulse")}
    for name in others[sensor.kind]:
        if getattr(sensor, name):
            yield name, f"means nothing for sensors of kind {sensor.kind}"


def _readout_complaints(readout: ReadoutSection) -> Complaints:
    n_gains = len(readout.fwhm)
    if n_gains not in (1, 2):
        yield "fwhm", f"{n_gains} gain channels: a file has 1 or 2"
    for name in PER_GAIN:
        if (n := len(getattr(readout, name))) != n_gains:
            yield name, f"has {n} values, fwhm has {n_gains}: one per gain channel"
            return
    if readout.sums_only and readout.n_samples != 1:
        yield "n_samples", "1 where there are only sums"
    if not readout.sums_only:
        yield from _window_complaints(readout)
    for low, high in zip(readout.pedestal, readout.adc_max, strict=True):
        if low >= high:
            yield "pedestal", f"{low:g} adu is not below adc_max, {high:g} adu"


def _window_complaints(readout: ReadoutSection) -> Complaints:
    duration = readout.n_samples * readout.sample_width
    if max(readout.fwhm, default=0.0) > duration:
        yield (
            "fwhm",
            (
                f"a pulse of {max(readout.fwhm):g} ns does not fit into "
                f"{readout.n_samples} samples of {readout.sample_width:g} ns"
            ),
        )
    if readout.offset >= readout.n_samples:
        yield (
            "offset",
            (
                f"{readout.offset} samples before the trigger leave none of the "
                f"{readout.n_samples} for the pulse"
            ),
        )
    if readout.pulse_step > readout.sample_width:
        yield "pulse_step", f"is longer than a sample, {readout.sample_width:g} ns"


def _trigger_complaints(trigger: TriggerSection) -> Complaints:
    if trigger.kind != "majority" and trigger.multiplicity != 1:
        yield "multiplicity", f"is 1 for {trigger.kind}: one sum is enough"
    if trigger.kind == "majority" and trigger.patches not in ("pixels", "superpixels"):
        yield "patches", "a majority is one of pixels or of superpixels"
