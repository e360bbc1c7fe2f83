"""Which function trains which section."""

from collections.abc import Callable, Mapping

from cta_columnar.stages.training.session import Session
from cta_columnar.stages.training.tasks_of_events import (
    train_direction_error,
    train_energy_error,
)
from cta_columnar.stages.training.tasks_of_images import (
    train_disp,
    train_disp_uncert,
    train_energy,
    train_energy_uncert,
    train_particle,
)

TRAINERS: Mapping[str, Callable[[Session], None]] = {
    "energy": train_energy,
    "particle": train_particle,
    "disp": train_disp,
    "energy_uncert": train_energy_uncert,
    "disp_uncert": train_disp_uncert,
    "energy_error": train_energy_error,
    "direction_error": train_direction_error,
}
"""By section."""
