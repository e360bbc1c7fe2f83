"""Migration matrices of a dispersion, on any axes of energy."""

import astropy.units as u
import numpy as np
from pyirf.binning import resample_histogram1d
from pyirf.irf.energy_dispersion import energy_dispersion_to_migration

from cta_columnar.array_types import F8
from cta_columnar.errors import UserError
from cta_columnar.stages.irf.axes import Axis
from cta_columnar.stages.irf.component import Component

_WANTED = ("true_energy", "migration", "true_source_fov_offset")


def energy_migration_of(
    dispersion: Component, true_energy: Axis, reco_energy: Axis
) -> Component:
    """Resample an energy dispersion to a migration matrix, as pyirf does.

    All energies of a true bin count as its middle, so it should be narrow.

    Parameters
    ----------
    dispersion : Component
        ``energy_dispersion`` with axes true energy, migration and true offset.
    true_energy : Axis
        Within that of the dispersion, TeV.
    reco_energy : Axis
        TeV; shares beyond its range, or that of the migration, are in no bin.

    Returns
    -------
    component : Component
        ``energy_migration``. Its counts are what the shares of the resampled events of
        each true energy come to, its errors multinomial for these.

    Raises
    ------
    UserError
        If it is another component, or the true energies reach beyond its own.
    """
    names = tuple(axis.name for axis in dispersion.axes)
    if dispersion.name != "energy_dispersion" or names != _WANTED:
        raise UserError(
            f"wanted is the component 'energy_dispersion' with {', '.join(_WANTED)}, "
            f"not {dispersion.name!r} with {', '.join(names)}"
        )
    old_energy, migration, offset = dispersion.axes
    if true_energy.array[0] < old_energy.array[0] * (1 - 1e-9) or (
        true_energy.array[-1] > old_energy.array[-1] * (1 + 1e-9)
    ):
        raise UserError(
            f"true energies of {true_energy.array[0]:g} to {true_energy.array[-1]:g} "
            f"TeV are wanted; the dispersion is of {old_energy.array[0]:g} to "
            f"{old_energy.array[-1]:g} TeV"
        )
    resampled: F8 = energy_dispersion_to_migration(
        dispersion["energy_dispersion"],
        old_energy.array * u.TeV,
        migration.array,
        true_energy.array * u.TeV,
        reco_energy.array * u.TeV,
    )
    # Quadratic interpolation overshoots where there is nothing.
    share = np.clip(resampled, 0.0, 1.0)
    of_energy = dispersion["n_events"].sum(axis=1).astype(np.float64)
    events: F8 = resample_histogram1d(
        of_energy, old_energy.array, true_energy.array, axis=0
    )
    total = np.maximum(events, 0.0)[:, np.newaxis, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(share * (1 - share) / total)
    columns = {
        "energy_migration": share,
        "energy_migration_uncert": np.where(total > 0, error, 0.0),
        "n_events": np.rint(share * total).astype(np.int64),
    }
    axes = (true_energy, reco_energy, offset)
    return Component("energy_migration", axes, columns, dispersion.metadata)
