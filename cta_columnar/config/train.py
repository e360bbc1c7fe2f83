"""The configuration of `ctacol run train`."""

from typing import Annotated, Literal, Self

from pydantic import model_validator

from cta_columnar.config.choice import AlgorithmChoice
from cta_columnar.config.cuts import Cuts
from cta_columnar.config.expressions import Cut
from cta_columnar.config.section import Kind, Meaning, Section
from cta_columnar.options import Option

ImageWeights = Literal["none", "intensity", "aspect-weighted-intensity"]

IMAGE_FEATURES = (
    "hillas_intensity",
    "hillas_r",
    "hillas_length",
    "hillas_width",
    "hillas_skewness",
    "hillas_kurtosis",
    "timing_slope",
    "timing_deviation",
    "leakage_intensity_width_1",
    "leakage_intensity_width_2",
    "leakage_pixels_width_1",
    "leakage_pixels_width_2",
    "concentration_cog",
    "concentration_core",
    "morphology_n_islands",
    "morphology_n_large_islands",
    "morphology_n_medium_islands",
    "morphology_n_pixels",
    "morphology_n_small_islands",
    "peak_time_std",
    "peak_time_skewness",
    "peak_time_kurtosis",
    "intensity_max",
    "intensity_mean",
    "intensity_std",
    "intensity_skewness",
    "intensity_kurtosis",
    "area",
)
STEREO_FEATURES = (
    "HillasReconstructor_tel_impact_distance",
    "HillasReconstructor_average_intensity",
    "HillasReconstructor_h_max",
)
EVENT_FEATURES = (
    "multiplicity",
    "HillasReconstructor_average_intensity",
    "HillasReconstructor_h_max",
    "core_distance",
    "reco_energy",
    "reco_energy_uncert",
)

Estimator = Annotated[
    AlgorithmChoice,
    Kind(
        "estimator",
        "A class of scikit-learn with its arguments, per telescope type if wanted.",
    ),
]
Features = Annotated[
    tuple[str, ...],
    Option(doc="what it reads: columns, and features named above"),
]
TrainedOn = Annotated[
    tuple[str, ...], Option(doc="classes of showers that it is trained on")
]
LogTarget = Annotated[bool, Option(doc="train on the logarithm of the target")]
Prefix = Annotated[
    str | None, Option(doc="its columns begin with it; null: name of the estimator")
]


def _trees(name: str, depth: int, leaf: int) -> AlgorithmChoice:
    options = {
        "n_estimators": 100,
        "max_depth": depth,
        "min_samples_leaf": leaf,
        "max_features": 0.5,
    }
    return AlgorithmChoice(name, options)


class ModelConfig(Section):
    """What all models have in common."""

    estimator: Estimator = _trees("ExtraTreesRegressor", 15, 5)
    features: Features = (*IMAGE_FEATURES, *STEREO_FEATURES)
    weights: Annotated[
        Literal["none", "spectrum", "flat"],
        Option(
            doc="weight of a row: 1; such that a class has the spectrum of `spectra`; "
            "or such that all energies count the same"
        ),
    ] = "none"
    balance_pointings: Annotated[
        bool, Option(doc="each pointing of the array counts the same in all")
    ] = False


class EnergyConfig(ModelConfig):
    """Energy of a shower, from each image."""

    prefix: Prefix = None
    train_on: TrainedOn = ("gamma",)
    log_target: LogTarget = True


class ParticleConfig(ModelConfig):
    """What made the shower: probability of each class, from each image."""

    estimator: Estimator = _trees("ExtraTreesClassifier", 15, 5)
    features: Features = (
        *IMAGE_FEATURES,
        *STEREO_FEATURES,
        "reco_energy",
        "reco_tel_energy",
    )
    prefix: Prefix = None
    signal_fraction: Annotated[
        float | None,
        Option(
            doc="share of all weight that the signal has, the other classes share the "
            "rest equally; null: rows count as they are",
            gt=0,
            lt=1,
        ),
    ] = 0.5


class DispConfig(ModelConfig):
    """Place of the source on the image axis: how far, and on which side."""

    features: Features = (
        *IMAGE_FEATURES,
        *STEREO_FEATURES,
        "reco_energy",
        "reco_tel_energy",
    )
    sign_estimator: Estimator = _trees("ExtraTreesClassifier", 15, 5)
    prefix: Annotated[str, Option(doc="its columns begin with it")] = "disp"
    train_on: TrainedOn = ("gamma",)
    log_target: LogTarget = False
    project: Annotated[
        bool,
        Option(doc="distance along the image axis; false: between the points"),
    ] = True


class EnergyUncertaintyConfig(ModelConfig):
    """How far the energy that an image says is off, which weighs the image."""

    estimator: Estimator = _trees("ExtraTreesRegressor", 10, 20)
    features: Features = (*IMAGE_FEATURES, *STEREO_FEATURES, "reco_tel_energy")
    log_target: LogTarget = True


class DispUncertaintyConfig(ModelConfig):
    """How far the direction that an image says is off, which weighs the image."""

    estimator: Estimator = _trees("ExtraTreesRegressor", 10, 20)
    features: Features = (*IMAGE_FEATURES, *STEREO_FEATURES, "reco_tel_energy")
    log_target: LogTarget = True


class EventErrorConfig(ModelConfig):
    """What the models of errors of whole events have in common."""

    estimator: Estimator = _trees("ExtraTreesRegressor", 10, 20)
    features: Features = EVENT_FEATURES
    log_target: LogTarget = True
    n_classes: Annotated[
        int, Option(doc="classes of equal size per energy, 0 the best", ge=2, le=20)
    ] = 3
    bins_per_decade: Annotated[
        int, Option(doc="bins of reconstructed energy for the classes", ge=1, le=100)
    ] = 5


class EnergyErrorConfig(EventErrorConfig):
    """How far the energy of an event is off, and classes of events by that."""


class DirectionErrorConfig(EventErrorConfig):
    """How far the direction of an event is off, and classes of events by that."""

    features: Features = (
        *EVENT_FEATURES,
        "HillasReconstructor_alt_uncert",
        "disp_ang_distance_uncert",
        "off_disp",
    )


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
            doc="images in memory, of each telescope type and class; of more, some "
            "showers are drawn",
            ge=1,
        ),
    ] = 1_000_000
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
        dict[str, float],
        Option(
            doc="index of the power law that a class has with `weights: spectrum`",
            lt=0,
        ),
    ] = {"gamma": -2.62, "electron": -3.43, "proton": -2.62}  # noqa: RUF012
    quality: Annotated[
        Cuts, Meaning("Which images take part; models predict no others.")
    ] = (
        Cut("enough_charge", "hillas_intensity > 50"),
        Cut("positive_width", "hillas_width > 0"),
        Cut("enough_pixels", "morphology_n_pixels > 3"),
        Cut("has_geometry", "HillasReconstructor_is_valid"),
    )
    features: Annotated[
        dict[str, str],
        Option(doc="features beside the columns, in SQL, by the names they get"),
    ] = {  # noqa: RUF012
        "area": "hillas_length * hillas_width",
        "core_distance": "sqrt(HillasReconstructor_core_x * "
        "HillasReconstructor_core_x + HillasReconstructor_core_y * "
        "HillasReconstructor_core_y)",
        "off_disp": "sqrt(pow(sind((disp_alt - HillasReconstructor_alt) / 2), 2) + "
        "cosd(disp_alt) * cosd(HillasReconstructor_alt) * "
        "pow(sind((disp_az - HillasReconstructor_az) / 2), 2))",
    }
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
        for name, needed in NEEDS.items():
            if getattr(self, name) and not getattr(self, needed):
                raise ValueError(f"{name}: is about {needed}, which is null")
        if self.best_direction == "disp" and self.disp is None:
            raise ValueError("best_direction: wants disp, which is null")
        if not self.sections:
            raise ValueError("energy: nothing is left to train, all sections are null")
        return self

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

NEEDS = {"energy_uncert": "energy", "disp_uncert": "disp", "energy_error": "energy"}


def _check_classes(config: TrainConfig) -> None:
    """Check that classes are told apart, and that those named are there."""
    primaries = [each for several in config.classes.values() for each in several]
    if len(set(primaries)) < len(primaries):
        raise ValueError("classes: one primary is in two of them")
    named = {"signal": (config.signal,)}
    for section in ("energy", "disp"):
        if (own := getattr(config, section)) is not None:
            if not own.train_on:
                raise ValueError(f"{section}: train_on names no class")
            named[section] = own.train_on
    for key, names in named.items():
        for name in names:
            if name not in config.classes:
                known = ", ".join(config.classes)
                raise ValueError(f"{key}: no class is called {name!r}; known: {known}")
