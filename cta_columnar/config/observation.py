"""The file of ``ctacol run dl3 --observe``: simulated events as observations."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, field_validator, model_validator

from cta_columnar.config.section import Meaning, Section
from cta_columnar.config.spectra import IN_WORDS, SpectrumChoice, form_of
from cta_columnar.options import Option


class TargetConfig(Section):
    """What is observed."""

    name: Annotated[str, Option(doc="one that catalogues know")] = "Crab Nebula"
    ra: Annotated[
        float, Option(unit="deg", doc="right ascension (ICRS)", ge=0, lt=360)
    ] = 83.6324
    dec: Annotated[float, Option(unit="deg", doc="declination", ge=-90, le=90)] = (
        22.0174
    )


class GammaSourceConfig(Section):
    """A source of gamma rays; null: there is none."""

    spectrum: Annotated[SpectrumChoice, Option(doc=IN_WORDS)] = "CRAB_HEGRA"
    ra: Annotated[
        float | None,
        Option(unit="deg", doc="where it is; null: at the target", ge=0, lt=360),
    ] = None
    dec: Annotated[float | None, Option(unit="deg", doc="likewise", ge=-90, le=90)] = (
        None
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        form_of(self.spectrum)
        if (self.ra is None) != (self.dec is None):
            raise ValueError("ra: give both ra and dec, or none")
        return self


class SeriesConfig(Section):
    """Observations one after the other, at one pointing or alternating between some."""

    start: Annotated[str, Option(doc="when the first begins, 2024-12-05T23:40:00")] = ""
    duration: Annotated[float, Option(unit="min", doc="of each", gt=0)] = 20.0
    number: Annotated[int, Option(doc="how many", ge=1)] = 1
    pause: Annotated[float, Option(unit="min", doc="between two of them", ge=0)] = 0.0
    offset: Annotated[
        float | None, Option(unit="deg", doc="of the pointing from the target", ge=0)
    ] = None
    position_angles: Annotated[
        tuple[float, ...],
        Option(
            unit="deg",
            doc="where it is as seen from the target, counter-clockwise from north; of "
            "several, one after the other",
        ),
    ] = (0.0,)
    ra: Annotated[
        float | None,
        Option(unit="deg", doc="of the pointing, in place of an offset", ge=0, lt=360),
    ] = None
    dec: Annotated[float | None, Option(unit="deg", doc="likewise", ge=-90, le=90)] = (
        None
    )
    alt: Annotated[
        float | None,
        Option(unit="deg", doc="of an array that stands still", gt=0, le=90),
    ] = None
    az: Annotated[float | None, Option(unit="deg", doc="likewise", ge=0, lt=360)] = None
    gaps: Annotated[
        tuple[tuple[float, float], ...],
        Option(unit="min", doc="bad time of each, from its start", ge=0),
    ] = ()

    @field_validator("start", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:  # noqa: ANN401
        # YAML takes a time that is not quoted for one.
        return value.isoformat() if isinstance(value, date) else value

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.start:
            raise ValueError("start: say when the observations begin")
        if not self.position_angles:
            raise ValueError("position_angles: wants one at least")
        pairs = {"offset": (self.offset,), "ra and dec": (self.ra, self.dec)}
        pairs["alt and az"] = (self.alt, self.az)
        given = {
            name: values
            for name, values in pairs.items()
            if any(each is not None for each in values)
        }
        if len(given) != 1 or None in next(iter(given.values())):
            raise ValueError(
                "offset: a pointing wants an offset from the target, or ra and dec, or "
                f"alt and az; given is {' and '.join(given) or 'none'}"
            )
        return self


def as_entries(value: Any) -> Any:  # noqa: ANN401
    """Read a list of sections.

    Raises
    ------
    ValueError
        If it is none.
    """
    if isinstance(value, str | Mapping) or not hasattr(value, "__iter__"):
        raise ValueError(f"wants a list of keys with values, got {value!r}")
    return tuple(value)


class ObservationConfig(Section):
    """Simulated events as observations."""

    stage: Literal["observation"] = "observation"
    seed: Annotated[int, Option(doc="of the events that are drawn", ge=0, lt=2**32)] = 0
    target: TargetConfig = TargetConfig()
    source: GammaSourceConfig | None = GammaSourceConfig()
    background: Annotated[
        dict[str, SpectrumChoice],
        Option(doc="particles that are seen besides gamma rays, and their spectra; "
               f"each {IN_WORDS}"),
    ] = {  # noqa: RUF012
        "proton": "IRFDOC_PROTON_SPECTRUM",
        "electron": "IRFDOC_ELECTRON_SPECTRUM",
    }  # fmt: skip
    time_scale: Annotated[
        Literal["utc", "tt", "tai"], Option(doc="what times below are in")
    ] = "utc"
    first_obs_id: Annotated[
        int, Option(doc="number of the first observation", ge=0, lt=2**31)
    ] = 1
    observations: Annotated[
        tuple[SeriesConfig, ...],
        BeforeValidator(as_entries),
        Meaning(
            "When and where. Each has start, duration (min), number, pause (min "
            "between), and a pointing: offset from the target with position_angles "
            "(deg, counter-clockwise from north), or ra and dec, or alt and az; gaps "
            "are bad time (min from its start)."
        ),
    ] = (
        SeriesConfig(
            start="2024-12-06T00:02:00",
            number=2,
            offset=0.7,
            position_angles=(0.0, 180.0),
        ),
    )
    dead_fraction: Annotated[
        float, Option(doc="share of the time that the array is dead", ge=0, lt=1)
    ] = 0.0
    zenith_tolerance: Annotated[
        float,
        Option(unit="deg", doc="between simulated and observed zenith angles", ge=0),
    ] = 5.0
    ring_width: Annotated[
        float,
        Option(
            unit="deg",
            doc="simulated gamma rays make the source if they are as far off the "
            "centre as it is, within a ring of this width",
            gt=0,
        ),
    ] = 0.5
    tolerated_loss: Annotated[
        float,
        Option(
            doc="share of the events that may be missing because simulated ones would "
            "have to be seen more than once",
            ge=0,
            lt=1,
        ),
    ] = 0.0

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name, choice in self.background.items():
            try:
                form_of(choice)
            except ValueError as error:
                raise ValueError(f"background: {name}: {error}") from error
        if not self.observations:
            raise ValueError("observations: there is none")
        if self.source is None and not self.background:
            raise ValueError("source: nothing is to be seen: no source, no background")
        return self
