"""The part of a configuration that says what is read of raw files."""

from collections.abc import Collection
from typing import Annotated, Any, Literal, Self

from pydantic import model_validator

from cta_columnar.config.section import Section
from cta_columnar.errors import UserError
from cta_columnar.options import Option

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
    section_size: Annotated[
        int | None,
        Option(
            unit="MiB",
            doc="decompressed events that are a shard, where a file can be split; "
            "files smaller than that on disk are not; null: 256, about a second of "
            "work",
            ge=1,
            le=1 << 20,
        ),
    ] = None

    def for_opening(self) -> dict[str, Any]:
        """Return the keys that are options of `cta_columnar.open_source`."""
        return self.model_dump(exclude={"select_gain", "section_size"})

    @property
    def is_split(self) -> bool:
        """Whether files may be split.

        A section knows neither how many events came before nor their number.
        """
        return self.max_events is None and self.skip_calibration_events

    @property
    def section_bytes(self) -> int | None:
        """Decompressed bytes of a section; None: as many as by default."""
        return None if self.section_size is None else self.section_size << 20

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.select_gain is False:
            raise ValueError("select_gain: images have one gain channel per pixel")
        check_source(self.allowed_tels, self.obs_id, self.obs_id_offset)
        return self
