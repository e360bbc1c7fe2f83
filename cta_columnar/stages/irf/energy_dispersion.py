"""How reconstructed energies spread: energy dispersion and migration matrix."""

from cta_columnar.stages.irf.component import Component, share_component
from cta_columnar.stages.irf.histogram import Histogram


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
    return share_component(
        "energy_dispersion", selected, "migration", lambda axis: axis.width
    )


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
    return share_component("energy_migration", selected, "reco_energy")
