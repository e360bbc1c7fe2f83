"""All blocks before the events: an array and a run in the words of the format."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from cta_columnar import __version__
from cta_columnar.kernels.simtel import block_types as types
from cta_columnar.kernels.simtel.block_types import RUN_HEADER
from cta_columnar.simulation.arrays import ArrayModel
from cta_columnar.simulation.simtel.atmospheres import (
    AtmosphericProfile,
    atmospheric_profile,
)
from cta_columnar.simulation.simtel.framing import block
from cta_columnar.simulation.simtel.history import history, input_card, metadata
from cta_columnar.simulation.simtel.runs import (
    IN_A_CIRCLE,
    McRunHeader,
    Pair,
    RunHeader,
    mc_run_header,
    run_header,
    version_number,
)
from cta_columnar.simulation.simtel.telescope_headers import (
    TelescopeConstants,
    calibration_blocks,
    description_blocks,
)

_ARRAY = -1
_TELESCOPE_SECTION = "# Telescope-specific configuration follows"


@dataclass(frozen=True, eq=False, kw_only=True)
class RunSettings:
    """A run, as far as a file tells of it.

    Attributes
    ----------
    run, start : int
        Number; when it began, s since 1970.
    azimuth, altitude : float
        Direction that the array points to, rad.
    n_showers, n_use : int
        Showers, and how often each is used.
    energy_range : pair of float
        TeV.
    spectral_index : float
        Power of the spectrum; negative.
    core_range : pair of float
        Least and largest distance of cores, m.
    core_pos_mode : int
        How they are thrown, see `McRunHeader`.
    viewcone : pair of float
        Least and largest angle of showers from the pointing direction, deg; both 0 for
        a point source.
    atmosphere_id, atmosphere : int, AtmosphericProfile
        Number and profile.
    min_tel_trig : int
        Telescopes that an event needs.
    store_photoelectrons : int
        Photo-electrons that a telescope needs for its true image to be kept; 0: none
        is.
    command : str
        Command line.
    configuration : mapping of str to object
        All that was configured, told to readers name by name.
    wavelengths : pair of float
        Cherenkov light that is simulated, nm.
    """

    run: int
    start: int
    azimuth: float
    altitude: float
    n_showers: int
    n_use: int
    energy_range: Pair
    spectral_index: float
    core_range: Pair
    viewcone: Pair
    atmosphere_id: int
    atmosphere: AtmosphericProfile
    core_pos_mode: int = IN_A_CIRCLE
    min_tel_trig: int = 2
    store_photoelectrons: int = 10
    command: str = "ctacol simulate"
    configuration: Mapping[str, object] = field(default_factory=dict)
    wavelengths: Pair = (300.0, 600.0)


def array_headers(
    array: ArrayModel, run: RunSettings, constants: Sequence[TelescopeConstants]
) -> bytes:
    """Everything before the first event: a piece of a file.

    Parameters
    ----------
    array : ArrayModel
        The telescopes.
    run : RunSettings
        The run.
    constants : sequence of TelescopeConstants
        Calibration of each telescope, in the order of the array.

    Raises
    ------
    ValueError
        If there are not as many constants as telescopes, or something does not fit the
        format.
    """
    if len(constants) != len(array.tel_ids):
        raise ValueError(
            f"constants of {len(constants)} telescopes, not of {len(array.tel_ids)}"
        )
    models = [array.models[row] for row in array.model_index]
    tel_ids = array.tel_ids.tolist()
    pieces = list(_run_blocks(array, run))
    for tel_id, model, each in zip(tel_ids, models, constants, strict=True):
        pieces.append(description_blocks(tel_id, model, each))
    for tel_id, model, each in zip(tel_ids, models, constants, strict=True):
        pieces.append(calibration_blocks(tel_id, model, each, run.start))
    return b"".join(pieces)


def _run_blocks(array: ArrayModel, run: RunSettings) -> Iterator[bytes]:
    """Blocks about the whole run, in the order that readers know."""
    lines = [f"{name} {value}" for name, value in run.configuration.items()]
    lines.append(f"STORE_PHOTOELECTRONS {run.store_photoelectrons}")
    sections = [
        line
        for tel_id, name in zip(array.tel_ids.tolist(), array.tel_names, strict=True)
        for line in (_TELESCOPE_SECTION, f"# Telescope {tel_id}: {name}")
    ]
    configuration = [f"{line}\n" for line in lines + sections]
    yield history(run.start, run.command, configuration)
    yield block(types.HISTORY_META, _ARRAY, metadata(_array_metadata(array)), top=True)
    for row, tel_id in enumerate(array.tel_ids.tolist()):
        items = _telescope_metadata(array, row)
        yield block(types.HISTORY_META, tel_id, metadata(items), top=True)
    yield block(RUN_HEADER, run.run, run_header(_header(array, run)), top=True)
    content = mc_run_header(_mc_header(array, run))
    yield block(types.MC_RUN_HEADER, _ARRAY, content, top=True)
    yield block(types.INPUT_CARD, 0, input_card([run.command, *lines]), top=True)
    content = atmospheric_profile(run.atmosphere)
    yield block(types.ATMOSPHERE, run.atmosphere_id, content, top=True)


def _array_metadata(array: ArrayModel) -> dict[str, str]:
    return {
        "ARRAY_CONFIG_NAME": array.name,
        "*LATITUDE": repr(float(array.site.latitude)),
        "*LONGITUDE": repr(float(array.site.longitude)),
        "ALTITUDE": repr(float(array.site.altitude)),
    }


def _telescope_metadata(array: ArrayModel, row: int) -> dict[str, str]:
    model = array.models[array.model_index[row]]
    return {
        "OPTICS_CONFIG_NAME": model.mirror.name,
        "CAMERA_CONFIG_NAME": model.layout.name,
        "MIRROR_CLASS": str(model.mirror.mirror_class),
        **model.mirror.metadata,
    }


def _header(array: ArrayModel, run: RunSettings) -> RunHeader:
    return RunHeader(
        run=run.run,
        time=run.start,
        tel_id=array.tel_ids,
        tel_pos=array.positions.astype(np.float32),
        direction=(run.azimuth, run.altitude),
        min_tel_trig=run.min_tel_trig,
    )


def _mc_header(array: ArrayModel, run: RunSettings) -> McRunHeader:
    site, version = array.site, version_number(__version__)
    return McRunHeader(
        obsheight=site.altitude,
        n_showers=run.n_showers,
        n_use=run.n_use,
        core_range=run.core_range,
        core_pos_mode=run.core_pos_mode,
        alt_range=(run.altitude, run.altitude),
        az_range=(run.azimuth, run.azimuth),
        diffuse=int(run.viewcone[1] > 0.0),
        viewcone=run.viewcone,
        e_range=run.energy_range,
        spectral_index=run.spectral_index,
        b_total=site.B_total,
        b_inclination=site.B_inclination,
        b_declination=site.B_declination,
        atmosphere=run.atmosphere_id,
        shower_prog_vers=version,
        shower_prog_start=run.start,
        detector_prog_vers=version,
        detector_prog_start=run.start,
        corsika_wlen_min=run.wavelengths[0],
        corsika_wlen_max=run.wavelengths[1],
    )
