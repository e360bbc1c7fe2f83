"""What an array and a telescope look like in YAML: every key with unit and meaning."""

from typing import Annotated, Any, Literal

from pydantic import Field

from cta_columnar.config import Section
from cta_columnar.options import Option

Numbers = tuple[float, ...]

# Numbers of telescopes that have a place in the block of true photo-electrons.
MOST_TEL_ID = 1000


def _length(doc: str, **limits: float) -> Option:
    return Option(unit="m", doc=doc, **limits)  # type: ignore[arg-type]


class MirrorSection(Section):
    """Optics."""

    name: Annotated[str, Option(doc="name of the optical structure")]
    focal_length: Annotated[float, _length("nominal focal length", gt=0, le=100)]
    effective_focal_length: Annotated[
        float, _length("focal length of ray tracing; 0: not known", ge=0, le=100)
    ] = 0.0
    mirror_area: Annotated[
        float, Option(unit="m2", doc="area of the mirror", gt=0, le=5000)
    ]
    n_tiles: Annotated[int, Option(doc="mirror facets", ge=1, le=10000)]
    radius: Annotated[float, _length("radius of the mirror", gt=0, le=50)]
    mirror_class: Annotated[
        Literal[0, 1, 2],
        Option(doc="0 one mirror of facets, 1 one parabolic mirror, 2 two mirrors"),
    ]
    metadata: dict[str, str] = Field(default_factory=dict)
    psf_s0: Annotated[float, Option(unit="deg", doc="spread on the axis", ge=0, le=1)]
    psf_kr: Annotated[
        float, Option(unit="deg/deg", doc="growth off the axis, radially", ge=0, le=1)
    ]
    psf_kt: Annotated[
        float, Option(unit="deg/deg", doc="growth off the axis, across", ge=0, le=1)
    ]
    focus_distance: Annotated[
        float, _length("distance that is seen sharp", gt=100, le=1e7)
    ]


class PixelsSection(Section):
    """Pixels of the camera."""

    name: Annotated[str, Option(doc="name of the camera")]
    lattice: Annotated[
        Literal[
            "LSTCam", "NectarCam", "FlashCam", "DigiCam", "CHEC", "SSTCam", "ASTRICam",
            "SCTCam", "hexagon",
        ],
        Option(doc="pattern of the pixels"),
    ]  # fmt: skip
    size: Annotated[float, _length("width of a pixel, flat to flat", gt=0, le=1)]
    rotation: Annotated[
        float, Option(unit="rad", doc="how far the camera is turned", ge=-7, le=7)
    ] = 0.0
    rings: Annotated[
        int | None, Option(doc="of a hexagon: rings about the middle", ge=1, le=100)
    ] = None
    pitch: Annotated[
        float | None, _length("of a hexagon: distance of pixels", gt=0, le=1)
    ] = None


class SensorSection(Section):
    """Photo-sensors."""

    kind: Annotated[
        Literal["pmt", "sipm"], Option(doc="photomultipliers or silicon sensors")
    ]
    efficiency: Annotated[
        float,
        Option(doc="p.e. per 300-600 nm photon that meets the mirror", gt=0, le=1),
    ]
    qe_spread: Annotated[
        float, Option(doc="relative rms of the efficiency of pixels", ge=0, lt=0.5)
    ]
    gain_spread: Annotated[
        float, Option(doc="relative rms of the gain of pixels", ge=0, lt=0.5)
    ]
    transit_spread: Annotated[
        float, Option(unit="ns", doc="rms of the transit time", ge=0, le=100)
    ]
    gamma_shape: Annotated[
        float, Option(doc="pmt: shape of the charge of one p.e.", ge=0, le=1000)
    ] = 0.0
    afterpulse: Annotated[
        float, Option(doc="pmt: share of charges above 4 p.e.", ge=0, le=0.1)
    ] = 0.0
    sigma: Annotated[
        float, Option(unit="p.e.", doc="sipm: rms of one avalanche", ge=0, le=1)
    ] = 0.0
    crosstalk: Annotated[
        float, Option(doc="sipm: avalanches that start another one", ge=0, le=0.9)
    ] = 0.0
    nsb_rate: Annotated[
        float, Option(unit="p.e./ns", doc="dark sky, per pixel", ge=0, le=100)
    ]


class ReadoutSection(Section):
    """Digitisation. Lists have a value per gain channel, the high gain first."""

    n_samples: Annotated[int, Option(doc="samples of a waveform", ge=1, le=4096)]
    sample_width: Annotated[
        float, Option(unit="ns", doc="of one sample", gt=0, le=1000)
    ]
    offset: Annotated[int, Option(doc="samples read before the trigger", ge=0)]
    fwhm: Annotated[
        Numbers, Option(unit="ns", doc="width of the pulse", gt=0, le=10000)
    ]
    tail: Annotated[
        Numbers, Option(doc="decay of the pulse over its rise", ge=0, le=20)
    ]
    pulse_step: Annotated[
        float, Option(unit="ns", doc="step of the pulse", gt=0, le=1000)
    ]
    amplitude: Annotated[
        Numbers, Option(unit="adu", doc="peak of one p.e.", gt=0, le=65535)
    ]
    pedestal: Annotated[Numbers, Option(unit="adu", doc="baseline", ge=0, le=65535)]
    pedestal_spread: Annotated[
        Numbers,
        Option(unit="adu", doc="rms of the baselines of pixels", ge=0, le=65535),
    ]
    noise: Annotated[
        Numbers, Option(unit="adu", doc="rms of one sample", ge=0, le=65535)
    ]
    adc_max: Annotated[Numbers, Option(unit="adu", doc="highest count", gt=0, le=65535)]
    sums_only: Annotated[bool, Option(doc="one sum per pixel, no samples")] = False


class TriggerSection(Section):
    """Trigger of the camera."""

    kind: Annotated[
        Literal["majority", "analog_sum", "digital_sum"], Option(doc="what is compared")
    ]
    threshold: Annotated[
        float, Option(unit="p.e.", doc="of one member, at the peak", gt=0, le=1e6)
    ]
    multiplicity: Annotated[int, Option(doc="members that are needed", ge=1, le=3)] = 1
    patches: Annotated[
        Literal["pixels", "three_modules", "nine_pixels", "flowers", "superpixels"],
        Option(doc="pixels that make a member"),
    ]
    window: Annotated[float, Option(unit="ns", doc="to be simultaneous", gt=0, le=1000)]


class TelescopeSection(Section):
    """A telescope model."""

    name: Annotated[str, Option(doc="name of the model")]
    size: Annotated[Literal["LST", "MST", "SST"], Option(doc="class of the telescope")]
    mirror: MirrorSection
    pixels: PixelsSection
    sensor: SensorSection
    readout: ReadoutSection
    trigger: TriggerSection


class SiteSection(Section):
    """Where an array stands."""

    latitude: Annotated[float, Option(unit="deg", doc="north", ge=-90, le=90)]
    longitude: Annotated[float, Option(unit="deg", doc="east", ge=-180, le=180)]
    altitude: Annotated[
        float, _length("of the observation level above the sea", ge=-500, le=9000)
    ]
    B_total: Annotated[float, Option(unit="uT", doc="magnetic field", ge=0, le=100)]
    B_inclination: Annotated[float, Option(unit="rad", doc="downward", ge=-2, le=2)]
    B_declination: Annotated[float, Option(unit="rad", doc="eastward", ge=-4, le=4)]


class PlaceSection(Section):
    """One telescope of an array."""

    id: Annotated[
        int,
        Option(doc="number; true p.e. have no place above 1000", ge=1, le=MOST_TEL_ID),
    ]
    name: Annotated[str, Option(doc="name; empty: model and number")] = ""
    model: Annotated[str, Option(doc="name of a telescope model")]
    position: Annotated[Numbers, _length("north, west, up", ge=-1e5, le=1e5)]


class ArraySection(Section):
    """An array of telescopes."""

    name: Annotated[str, Option(doc="name of the array")]
    site: SiteSection
    telescopes: list[PlaceSection]
    # Telescope models of one's own; each is looked at by itself.
    models: dict[str, Any] = Field(default_factory=dict)
