"""The configuration of `ctacol run dl3`."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, model_validator

from cta_columnar.config.observation import (
    ObservationConfig,
    TargetConfig,
    as_entries,
)
from cta_columnar.config.section import Meaning, OfThisMachine, Section
from cta_columnar.options import Option


class LabelsConfig(Section):
    """Who observed, in the words of the headers."""

    telescope: Annotated[str, Option(doc="TELESCOP, the observatory")] = "CTAO"
    instrument: Annotated[
        str | None, Option(doc="INSTRUME, the array; null: its name in the input")
    ] = None
    origin: Annotated[str, Option(doc="ORIGIN, who makes the files")] = "CTAO"


class ResponseConfig(Section):
    """Which responses are valid for an observation."""

    choice: Annotated[
        Literal["nearest", "interpolate"] | None,
        Option(
            doc="nearest: those of the nearest point of the grid; interpolate: between "
            "points, to the mean direction; null: interpolate for recorded events, "
            "nearest for simulated ones, which stay as they were simulated"
        ),
    ] = None
    event_type: Annotated[
        int,
        Option(
            doc="take events of this type only, with their responses; -1: all", ge=-1
        ),
    ] = -1
    zenith_tolerance: Annotated[
        float,
        Option(
            unit="deg",
            doc="between zenith angles of observation and responses that are not "
            "interpolated in it",
            ge=0,
        ),
    ] = 5.0
    azimuth_tolerance: Annotated[
        float,
        Option(unit="deg", doc="likewise; 180: azimuths do not matter", ge=0, le=180),
    ] = 180.0
    nsb: Annotated[
        float | None,
        Option(
            doc="level of the night sky; wanted if there are responses for several",
            ge=0,
        ),
    ] = None
    nsb_tolerance: Annotated[
        float,
        Option(
            doc="between that and the level of responses that are not interpolated in "
            "it, as a share of the higher one",
            ge=0,
            le=1,
        ),
    ] = 0.5
    position_tolerance: Annotated[
        float,
        Option(
            unit="m",
            doc="between places of telescopes in the events and in the responses, "
            "wherever the array as a whole is",
            ge=0,
        ),
    ] = 1.0
    other_spectra: Annotated[
        Literal["refuse", "keep"],
        Option(
            doc="background of responses that is of other spectra than those of "
            "simulated cosmic rays: an error, or taken"
        ),
    ] = "refuse"
    background: Annotated[
        Literal["background_2d", "background_3d"],
        Option(doc="the one that the index names, if there are both"),
    ] = "background_2d"


class RegionConfig(Section):
    """A circle on the sky."""

    name: Annotated[str, Option(doc="of the source in it")] = ""
    ra: Annotated[
        float, Option(unit="deg", doc="right ascension (ICRS)", ge=0, lt=360)
    ] = 0.0
    dec: Annotated[float, Option(unit="deg", doc="declination", ge=-90, le=90)] = 0.0
    radius: Annotated[float, Option(unit="deg", doc="of the circle", gt=0, le=20)] = 0.3


def _entries_or_none(value: Any) -> Any:  # noqa: ANN401
    return None if value is None else as_entries(value)


class RegionsConfig(Section):
    """Circles around sources: events outside of all are background."""

    target_radius: Annotated[
        float,
        Option(unit="deg", doc="of the circle around the target; 0: none", ge=0, le=20),
    ] = 0.3
    exclude: Annotated[
        tuple[RegionConfig, ...] | None,
        BeforeValidator(_entries_or_none),
        Meaning(
            "Further circles: name, ra, dec, radius (deg) each; []: there are no other "
            "sources; null: not said."
        ),
    ] = None


class OffRegionConfig(Section):
    """Background from these events: bins of its rates."""

    energy_bins: Annotated[
        int | None,
        Option(doc="per decade; null: as the background of the responses", ge=1),
    ] = None
    offset_bins: Annotated[
        int | None,
        Option(doc="of equal solid angle; null: as the background of the responses",
               ge=1),
    ] = None  # fmt: skip
    max_offset: Annotated[
        float, Option(unit="deg", doc="end of these bins", gt=0, le=90)
    ] = 5.0


class GoodTimeConfig(Section):
    """Good time of recorded observations, found from their triggers."""

    longest_gap: Annotated[
        float, Option(unit="s", doc="a longer time without any trigger is a gap", gt=0)
    ] = 10.0
    shortest: Annotated[
        float,
        Option(
            unit="s",
            doc="shorter intervals are left out, and a trigger alone always",
            ge=0,
        ),
    ] = 1.0
    dead_time: Annotated[float, Option(unit="s", doc="after each trigger", ge=0)] = 0.0
    pointing_tolerance: Annotated[
        float, Option(unit="deg", doc="how much a pointing may vary", gt=0)
    ] = 0.01


class TechnicalConfig(Section):
    """Tables of rates and conditions, interval by interval."""

    interval: Annotated[
        float, Option(unit="s", doc="length of an interval", ge=0.001)
    ] = 60.0
    weather: Annotated[
        str | None,
        Option(
            doc="a table by time (CSV, ECSV or Parquet; time in UTC) with any of "
            "transparency, temperature (deg_C), pressure (hPa), humidity (%), "
            "wind_speed (m/s); null: none"
        ),
        OfThisMachine(),
    ] = None
    monitoring: Annotated[
        tuple[str, ...],
        Option(doc="datasets with pedestals (of calibration) or muons (of stage1)"),
    ] = ()


class DL3Config(Section):
    """Reconstructed events to event lists with their responses."""

    stage: Literal["dl3"] = "dl3"
    irf: Annotated[
        str | None,
        Option(doc="folder of the responses; --irf says the same"),
        OfThisMachine(),
    ] = None
    trained_on: Annotated[
        Literal["refuse", "keep"],
        Option(doc="events that models were trained on: an error, or taken as others"),
    ] = "refuse"
    target: TargetConfig | None = None
    labels: LabelsConfig = LabelsConfig()
    responses: ResponseConfig = ResponseConfig()
    background: Annotated[
        Literal["irf", "off-region", "none"],
        Option(
            doc="where rates of background come from: the responses, or the events of "
            "these observations away from sources"
        ),
    ] = "irf"
    regions: RegionsConfig = RegionsConfig()
    off_region: OffRegionConfig = OffRegionConfig()
    good_time: GoodTimeConfig = GoodTimeConfig()
    technical: TechnicalConfig = TechnicalConfig()
    observe: ObservationConfig | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.background != "off-region" and self.off_region != OffRegionConfig():
            raise ValueError(
                "off_region: wants background: off-region, it does nothing otherwise"
            )
        usual = ResponseConfig()
        for name in ("background", "other_spectra"):
            changed = getattr(self.responses, name) != getattr(usual, name)
            if self.background != "irf" and changed:
                raise ValueError(
                    f"responses.{name}: wants background: irf, it does nothing "
                    "otherwise"
                )
        if self.observe is not None:
            self._check_simulated()
        if self.background == "off-region":
            self._check_sources()
        return self

    def _check_simulated(self) -> None:
        """Refuse what is for recorded events alone."""
        if self.target is not None:
            raise ValueError(
                "target: is for recorded events, it does nothing with --observe, whose "
                "file has a target of its own (observe.target)"
            )
        usual = GoodTimeConfig()
        for name in GoodTimeConfig.model_fields:
            if getattr(self.good_time, name) != getattr(usual, name):
                raise ValueError(
                    f"good_time.{name}: is for recorded events, it does nothing with "
                    "--observe, whose file says when is observed and how long"
                )

    def _check_sources(self) -> None:
        """Refuse to take all events for background because nobody named a source."""
        named = self.target is not None or self.observe is not None
        if self.regions.exclude is None and not (named and self.regions.target_radius):
            what = "regions.target_radius is 0" if named else "there is no target"
            raise ValueError(
                f"background: off-region leaves out events around sources, and {what}: "
                "name target (name, ra, dec), list sources in regions.exclude, or say "
                "with regions.exclude: [] that there is none"
            )
