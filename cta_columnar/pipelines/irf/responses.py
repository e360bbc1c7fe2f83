"""Responses of a folder as components, for whoever observes or interpolates."""

from cta_columnar.stages.irf.component import Component
from cta_columnar.stages.irf.product_tables import from_table
from cta_columnar.store import ALL_TYPES, IrfDataset


def components_of(
    dataset: IrfDataset, point: int = 0, event_type: int = ALL_TYPES
) -> dict[str, Component]:
    """Read all products of a point and an event type.

    Parameters
    ----------
    dataset : IrfDataset
        From `cta_columnar.store.open_irf`.
    point : int
        Row of the grid.
    event_type : int
        Class of events; by default all together.

    Returns
    -------
    components : dict of str to Component
        By name, in the order of `schemas.irf.TABLES`.

    Raises
    ------
    StoreError
        If there is no such point or event type.
    """
    return {
        name: from_table(dataset.read(name, point, event_type))
        for name in dataset.products
    }
