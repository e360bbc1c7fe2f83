"""The configuration of `ctacol run stage2`."""

from typing import Annotated, Literal, Self

from pydantic import model_validator

from cta_columnar.config.choice import AlgorithmChoice
from cta_columnar.config.cuts import Cuts
from cta_columnar.config.expressions import Cut
from cta_columnar.config.section import Kind, Meaning, Section
from cta_columnar.options import Option


class Stage2Config(Section):
    """Image parameters to direction, core and height of each shower."""

    stage: Literal["stage2"] = "stage2"
    quality: Annotated[
        Cuts,
        Meaning("Which images take part, as conditions on columns of `parameters`."),
    ] = (
        Cut("enough_charge", "hillas_intensity > 50"),
        Cut("positive_width", "hillas_width > 0"),
        Cut("enough_pixels", "morphology_n_pixels > 3"),
    )
    reconstructors: Annotated[
        tuple[AlgorithmChoice, ...],
        Kind("reconstructor", "Each fills its own columns, with its name in front."),
    ] = (AlgorithmChoice("HillasReconstructor"),)
    best_geometry: Annotated[
        str, Option(doc="the reconstructor that reco_alt and reco_az are taken from")
    ] = "HillasReconstructor"

    @model_validator(mode="after")
    def _check(self) -> Self:
        names = [choice.name for choice in self.reconstructors]
        if self.best_geometry not in names:
            raise ValueError(
                f"best_geometry: {self.best_geometry!r} is not among the "
                f"reconstructors ({', '.join(names) or 'none'})"
            )
        return self
