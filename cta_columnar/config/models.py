"""The configuration of each stage: every key with type, default, unit and meaning."""

from collections.abc import Collection
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    PlainSerializer,
    field_validator,
    model_validator,
)

from cta_columnar.config.calibration import CalibrationConfig
from cta_columnar.config.choice import AlgorithmChoice
from cta_columnar.config.expressions import Cut, read_cuts
from cta_columnar.config.section import Kind, Meaning, Section
from cta_columnar.config.simulate import SimulateConfig
from cta_columnar.errors import UserError, did_you_mean
from cta_columnar.options import Option
from cta_columnar.schemas.event_types import EventType


def _plain_cuts(cuts: tuple[Cut, ...]) -> list[dict[str, str]]:
    return [{cut.name: cut.expression} for cut in cuts]


Cuts = Annotated[
    tuple[Cut, ...], BeforeValidator(read_cuts), PlainSerializer(_plain_cuts, list[Any])
]


# Options of a source, which people open in a notebook as well.
FocalLengthChoice = Annotated[
    Literal["EFFECTIVE", "EQUIVALENT"],
    Option(doc="focal length that turns camera positions into angles"),
]
AllowedTels = Annotated[
    tuple[int, ...] | None,
    Option(doc="telescope ids to read, e.g. [1, 2, 4]; null: all", ge=0),
]
SkipCalibrationEvents = Annotated[
    bool, Option(doc="leave out pedestal, flat-field and other calibration events")
]
MaxEvents = Annotated[
    int | None, Option(doc="array events to read per input; null: all", gt=0)
]
# The column is int64; the number that the offset is added to is int32.
ObsId = Annotated[
    int | None,
    Option(doc="obs_id instead of the file's; null: keep it", ge=0, lt=2**63),
]
ObsIdOffset = Annotated[
    int,
    Option(
        doc="number added to the obs_id of the file; not with obs_id",
        gt=-(2**62),
        lt=2**62,
    ),
]


def check_source(
    allowed_tels: Collection[int] | None, obs_id: int | None, obs_id_offset: int
) -> None:
    """Check the options of a source against each other.

    Raises
    ------
    UserError
        If they contradict each other; the text begins with the name of one.
    """
    if allowed_tels is not None and not allowed_tels:
        raise UserError("allowed_tels: names no telescope; null takes all")
    if obs_id is not None and obs_id_offset:
        raise UserError(
            "obs_id_offset: is added to the obs_id of the file, which obs_id "
            "replaces; give one of the two"
        )


class SourceConfig(Section):
    """What is read of the raw files."""

    focal_length_choice: FocalLengthChoice = "EFFECTIVE"
    allowed_tels: AllowedTels = None
    skip_calibration_events: SkipCalibrationEvents = True
    max_events: MaxEvents = None
    select_gain: Annotated[
        bool | None,
        Option(doc="one gain channel per pixel; null: for showers, true: for all"),
    ] = None
    obs_id: ObsId = None
    obs_id_offset: ObsIdOffset = 0

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.select_gain is False:
            raise ValueError("select_gain: images have one gain channel per pixel")
        check_source(self.allowed_tels, self.obs_id, self.obs_id_offset)
        return self


class MonitoringConfig(Section):
    """Files besides the input that tell of the state of the telescopes."""

    pedestals: Annotated[
        str | None,
        Option(
            doc="raw file with pedestal events, or the input itself: NSBImageCleaner "
            "raises thresholds by the scatter of their charges, WaveformModifier adds "
            "their samples to others; null: none"
        ),
    ] = None
    calibration: Annotated[
        str | None,
        Option(
            doc="camera coefficients on top of those of the input, joined by time: a "
            "dataset of ctacol run calibration, or a *.parquet or *.ecsv file with "
            "tel_id, perhaps time (TAI), and those of pedestal_offset, factor, "
            "time_shift, outlier_mask [channel, pixel] that are known; null: none"
        ),
    ] = None


class EventSelectionConfig(Section):
    """Which events are processed: their types, and the array trigger in software."""

    allowed_event_types: Annotated[
        tuple[str, ...] | None,
        Option(
            doc="types to take, e.g. [SUBARRAY, SKY_PEDESTAL]; null: all that are read"
        ),
    ] = None
    min_telescopes: Annotated[
        int, Option(doc="triggered telescopes that a shower needs", ge=1)
    ] = 1
    min_telescopes_of_type: Annotated[
        dict[str, int],
        Option(
            doc="fewer telescopes of a type are taken out of the event, e.g. "
            '{"LST*": 2}; the last match wins',
            ge=0,
        ),
    ] = {}  # noqa: RUF012

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name in self.allowed_event_types or ():
            if name not in EventType.__members__:
                hint = did_you_mean(name, EventType.__members__)
                raise ValueError(f"allowed_event_types: no event type {name!r}; {hint}")
        return self


IMAGE_QUANTITIES = ("n_pixels", "charge", "brightest", "n_islands")


class ImageQualityConfig(Section):
    """Which cleaned images get parameters; the others keep their row, with NaN."""

    charge_above: Annotated[
        float, Option(unit="p.e.", doc="the kept charge must be above this", ge=0)
    ] = 0.0
    pixels_above: Annotated[
        int, Option(doc="the number of kept pixels must be above this", ge=0)
    ] = 1
    cuts: Annotated[
        Cuts,
        Meaning(
            'Further conditions, each as "name: expression" with the name that it has '
            "in the cut flow, e.g. {few_islands: n_islands < 4}. They know n_pixels, "
            "the kept pixels; charge, the sum of their charges, and brightest, the "
            "largest of these [p.e.]; n_islands, the groups that they form. True "
            "images must meet them too, to have parameters."
        ),
    ] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        taken = [name for name in type(self).model_fields if name != "cuts"]
        for cut in self.cuts:
            if cut.name in taken:
                raise ValueError(f"cuts: {cut.name} is the name of a cut of its own")
            for column in cut.columns:
                if column not in IMAGE_QUANTITIES:
                    hint = did_you_mean(column, IMAGE_QUANTITIES)
                    raise ValueError(
                        f"cuts: {cut.name}: images have no {column!r}; {hint}"
                    )
        return self


class WriteConfig(Section):
    """What is written."""

    images: Annotated[
        Literal["whole", "cleaned", "none"],
        Option(
            doc="which pixels of images are written, others as 0: all, those that the "
            "cleaning kept and some around them, or no images; without them nobody can "
            "clean again"
        ),
    ] = "whole"
    image_rings: Annotated[
        int, Option(doc="rings of pixels around those of cleaned images", ge=0)
    ] = 1
    image_precision: Annotated[
        Literal["float32", "int16"],
        Option(
            doc="type of charges and pulse times; int16 is off by at most 1/65534 of "
            "the largest one in the image"
        ),
    ] = "float32"
    true_images: Annotated[
        bool, Option(doc="write true images beside them, where simulated")
    ] = True
    true_parameters: Annotated[
        bool, Option(doc="write parameters of the true images, where simulated")
    ] = True
    compression_level: Annotated[
        int, Option(doc="zstd level of the Parquet files", ge=1, le=22)
    ] = 1

    @field_validator("images", mode="before")
    @classmethod
    def _no_longer_a_switch(cls, value: Any) -> Any:  # noqa: ANN401
        if isinstance(value, bool):
            now = "whole" if value else "none"
            raise ValueError(
                f"images: {str(value).lower()} is called {now} now; the third choice "
                "is cleaned"
            )
        return value


def _may_be(choice: AlgorithmChoice | None, name: str) -> bool:
    """Whether an algorithm is chosen for any telescope."""
    return choice is not None and name in (choice.name, *(r.name for r in choice.rules))


class Stage1Config(Section):
    """Raw camera data to images and image parameters, telescope by telescope."""

    stage: Literal["stage1"] = "stage1"
    source: SourceConfig = SourceConfig()
    monitoring: MonitoringConfig = MonitoringConfig()
    event_selection: EventSelectionConfig = EventSelectionConfig()
    gain_selector: Annotated[
        AlgorithmChoice,
        Kind("gain_selector", "Which gain channel of a pixel is used."),
    ] = AlgorithmChoice("ThresholdGainSelector")
    calibrator: Annotated[
        AlgorithmChoice, Kind("calibrator", "From raw counts to photo-electrons.")
    ] = AlgorithmChoice("SimTelCalibrator")
    waveform_modifier: Annotated[
        AlgorithmChoice | None,
        Kind(
            "waveform_modifier",
            "Changes of simulated samples that make them more like data; null: none.",
        ),
    ] = None
    waveform_time_shift: Annotated[
        AlgorithmChoice | None,
        Kind(
            "waveform_time_shift",
            "Time differences between pixels, taken off their samples; null: not. "
            "With it, time_shift is RemainingPeakTimeShift, or null.",
        ),
    ] = None
    extractor: Annotated[
        AlgorithmChoice, Kind("extractor", "Charge and pulse time of each pixel.")
    ] = AlgorithmChoice("NeighborPeakWindowSum")
    time_shift: Annotated[
        AlgorithmChoice | None,
        Kind("time_shift", "Time differences between pixels; null: left as they are."),
    ] = AlgorithmChoice("PeakTimeShift")
    invalid_pixel_handler: Annotated[
        AlgorithmChoice | None,
        Kind(
            "invalid_pixel_handler",
            "What broken pixels get instead of their own signal; null: nothing.",
        ),
    ] = AlgorithmChoice("NeighborAverage")
    image_modifier: Annotated[
        AlgorithmChoice | None,
        Kind(
            "image_modifier",
            "Changes of simulated images that make them more like data; null: none.",
        ),
    ] = None
    cleaner: Annotated[
        AlgorithmChoice, Kind("cleaner", "Which pixels belong to the shower.")
    ] = AlgorithmChoice("TailcutsImageCleaner")
    island_selector: Annotated[
        AlgorithmChoice | None,
        Kind("island_selector", "Which of their islands is kept; null: all of them."),
    ] = None
    image_quality: ImageQualityConfig = ImageQualityConfig()
    parameters: Annotated[
        tuple[AlgorithmChoice, ...],
        Kind("parameters", "Groups of image parameters, in the order of the columns."),
    ] = (
        AlgorithmChoice("hillas"),
        AlgorithmChoice("timing"),
        AlgorithmChoice("leakage"),
        AlgorithmChoice("concentration"),
        AlgorithmChoice("morphology"),
        AlgorithmChoice("intensity_statistics"),
        AlgorithmChoice("peak_time_statistics"),
    )
    muons: Annotated[
        AlgorithmChoice | None,
        Kind(
            "muons",
            "What finds rings of muons, for the table `muons`; null: none are sought.",
        ),
    ] = None
    write: WriteConfig = WriteConfig()

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.waveform_modifier is not None and self.monitoring.pedestals is None:
            raise ValueError(
                "waveform_modifier: adds noise of the file that monitoring.pedestals "
                "names, and there is none"
            )
        if self.waveform_time_shift is not None and _may_be(
            self.time_shift, "PeakTimeShift"
        ):
            raise ValueError(
                "time_shift: PeakTimeShift takes off again what waveform_time_shift "
                "took off the samples; choose RemainingPeakTimeShift, or null"
            )
        return self


class Dl0WriteConfig(Section):
    """What is written."""

    true_images: Annotated[bool, Option(doc="write true images, where simulated")] = (
        True
    )
    compression_level: Annotated[
        int, Option(doc="zstd level of what is not packed already", ge=1, le=22)
    ] = 1


class ReduceConfig(Section):
    """Raw camera data to gain-selected waveforms, of all pixels or of some."""

    stage: Literal["reduce"] = "reduce"
    source: SourceConfig = SourceConfig()
    gain_selector: Annotated[
        AlgorithmChoice,
        Kind("gain_selector", "Which gain channel of a pixel is stored."),
    ] = AlgorithmChoice("ThresholdGainSelector")
    reducer: Annotated[
        AlgorithmChoice,
        Kind("reducer", "Which pixels are stored; the next two keys serve it."),
    ] = AlgorithmChoice("NullDataVolumeReducer")
    calibrator: Annotated[
        AlgorithmChoice, Kind("calibrator", "From raw counts to photo-electrons.")
    ] = AlgorithmChoice("SimTelCalibrator")
    extractor: Annotated[
        AlgorithmChoice,
        Kind("extractor", "Charge of each pixel; none counts as broken here."),
    ] = AlgorithmChoice("NeighborPeakWindowSum")
    write: Dl0WriteConfig = Dl0WriteConfig()


class Stage2Config(Section):
    """Image parameters to direction, core and height of each shower."""

    stage: Literal["stage2"] = "stage2"
    quality: Annotated[
        Cuts,
        Meaning("Which images take part, as conditions on columns of `parameters`."),
    ] = (
        Cut("enough_charge", "hillas_intensity > 50"),
        Cut("positive_width", "hillas_width > 0"),
        Cut("enough_pixels", "morphology_n_pixels > 3"),
    )
    reconstructors: Annotated[
        tuple[AlgorithmChoice, ...],
        Kind("reconstructor", "Each fills its own columns, with its name in front."),
    ] = (AlgorithmChoice("HillasReconstructor"),)
    best_geometry: Annotated[
        str, Option(doc="the reconstructor that reco_alt and reco_az are taken from")
    ] = "HillasReconstructor"

    @model_validator(mode="after")
    def _check(self) -> Self:
        names = [choice.name for choice in self.reconstructors]
        if self.best_geometry not in names:
            raise ValueError(
                f"best_geometry: {self.best_geometry!r} is not among the "
                f"reconstructors ({', '.join(names) or 'none'})"
            )
        return self


STAGES: dict[str, type[Section]] = {
    "simulate": SimulateConfig,
    "reduce": ReduceConfig,
    "stage1": Stage1Config,
    "calibration": CalibrationConfig,
    "stage2": Stage2Config,
}
