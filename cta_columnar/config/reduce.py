"""The configuration of `ctacol run reduce`."""

from typing import Annotated, Literal

from cta_columnar.config.choice import AlgorithmChoice
from cta_columnar.config.section import Kind, Section
from cta_columnar.config.source import SourceConfig
from cta_columnar.options import Option

ALL_PIXELS = AlgorithmChoice("NullDataVolumeReducer")


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
        Kind("reducer", "Which pixels are stored; the next three keys serve it."),
    ] = ALL_PIXELS
    calibrator: Annotated[
        AlgorithmChoice, Kind("calibrator", "From raw counts to photo-electrons.")
    ] = AlgorithmChoice("SimTelCalibrator")
    extractor: Annotated[
        AlgorithmChoice,
        Kind("extractor", "Charge of each pixel."),
    ] = AlgorithmChoice("NeighborPeakWindowSum")
    invalid_pixel_handler: Annotated[
        AlgorithmChoice | None,
        Kind(
            "invalid_pixel_handler",
            "What broken pixels get instead of their own charge; null: nothing.",
        ),
    ] = AlgorithmChoice("NeighborAverage")
    write: Dl0WriteConfig = Dl0WriteConfig()
