"""The configuration of `ctacol run irf`."""

from typing import Annotated, Any, Literal, Self

from pydantic import model_validator

from cta_columnar.config.cuts import Cuts
from cta_columnar.config.expressions import Cut
from cta_columnar.config.interpolation import InterpolationConfig
from cta_columnar.config.irf_cuts import IrfCutsConfig
from cta_columnar.config.irf_sections import (
    BenchmarksConfig,
    IrfAxesConfig,
    SensitivityConfig,
)
from cta_columnar.config.predictions import check_name
from cta_columnar.config.section import Meaning, OfThisMachine, Section
from cta_columnar.options import Option

EventTypes = Literal["none", "energy_error_class", "direction_error_class"]


class IrfConfig(Section):
    """Simulated events to cuts, instrument responses and sensitivity."""

    stage: Literal["irf"] = "irf"
    add_to: Annotated[
        str | None,
        Option(doc="folder of responses to add the inputs to, which --add-to names"),
        OfThisMachine(),
    ] = None
    interpolate_to: Annotated[
        str | None,
        Option(
            doc="zenith=23,azimuth=170,nsb=1: interpolate the responses that are the "
            "input; --interpolate-to says the same"
        ),
    ] = None
    interpolation: InterpolationConfig = InterpolationConfig()
    seed: Annotated[int, Option(doc="of all random choices", ge=0, lt=2**32)] = 1
    fraction: Annotated[
        float,
        Option(
            doc="share of the showers that make responses; the others are left to be "
            "observed",
            gt=0,
            le=1,
        ),
    ] = 0.5
    trained_on: Annotated[
        Literal["refuse", "keep"],
        Option(doc="events that models were trained on: an error, or like others"),
    ] = "refuse"
    mixed_reconstruction: Annotated[
        Literal["refuse", "keep"],
        Option(
            doc="inputs of one pointing that differ in models or the configuration of "
            "their reconstruction: an error, or taken together"
        ),
    ] = "refuse"
    particles: Annotated[
        dict[str, tuple[int, ...]],
        Option(doc="names of primaries: 0 gamma, 1 electron, 101 proton; 100 A + Z"),
    ] = {"gamma": (0,), "electron": (1,), "proton": (101,)}  # noqa: RUF012
    signal: Annotated[str, Option(doc="the particle of the source")] = "gamma"
    background: Annotated[
        tuple[str, ...], Option(doc="particles of the background; may be []")
    ] = ("proton", "electron")
    spectra: Annotated[
        dict[str, Any],
        Option(
            doc="by particle: a published one, as CRAB_HEGRA or CRAB_MAGIC_JHEAP2015; "
            "{flux, index}, {flux, a, b}: power law and log parabola, flux at 1 TeV; "
            "{energy: [...], flux: [...]}; in 1/(TeV m2 s), background per sr"
        ),
    ] = {  # noqa: RUF012
        "gamma": "CRAB_HEGRA",
        "electron": "IRFDOC_ELECTRON_SPECTRUM",
        "proton": "IRFDOC_PROTON_SPECTRUM",
    }
    obs_time: Annotated[float, Option(unit="h", doc="time of observation", gt=0)] = 50.0
    enclosure: Annotated[
        Literal["full", "point-like"],
        Option(doc="full: all directions; point-like: behind the cut on theta"),
    ] = "full"
    quality: Annotated[Cuts, Meaning("Which events take part.")] = (
        Cut("enough_telescopes", "multiplicity >= 2"),
    )
    pointing_tolerance: Annotated[
        float,
        Option(unit="deg", doc="runs that point within it are one point", gt=0),
    ] = 0.1
    nsb: Annotated[
        dict[str, float],
        Option(
            doc="level of the night-sky background by pattern of the folder of an "
            "input, as '*/moon/*', the first that fits; 0 of others",
            ge=0,
        ),
    ] = {}  # noqa: RUF012
    nsb_tolerance: Annotated[
        float,
        Option(
            doc="runs whose levels differ by less, as a share of the higher one, are "
            "one point",
            ge=0,
            lt=1,
        ),
    ] = 0.01
    event_types: Annotated[
        EventTypes,
        Option(doc="column of classes that have cuts and responses of their own"),
    ] = "none"
    telescopes_column: Annotated[
        str, Option(doc="telescopes whose types the axis telescope_types is made of")
    ] = "HillasReconstructor_telescopes"
    background_2d: Annotated[
        bool, Option(doc="background in rings of the field of view")
    ] = True
    background_3d: Annotated[
        bool, Option(doc="background in cells of longitude and latitude")
    ] = True
    bootstrap: Annotated[
        int,
        Option(
            doc="resamplings of showers, whose scatter are all errors then; 0: errors "
            "by formulas",
            ge=0,
        ),
    ] = 0
    axes: IrfAxesConfig = IrfAxesConfig()
    cuts: IrfCutsConfig = IrfCutsConfig()
    benchmarks: BenchmarksConfig = BenchmarksConfig()
    sensitivity: SensitivityConfig | None = SensitivityConfig()

    @property
    def is_point_like(self) -> bool:
        """Whether responses are behind the cut on theta."""
        return self.enclosure == "point-like"

    @property
    def wanting_background(self) -> list[str]:
        """Settings that do without what wants a background, if it is missing."""
        wants = {
            "sensitivity=null": self.sensitivity is not None,
            "background_2d=false": self.background_2d,
            "background_3d=false": self.background_3d,
            "benchmarks.roc=false": self.benchmarks.roc,
            "cuts.method=percentile": self.cuts.optimises,
        }
        return [setting for setting, wanted in wants.items() if wanted]

    @model_validator(mode="after")
    def _check_interpolation(self) -> Self:
        """Refuse keys that would do nothing."""
        of_it = {"interpolate_to", "interpolation"}
        given = {
            name
            for name, field in type(self).model_fields.items()
            if getattr(self, name) != field.default
        }
        if self.interpolate_to is None and "interpolation" in given:
            raise ValueError("interpolation: does nothing without interpolate_to")
        if self.interpolate_to is not None and (others := sorted(given - of_it)):
            raise ValueError(f"{others[0]}: does nothing with interpolate_to")
        return self

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name in self.particles:
            check_name("particles:", name)
        every = [each for several in self.particles.values() for each in several]
        if len(set(every)) < len(every):
            raise ValueError("particles: one primary is in two of them")
        named = {"signal": (self.signal,), "background": self.background}
        for key, names in named.items():
            for name in names:
                if name not in self.particles:
                    known = ", ".join(self.particles)
                    raise ValueError(
                        f"{key}: no particle is called {name!r}; {known} are"
                    )
                if name not in self.spectra:
                    raise ValueError(f"spectra: there is none of {name}")
        if self.signal in self.background:
            raise ValueError(f"background: {self.signal} is the signal")
        if len(set(self.background)) < len(self.background):
            raise ValueError("background: names a particle twice")
        self._check_telescopes()
        no_theta = self.cuts.method == "fixed" and self.cuts.theta is None
        if no_theta and self.is_point_like:
            raise ValueError("enclosure: point-like wants cuts.theta, which is null")
        if no_theta and self.sensitivity is not None:
            raise ValueError(
                "sensitivity: wants cuts.theta, which is null; set sensitivity=null"
            )
        if not self.background and self.wanting_background:
            raise ValueError(
                "background: there is none, so set " + " ".join(self.wanting_background)
            )
        return self

    def _check_telescopes(self) -> None:
        usual = type(self).model_fields["telescopes_column"].default
        is_read = "telescope_types" in self.axes.further
        if self.telescopes_column != usual and not is_read:
            raise ValueError(
                "telescopes_column: does nothing without an axis of telescope_types "
                "(axes.further)"
            )
