"""The configuration of `ctacol run train`."""

from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import model_validator

from cta_columnar.config.cuts import Cuts
from cta_columnar.config.predictions import ImageWeights, check_name
from cta_columnar.config.section import Meaning, Section
from cta_columnar.config.train_defaults import (
    CUTS,
    FEATURES,
    GEOMETRY,
    cuts_for,
    expressions_for,
    names_for,
)
from cta_columnar.config.train_sections import (
    DirectionErrorConfig,
    DispConfig,
    DispUncertaintyConfig,
    EnergyConfig,
    EnergyErrorConfig,
    EnergyUncertaintyConfig,
    ModelConfig,
    ParticleConfig,
)
from cta_columnar.errors import did_you_mean
from cta_columnar.options import Option


class TrainConfig(Section):
    """Reconstructed events with their truth to models."""

    stage: Literal["train"] = "train"
    seed: Annotated[int, Option(doc="of all random choices", ge=0, lt=2**32)] = 1
    fraction: Annotated[
        float,
        Option(
            doc="share of the showers to train on; the others are left for whoever "
            "applies the models",
            gt=0,
            le=1,
        ),
    ] = 0.5
    folds: Annotated[
        int,
        Option(doc="parts of the showers; models of the others predict one", ge=2),
    ] = 5
    max_rows: Annotated[
        int,
        Option(
            doc="images in memory, of all telescope types and classes; of more, some "
            "showers are drawn, of each class as many images",
            ge=1,
        ),
    ] = 800_000
    min_rows: Annotated[
        int,
        Option(
            doc="images of a class that a telescope type needs; else it has no model",
            ge=2,
        ),
    ] = 100
    classes: Annotated[
        dict[str, tuple[int, ...]],
        Option(
            doc="names of primaries: 0 gamma, 1 electron, 101 proton; 100 A + Z of "
            "nuclei. Others are left out"
        ),
    ] = {"gamma": (0,), "electron": (1,), "proton": (101,)}  # noqa: RUF012
    signal: Annotated[
        str, Option(doc="the class whose probability is the gh_score")
    ] = "gamma"
    spectra: Annotated[
        dict[str, float | str],
        Option(
            doc="of a class with `weights: spectrum`: index of a power law, or the "
            "name of a published spectrum, as IRFDOC_PROTON_SPECTRUM",
            lt=0,
        ),
    ] = {"gamma": -2.62, "electron": -3.43, "proton": -2.62}  # noqa: RUF012
    geometry: Annotated[
        str,
        Option(
            doc="reconstructor of stage 2; default cuts and features read its columns, "
            "as they read those of disp by its prefix"
        ),
    ] = GEOMETRY
    quality: Annotated[
        Cuts, Meaning("Which images take part; models predict no others.")
    ] = CUTS
    features: Annotated[
        dict[str, str],
        Option(doc="features beside the columns, in SQL, by the names they get"),
    ] = FEATURES
    image_weights: Annotated[
        ImageWeights,
        Option(doc="weight of an image in what its event gets, as in stage 3"),
    ] = "aspect-weighted-intensity"
    best_direction: Annotated[
        Literal["geometry", "disp"],
        Option(doc="whose direction reco_alt and reco_az are, as in stage 3"),
    ] = "geometry"
    energy: EnergyConfig | None = EnergyConfig()
    particle: ParticleConfig | None = ParticleConfig()
    disp: DispConfig | None = DispConfig()
    energy_uncert: EnergyUncertaintyConfig | None = EnergyUncertaintyConfig()
    disp_uncert: DispUncertaintyConfig | None = DispUncertaintyConfig()
    energy_error: EnergyErrorConfig | None = EnergyErrorConfig()
    direction_error: DirectionErrorConfig | None = DirectionErrorConfig()

    @model_validator(mode="after")
    def _check(self) -> Self:
        _check_classes(self)
        _check_prefixes(self)
        for name, needed in NEEDS.items():
            if getattr(self, name) and not getattr(self, needed):
                raise ValueError(f"{name}: is about {needed}, which is null")
        if self.best_direction == "disp" and self.disp is None:
            raise ValueError("best_direction: wants disp, which is null")
        if not self.sections:
            raise ValueError("energy: nothing is left to train, all sections are null")
        return _followed(self)

    @property
    def sections(self) -> dict[str, ModelConfig]:
        """Sections that are trained, in that order."""
        given = {name: getattr(self, name) for name in SECTIONS}
        return {name: each for name, each in given.items() if each is not None}


SECTIONS = (
    "energy",
    "particle",
    "disp",
    "energy_uncert",
    "disp_uncert",
    "energy_error",
    "direction_error",
)
"""In the order of training: features of a later one may be columns of an earlier."""

C = TypeVar("C", bound=TrainConfig)

NEEDS = {"energy_uncert": "energy", "disp_uncert": "disp", "energy_error": "energy"}


def _followed(config: C) -> C:
    """Rename what defaults read by the keys that say what it is called.

    A copy where that is needed, which `model_validate` returns.
    """
    names = config.geometry, config.disp.prefix if config.disp else None
    has_energy = config.energy is not None
    update: dict[str, Any] = {
        "quality": cuts_for(config.quality, config.geometry),
        "features": expressions_for(config.features, *names),
    }
    for key, own in config.sections.items():
        if own.features == type(own).model_fields["features"].default:
            features = names_for(own.features, *names, has_energy=has_energy)
            update[key] = own.model_copy(update={"features": features})
    changed = {key: new for key, new in update.items() if new != getattr(config, key)}
    return config.model_copy(update=changed) if changed else config


def _check_classes(config: TrainConfig) -> None:
    """Check that classes are told apart, and that those named are there."""
    check_name("geometry:", config.geometry)
    for name in config.classes:
        check_name("classes:", name)
    primaries = [each for several in config.classes.values() for each in several]
    if len(set(primaries)) < len(primaries):
        raise ValueError("classes: one primary is in two of them")
    named: dict[str, tuple[str, ...]] = {"signal": (config.signal,)}
    for section in ("energy", "disp"):
        if (own := getattr(config, section)) is not None:
            if not own.train_on:
                raise ValueError(f"{section}: train_on names no class")
            named[section] = own.train_on
    # The defaults may name classes that there are no longer.
    default = TrainConfig.model_fields["spectra"].default
    of_spectra = (n for n, each in config.spectra.items() if default.get(n) != each)
    named["spectra"] = tuple(of_spectra)
    for key, names in named.items():
        for name in names:
            if name not in config.classes:
                hint = did_you_mean(name, config.classes)
                raise ValueError(f"{key}: no class is called {name!r}; {hint}")


def _check_prefixes(config: TrainConfig) -> None:
    """Refuse two tasks whose columns would have the same names."""
    seen: dict[str, str] = {}
    for section in (config.energy, config.particle, config.disp):
        if section is not None:
            prefix = section.prefix or section.estimator.name
            name = type(section).__name__.removesuffix("Config").lower()
            check_name(f"{name}: prefix", prefix)
            if prefix in seen:
                raise ValueError(
                    f"{name}: its columns begin with {prefix!r}, as those of "
                    f"{seen[prefix]} do; give one another prefix"
                )
            seen[prefix] = name
