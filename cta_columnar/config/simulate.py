"""The configuration of ``ctacol simulate``."""

from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from pydantic import model_validator

from cta_columnar.config.section import OfThisMachine, Section
from cta_columnar.options import Option

Particle = Literal["gamma", "electron", "proton", "helium", "iron", "muon"]

MOST_USES = 100
"""Event ids are 100 times the shower plus the use, so there are 100 uses at most."""

_MOST_ENERGY = 1e4
_MOST_ZENITH = 60.0  # the atmosphere is taken as flat


class CamerasConfig(Section):
    """Night sky and faults of the cameras."""

    nsb_factor: Annotated[
        float,
        Option(doc="light of the night sky, relative to a dark one", ge=0, le=1000),
    ] = 1.0
    disabled_pixels: Annotated[
        float,
        Option(
            doc="share of pixels without high voltage, the same ones in all runs",
            ge=0,
            lt=1,
        ),
    ] = 0.002


class TriggerConfig(Section):
    """Triggers of cameras and of the array."""

    min_telescopes: Annotated[
        int | None,
        Option(doc="that must trigger together; null: 2, 1 for muons, 1 of 1", ge=1),
    ] = None
    window: Annotated[
        float,
        Option(
            unit="ns",
            doc="within which they must, as seen along the pointing",
            gt=0,
            le=1e6,
        ),
    ] = 100.0
    hard_stereo: Annotated[
        tuple[Literal["LST", "MST", "SST"], ...],
        Option(doc="sizes of telescopes that count only with another of their size"),
    ] = ()
    random_mono: Annotated[
        float,
        Option(doc="share of camera triggers kept without any other", ge=0, le=1),
    ] = 0.0
    night_sky_rate: Annotated[
        float | None,
        Option(
            unit="Hz",
            doc="thresholds are set to that rate; null: those of the telescope models",
            ge=1,
            le=1e9,
        ),
    ] = None


class CalibrationEventsConfig(Section):
    """Numbers of calibration events."""

    dark: Annotated[int, Option(doc="closed cameras, noise only", ge=0)] = 0
    pedestal: Annotated[int, Option(doc="night sky only", ge=0)] = 0
    single_pe: Annotated[int, Option(doc="0.3 p.e. in the mean", ge=0)] = 0
    flatfield: Annotated[int, Option(doc="flashes of 70 p.e. in the mean", ge=0)] = 0
    interleaved: Annotated[
        bool,
        Option(
            doc="pedestals and flat fields are spread evenly among the showers, as in "
            "data; else all calibration events stand in front"
        ),
    ] = False


class TransmissionConfig(Section):
    """Light that the air lets through, besides what its molecules scatter."""

    dust_depth: Annotated[
        float, Option(doc="optical depth of dust, straight up", ge=0, le=10)
    ] = 0.04
    dust_height: Annotated[
        float, Option(unit="m", doc="scale height of the dust", gt=0, le=1e5)
    ] = 1200.0
    table: Annotated[
        str | None,
        Option(
            doc="in place of dust and molecules, a file of heights above sea level "
            "(km) and the shares of light from there that reach the array; null: none"
        ),
        OfThisMachine(),
    ] = None


class FileConfig(Section):
    """What is written, and how."""

    photoelectrons: Annotated[
        int, Option(doc="a true image is written from so many p.e. on", ge=1)
    ] = 10
    untriggered_images: Annotated[
        bool,
        Option(doc="true images of throws that make no event, too, as sim_telarray"),
    ] = True
    showers_per_piece: Annotated[
        int,
        Option(doc="showers in a piece of work, which gets frames of its own", ge=1),
    ] = 200


class SimulateConfig(Section):
    """Air showers and telescopes, written as sim_telarray files."""

    stage: Literal["simulate"] = "simulate"
    output: Annotated[
        str,
        Option(
            doc="the file; ends in .simtel.zst, .simtel.gz or .simtel, and may hold "
            "{run}, {particle}, {array}, {seed}"
        ),
        OfThisMachine(),
    ] = "{particle}_run{run:05d}.simtel.zst"
    runs: Annotated[
        tuple[int, ...],
        Option(doc="numbers of the runs, each a file", ge=1, lt=2**31),
    ] = (1,)
    start: Annotated[
        str,
        Option(
            doc="when run 1 begins, in UTC; each run follows where the one before ends"
        ),
    ] = "2020-01-01T00:00:00"
    array: Annotated[
        str,
        Option(doc="name of a shipped array, or a YAML file of your own"),
        OfThisMachine(),
    ] = "CTAO-North"
    telescopes: Annotated[
        tuple[int, ...] | None,
        Option(doc="telescope ids to simulate, e.g. [1, 2, 4]; null: all", ge=0),
    ] = None
    particle: Annotated[Particle, Option(doc="what makes the showers")] = "gamma"
    n_showers: Annotated[int, Option(doc="showers per run", ge=1, lt=20_000_000)] = 1000
    reuse: Annotated[
        int,
        Option(doc="places at which each shower is used", ge=1, le=MOST_USES),
    ] = 1
    energy: Annotated[
        tuple[float, float],
        Option(
            unit="TeV",
            doc="lowest and highest; may be the same",
            ge=1e-3,
            le=_MOST_ENERGY,
        ),
    ] = (0.02, 100.0)
    index: Annotated[
        float, Option(doc="of the energy spectrum, dN/dE ~ E^index", ge=-20, le=20)
    ] = -2.0
    zenith: Annotated[
        float, Option(unit="deg", doc="the array points there", ge=0, le=_MOST_ZENITH)
    ] = 20.0
    azimuth: Annotated[
        float, Option(unit="deg", doc="north over east", ge=0, le=360)
    ] = 180.0
    viewcone: Annotated[
        tuple[float, float],
        Option(
            unit="deg",
            doc="directions lie between these angles to the pointing; [0, 0]: a point",
            ge=0,
            le=30,
        ),
    ] = (0.0, 0.0)
    scatter_radius: Annotated[
        float,
        Option(
            unit="m",
            doc="showers hit a disc of this radius around the array",
            gt=0,
            le=1e5,
        ),
    ] = 800.0
    atmosphere: Annotated[
        str | None,
        Option(
            doc="LaPalma, Paranal, or a table like CORSIKA's; null: that of the site"
        ),
        OfThisMachine(),
    ] = None
    transmission: TransmissionConfig = TransmissionConfig()
    seed: Annotated[int, Option(doc="of all random numbers", ge=0, lt=2**32)] = 1
    cameras: CamerasConfig = CamerasConfig()
    trigger: TriggerConfig = TriggerConfig()
    calibration_events: CalibrationEventsConfig = CalibrationEventsConfig()
    file: FileConfig = FileConfig()

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name in ("energy", "viewcone"):
            low, high = getattr(self, name)
            if low > high:
                raise ValueError(f"{name}: {low:g} to {high:g} is no range")
        if self.energy[0] == _MOST_ENERGY:
            raise ValueError(f"energy: must begin below {_MOST_ENERGY:g} TeV")
        _check_start(self.start)
        if self.telescopes == ():
            raise ValueError("telescopes: names no telescope; null takes all")
        if not self.runs or len(set(self.runs)) < len(self.runs):
            raise ValueError("runs: names no run, or one of them twice")
        highest = self.zenith + self.viewcone[1]
        if highest > _MOST_ZENITH:
            raise ValueError(
                f"viewcone: reaches {highest:g} deg from the zenith; the atmosphere "
                f"is good to {_MOST_ZENITH:g} deg"
            )
        return self


def _check_start(start: str) -> None:
    try:
        moment = datetime.fromisoformat(start)
    except ValueError:
        raise ValueError(
            f"start: {start!r} is no time; write e.g. 2020-01-01T00:00:00"
        ) from None
    if moment.tzinfo is not None or moment.microsecond:
        raise ValueError(f"start: {start!r}: whole seconds, always in UTC")
    if moment.replace(tzinfo=UTC).timestamp() < 0:
        raise ValueError(f"start: {start!r} is before 1970")
