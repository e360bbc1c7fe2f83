"""The steps of stage 3 that say something of each image."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from cta_columnar.models import ModelSource
from cta_columnar.schemas import predictions
from cta_columnar.schemas.columns import merge
from cta_columnar.stages.combination import disp_to_altaz
from cta_columnar.stages.prediction_rows import Rows
from cta_columnar.stages.prediction_step import Models, predicted

POSITIVE = "positive"  # the class of disp_sign for a source in the direction of psi
_DISP = (
    "hillas_fov_lon",
    "hillas_fov_lat",
    "hillas_psi",
    "pointing_alt",
    "pointing_az",
)


@dataclass(frozen=True)
class OfImages:
    """What the steps have in common that say something of each image."""

    prefix: str
    models: Models
    weights = ""
    of_events = False

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns that it reads of each image, besides those of its models."""
        return ()

    @property
    def reads_of_events(self) -> tuple[str, ...]:
        """None."""
        return ()


@dataclass(frozen=True)
class EnergyOfImages(OfImages):
    """Energy from each image. One that is not positive is none."""

    name = task = "energy"

    @property
    def writes(self) -> pa.Schema:
        """Columns that it writes."""
        own = predictions.of_telescopes("energy", self.prefix)
        return merge(own, predictions.STANDARD_TEL)

    def run(self, rows: Rows, models: ModelSource) -> None:
        """Do it."""
        for tel_type in rows.types:
            energy = predicted(rows, models, "energy", tel_type)
            energy = np.where(energy > 0, energy, np.nan)
            rows.add_to_images(
                tel_type,
                {
                    f"{self.prefix}_tel_energy": energy,
                    f"{self.prefix}_tel_is_valid": np.isfinite(energy),
                    "reco_tel_energy": energy,
                },
            )


@dataclass(frozen=True)
class ParticleOfImages(OfImages):
    """Probabilities of the classes of particles from each image."""

    classes: tuple[str, ...]
    signal: str
    name = task = "particle"

    @property
    def writes(self) -> pa.Schema:
        """Columns that it writes."""
        return predictions.of_telescopes("particle", self.prefix, self.classes)

    def run(self, rows: Rows, models: ModelSource) -> None:
        """Do it."""
        for tel_type in rows.types:
            chances = predicted(rows, models, "particle", tel_type, len(self.classes))
            score = chances[:, self.classes.index(self.signal)]
            columns = {
                f"{self.prefix}_tel_prediction": score,
                f"{self.prefix}_tel_is_valid": np.isfinite(score),
            }
            names = (f"{self.prefix}_tel_probability_{each}" for each in self.classes)
            columns |= dict(zip(names, chances.T, strict=True))
            rows.add_to_images(tel_type, columns)


@dataclass(frozen=True)
class DispOfImages(OfImages):
    """Direction from each image: so far from its centroid, along its axis."""

    name = task = "disp"

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns that it reads of each image, besides those of its models."""
        return _DISP

    @property
    def writes(self) -> pa.Schema:
        """Columns that it writes."""
        return predictions.of_telescopes("disp", self.prefix)

    def run(self, rows: Rows, models: ModelSource) -> None:
        """Do it."""
        for tel_type in rows.types:
            norm = predicted(rows, models, "disp_norm", tel_type)
            chances = predicted(rows, models, "disp_sign", tel_type, 2)
            plus = chances[:, self._place_of_positive(tel_type)]
            # Not by `np.sign`: where both are alike, it is plus.
            disp = np.where(plus >= 0.5, norm, -norm)
            disp[np.isnan(plus)] = np.nan
            lon, lat, psi, *pointing = (rows.column(name, tel_type) for name in _DISP)
            alt, az = disp_to_altaz(lon, lat, psi, disp, *pointing)
            columns = {
                "parameter": disp,
                "sign_score": np.abs(2 * plus - 1),
                "alt": alt,
                "az": az,
                "is_valid": np.isfinite(alt + az),
            }
            named = {f"{self.prefix}_tel_{n}": each for n, each in columns.items()}
            rows.add_to_images(tel_type, named)

    def _place_of_positive(self, tel_type: str) -> int:
        known = self.models.get(("disp_sign", tel_type))
        return known.classes.index(POSITIVE) if known else 0


@dataclass(frozen=True)
class UncertaintyOfImages(OfImages):
    """How far energy or direction from each image are expected to be off."""

    task: str

    @property
    def name(self) -> str:
        """Where its time is counted."""
        return self.task

    @property
    def writes(self) -> pa.Schema:
        """Columns that it writes."""
        return predictions.of_telescopes(self.task, self.prefix)

    def run(self, rows: Rows, models: ModelSource) -> None:
        """Do it."""
        (name,) = self.writes.names
        for tel_type in rows.types:
            error = predicted(rows, models, self.task, tel_type)
            if self.task == "energy_uncert":
                # That of the logarithm is predicted.
                error = error * rows.column(f"{self.prefix}_tel_energy", tel_type)
            rows.add_to_images(tel_type, {name: error})
