"""The sections of the configuration of `ctacol run train`, one for each task."""

from typing import Annotated, Literal

from cta_columnar.config.choice import AlgorithmChoice
from cta_columnar.config.section import Kind, Section
from cta_columnar.options import Option

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
