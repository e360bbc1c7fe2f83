"""The configuration of stage 1, and which stages there are.

Every key has its type, default, unit and meaning here or in the modules beside it.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import field_validator, model_validator

from cta_columnar.config.batch import BatchConfig
from cta_columnar.config.calibration import CalibrationConfig
from cta_columnar.config.choice import AlgorithmChoice
from cta_columnar.config.cluster import ClusterConfig
from cta_columnar.config.dl3 import DL3Config
from cta_columnar.config.images import (
    EventSelectionConfig,
    ImageQualityConfig,
    MonitoringConfig,
)
from cta_columnar.config.irf import IrfConfig
from cta_columnar.config.observation import ObservationConfig
from cta_columnar.config.reduce import ReduceConfig
from cta_columnar.config.section import Kind, Section
from cta_columnar.config.simulate import SimulateConfig
from cta_columnar.config.source import SourceConfig
from cta_columnar.config.stage2 import Stage2Config
from cta_columnar.config.stage3 import Stage3Config
from cta_columnar.config.train import TrainConfig
from cta_columnar.options import Option


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


STAGES: dict[str, type[Section]] = {
    "simulate": SimulateConfig,
    "reduce": ReduceConfig,
    "stage1": Stage1Config,
    "calibration": CalibrationConfig,
    "stage2": Stage2Config,
    "train": TrainConfig,
    "stage3": Stage3Config,
    "batch": BatchConfig,
    "cluster": ClusterConfig,
    "irf": IrfConfig,
    "dl3": DL3Config,
    "observation": ObservationConfig,
}
