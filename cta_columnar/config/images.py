"""Parts of the configuration of stage 1: what goes in, and which images count."""

from typing import Annotated, Self

from pydantic import model_validator

from cta_columnar.config.cuts import Cuts
from cta_columnar.config.section import Meaning, OfThisMachine, Section
from cta_columnar.errors import did_you_mean
from cta_columnar.options import Option
from cta_columnar.schemas.event_types import EventType


class MonitoringConfig(Section):
    """Files besides the input that tell of the state of the telescopes."""

    pedestals: Annotated[
        str | None,
        Option(
            doc="raw file with pedestal events, or the input itself: NSBImageCleaner "
            "raises thresholds by the scatter of their charges, WaveformModifier adds "
            "their samples to others; null: none"
        ),
        OfThisMachine(),
    ] = None
    calibration: Annotated[
        str | None,
        Option(
            doc="camera coefficients on top of those of the input, joined by run and "
            "time: a dataset of ctacol run calibration, or a *.parquet or *.ecsv file "
            "with tel_id, perhaps obs_id and time (TAI), and those of pedestal_offset, "
            "factor, time_shift, outlier_mask [channel, pixel] that are known; null: "
            "none"
        ),
        OfThisMachine(),
    ] = None
    calibration_of_any_run: Annotated[
        bool,
        Option(doc="join them by time alone, as if they had no obs_id"),
    ] = False


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
