"""The configuration of `ctacol run stage3`."""

from typing import Annotated, Literal, Self, get_args

from pydantic import model_validator

from cta_columnar.config.block_size import BlockSize
from cta_columnar.config.predictions import ImageWeights, check_name
from cta_columnar.config.section import OfThisMachine, Section
from cta_columnar.options import Option

Prefix = Annotated[
    str | None,
    Option(doc="in front of the names of its columns; null: as the models say"),
]
_IMAGE_WEIGHTS = ", ".join(get_args(ImageWeights))
_WEIGHTS = "weight of an image in what its event gets; null: as in the training; else "


class PredictedSection(Section):
    """What the keys of all tasks have in common."""

    prefix: Prefix = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.prefix is not None:
            check_name("prefix:", self.prefix)
        return self


class WithUncertainty(PredictedSection):
    """A task whose images may be weighed by their uncertainty."""

    weights: Annotated[
        Literal[ImageWeights, "inverse-variance"] | None,
        Option(doc=f"{_WEIGHTS}{_IMAGE_WEIGHTS}, inverse-variance"),
    ] = None


class PredictedEnergy(WithUncertainty):
    """Energy, from each image and of each event; null: not."""


class PredictedParticle(PredictedSection):
    """What made the shower, from each image and of each event; null: not."""

    weights: Annotated[
        ImageWeights | None,
        Option(doc=_WEIGHTS + _IMAGE_WEIGHTS),
    ] = None


class PredictedDirection(WithUncertainty):
    """Direction by the disp method, from each image and of each event; null: not."""


class Stage3Config(Section):
    """Reconstructed events to energy, particle, direction and quality, by models."""

    stage: Literal["stage3"] = "stage3"
    models: Annotated[
        str | None,
        Option(doc="folder of the models; --models says the same"),
        OfThisMachine(),
    ] = None
    energy: PredictedEnergy | None = PredictedEnergy()
    particle: PredictedParticle | None = PredictedParticle()
    disp: PredictedDirection | None = PredictedDirection()
    energy_error: Annotated[
        bool, Option(doc="expected error of the energy, and classes of events by it")
    ] = True
    direction_error: Annotated[
        bool, Option(doc="expected error of the direction, and classes of events by it")
    ] = True
    best_direction: Annotated[
        Literal["geometry", "disp"],
        Option(doc="where reco_alt and reco_az are from; geometry: as in the input"),
    ] = "geometry"
    trained_on: Annotated[
        Literal["refuse", "drop", "keep"],
        Option(
            doc="events that the models were trained on: an error; left out, and the "
            "share of showers that is left is noted; or marked"
        ),
    ] = "refuse"
    block_size: BlockSize = None
