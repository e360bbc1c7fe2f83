"""The configuration of `ctacol run stage2`."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import model_validator

from cta_columnar.config.block_size import BlockSize
from cta_columnar.config.choice import AlgorithmChoice
from cta_columnar.config.cuts import Cuts
from cta_columnar.config.expressions import Cut, read_cuts
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
        Kind(
            "reconstructor",
            "Each fills its own columns, with its name in front. Several may stand "
            "side by side, with cuts of their own.",
        ),
    ] = (AlgorithmChoice("HillasReconstructor"),)
    best_geometry: Annotated[
        str, Option(doc="the reconstructor that reco_alt and reco_az are taken from")
    ] = "HillasReconstructor"
    block_size: BlockSize = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        names = [choice.name for choice in self.reconstructors]
        if self.best_geometry not in names:
            raise ValueError(
                f"best_geometry: {self.best_geometry!r} is not among the "
                f"reconstructors ({', '.join(names) or 'none'})"
            )
        for choice in self.reconstructors:
            self.cuts_of(choice)
        return self

    @staticmethod
    def cuts_of(choice: AlgorithmChoice) -> tuple[Cut, ...] | None:
        """Return the cuts that a reconstructor has of its own; None: the common ones.

        Raises
        ------
        ValueError
            If they cannot be read.
        """
        own = choice.options.get("quality")
        try:
            if isinstance(own, Mapping):
                raise ValueError(f'wants a list of "name: expression", got {own!r}')
            return None if own is None else read_cuts(own)
        except ValueError as error:
            raise ValueError(
                f"reconstructors: {choice.name}.quality: {error}"
            ) from None
