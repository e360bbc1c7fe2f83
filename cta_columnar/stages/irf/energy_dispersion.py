"""How reconstructed energies spread: energy dispersion and migration matrix."""

from cta_columnar.stages.irf.accumulator import Histogram
from cta_columnar.stages.irf.component import (
    Component,
    along,
    place_of,
    require_events,
    shares,
)


def energy_dispersion(selected: Histogram) -> Component:
    """Density of reconstructed over true energy, in bins of everything else.

    Parameters
    ----------
    selected : Histogram
        Unweighted events, with an axis ``migration``.

    Returns
    -------
    component : Component
        Its integral over the migration is 1, whatever lies outside of the axis; it is 0
        where there are no events.

    Raises
    ------
    UserError
        If there is not a single event, or no such axis.
    """
    axis = place_of(selected, "migration")
    require_events(selected)
    share, error = shares(selected.n, axis)
    width = along(selected.spec.axes[axis].width, selected, "migration")
    columns = {
        "energy_dispersion": share / width,
        "energy_dispersion_uncert": error / width,
        "n_events": selected.n,
    }
    return Component("energy_dispersion", selected.spec.axes, columns)


def energy_migration(selected: Histogram) -> Component:
    """Share of events in each bin of reconstructed energy, in bins of everything else.

    Parameters
    ----------
    selected : Histogram
        Unweighted events, with an axis ``reco_energy``.

    Raises
    ------
    UserError
        If there is not a single event, or no such axis.
    """
    axis = place_of(selected, "reco_energy")
    require_events(selected)
    share, error = shares(selected.n, axis)
    columns = {
        "energy_migration": share,
        "energy_migration_uncert": error,
        "n_events": selected.n,
    }
    return Component("energy_migration", selected.spec.axes, columns)
