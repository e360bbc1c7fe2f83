"""What `benchmarks.gammapy_crab` is made of: simulated, reconstructed, predicted.

Runs of three roles: models learn from some, responses are made of others, and the rest
is observed. No shower is in two roles.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import cta_columnar

SOURCE_OFFSET = 0.7  # deg from the pointing; gamma rays are simulated around it


@dataclass(frozen=True)
class Simulated:
    """What is simulated of a particle, at a zenith angle of 20 deg.

    Attributes
    ----------
    particle : str
    energy : tuple of float
        Lowest and highest, TeV.
    index : float
        Of the spectrum.
    viewcone : tuple of float
        Between which angles to the pointing, deg.
    radius : float
        Of the disc that showers hit, m.
    reuse : int
        How often each shower is used.
    """

    particle: str
    energy: tuple[float, float]
    index: float
    viewcone: tuple[float, float]
    radius: float
    reuse: int


DIFFUSE = Simulated("gamma", (0.03, 50.0), -1.8, (0.0, 5.0), 900.0, 10)
NEAR = Simulated("gamma", (0.05, 50.0), -2.0, (0.5, 0.9), 600.0, 2)
PROTON = Simulated("proton", (0.1, 100.0), -2.0, (0.0, 6.0), 900.0, 20)
ELECTRON = Simulated("electron", (0.05, 50.0), -2.3, (0.0, 3.2), 600.0, 2)
# Role: number of the run, which is its seed; what it is; and of how many showers.
ROLES: Mapping[str, tuple[tuple[int, Simulated, int], ...]] = {
    "learn": (
        *((number, DIFFUSE, 5000) for number in (21, 22, 23, 24)),
        (12, PROTON, 6000),
    ),
    "responses": (
        (141, NEAR, 8000),
        (161, ELECTRON, 4000),
        (421, PROTON, 6000),
        (422, PROTON, 6000),
    ),
    "observed": (
        (151, NEAR, 10000),
        (171, ELECTRON, 5000),
        (423, PROTON, 6000),
    ),
}
# Nothing reads errors that models predict here.
_MODELS = tuple(
    f"{section}=null"
    for section in ("energy_uncert", "disp_uncert", "energy_error", "direction_error")
)


def produce(folder: Path, role: str) -> list[Path]:
    """Make all datasets of a role, as far as they are not there.

    Parameters
    ----------
    folder : path
        Where they are, and the models.
    role : str
        Of `ROLES`.

    Returns
    -------
    list of path
        Datasets of stage 2 to learn from, of stage 3 of the other roles.
    """
    found = []
    for number, what, n_showers in ROLES[role]:
        dl2 = folder / f"{what.particle}{number}.dl2"
        full = dl2.with_suffix(".dl2-full")
        if role == "learn":
            _reconstructed(dl2, number, what, n_showers)
            found.append(dl2)
            continue
        found.append(full)
        if not _is_there(full):
            _reconstructed(dl2, number, what, n_showers)
            models = str(_models(folder))
            cta_columnar.run("stage3", input=dl2, output=full, models=models)
    return found


def _is_there(dataset: Path) -> bool:
    return (dataset / "manifest.json").exists()


def _reconstructed(dl2: Path, number: int, what: Simulated, n_showers: int) -> None:
    if _is_there(dl2):
        return
    dl2.parent.mkdir(parents=True, exist_ok=True)
    raw, dl1 = dl2.with_suffix(".simtel.zst"), dl2.with_suffix(".dl1")
    cta_columnar.run(
        "simulate",
        output=raw,
        overwrite=True,
        array="CTAO-North",
        particle=what.particle,
        energy=what.energy,
        index=what.index,
        viewcone=what.viewcone,
        scatter_radius=what.radius,
        reuse=what.reuse,
        zenith=20.0,
        azimuth=180.0,
        n_showers=n_showers,
        runs=[number],
        seed=number,
    )
    cta_columnar.run(
        "stage1", input=raw, output=dl1, overwrite=True, set="write.images=none"
    )
    cta_columnar.run("stage2", input=dl1, output=dl2, overwrite=True)
    # Gigabytes, that nothing here reads again.
    raw.unlink()


def _models(folder: Path) -> Path:
    models = folder / "models"
    if not (models / "training.json").exists():
        inputs: Iterable[Path] = produce(folder, "learn")
        settings = ("fraction=1", *_MODELS)
        cta_columnar.run("train", input=inputs, output=models, set=settings)
    return models
