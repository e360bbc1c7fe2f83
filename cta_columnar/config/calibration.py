"""The configuration of the camera calibration."""

from typing import Annotated, Literal

from cta_columnar.config.choice import AlgorithmChoice
from cta_columnar.config.section import Kind, Section
from cta_columnar.options import Option

_TIMES_THE_MEDIAN = (-0.7, 3.0)


class ChunksConfig(Section):
    """Events that statistics are taken over, for each type of event by itself."""

    size: Annotated[
        int | None, Option(doc="events in a chunk; null: by duration", ge=1)
    ] = None
    duration: Annotated[
        float | None,
        Option(unit="s", doc="time that a chunk spans; null: all events", gt=0),
    ] = None
    last: Annotated[
        Literal["overlap", "truncate", "skip"],
        Option(doc="what becomes of events at the end that fill no chunk: filled up "
               "with those before, a smaller chunk, or none"),
    ] = "overlap"  # fmt: skip
    min_events: Annotated[
        int, Option(doc="chunks with fewer events are not valid", ge=2)
    ] = 20


class GainsConfig(Section):
    """From the scatter of charges in flashes to photo-electrons."""

    squared_excess_noise: Annotated[
        float,
        Option(doc="1 + variance / mean^2 of the charge of a photo-electron", ge=1),
    ] = 1.222
    flash_spread: Annotated[
        float,
        Option(
            doc="relative rms of the light from flash to flash, in all pixels",
            ge=0,
            lt=1,
        ),
    ] = 0.0
    flat_field: Annotated[
        bool,
        Option(
            doc="pixels get the camera's median of photo-electrons; false: their own"
        ),
    ] = True


class CalibrationConfig(Section):
    """Pedestal and flat-field events of a DL1 dataset to coefficients of cameras."""

    stage: Literal["calibration"] = "calibration"
    chunks: ChunksConfig = ChunksConfig()
    aggregator: Annotated[
        AlgorithmChoice, Kind("aggregator", "Mean, median and scatter of each pixel.")
    ] = AlgorithmChoice("SigmaClippingAggregator")
    pedestal_outliers: Annotated[
        tuple[AlgorithmChoice, ...],
        Kind("outlier_detector", "Which pixels are bad, by charges of pedestals."),
    ] = (
        AlgorithmChoice(
            "MedianOutlierDetector",
            {"apply_to": "std", "median_range_factors": _TIMES_THE_MEDIAN},
        ),
    )
    flatfield_outliers: Annotated[
        tuple[AlgorithmChoice, ...],
        Kind("outlier_detector", "Which pixels are bad, by charges of flashes."),
    ] = (
        AlgorithmChoice(
            "MedianOutlierDetector",
            {"apply_to": "median", "median_range_factors": _TIMES_THE_MEDIAN},
        ),
    )
    pulse_time_outliers: Annotated[
        tuple[AlgorithmChoice, ...],
        Kind("outlier_detector", "Which pixels are bad, by pulse times of flashes."),
    ] = ()
    faulty_pixels_fraction: Annotated[
        float,
        Option(doc="a chunk with this share of bad pixels is not valid", gt=0, le=1),
    ] = 0.1
    charge_samples: Annotated[
        float | None,
        Option(
            doc="charge of 1 p.e. in every sample, for the pedestal of a sample; null: "
            "as the extractor of the input says, which windows cut at the ends of a "
            "trace fall short of",
            gt=0,
        ),
    ] = None
    gains: GainsConfig = GainsConfig()
