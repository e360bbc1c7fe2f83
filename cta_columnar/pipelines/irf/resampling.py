"""Errors of products by the same products of resampled events."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from cta_columnar.array_types import AnyArray
from cta_columnar.config import IrfConfig
from cta_columnar.pipelines.irf.cells import Cell
from cta_columnar.pipelines.irf.events import RUN_KEY
from cta_columnar.pipelines.irf.fill import Filled
from cta_columnar.stages.irf.accumulator import Accumulator
from cta_columnar.stages.irf.bootstrap import resampled, with_bootstrap_errors
from cta_columnar.stages.irf.component import Component, NoEventsError
from cta_columnar.store import cell_name

Counts = Mapping[str, Accumulator]
Samples = Mapping[str, Mapping[str, AnyArray]]
Maker = Callable[[], dict[str, Component]]


@dataclass(frozen=True, eq=False)
class Products:
    """Products of a point and an event type.

    Attributes
    ----------
    components : mapping of str to Component
        By name.
    n_empty : mapping of str to int
        Resamplings that left no event for a product, by its name; none if all did.
    """

    components: Mapping[str, Component]
    n_empty: Mapping[str, int]


def with_resampled_errors(
    products: Mapping[str, Component],
    filled: Mapping[str, Filled],
    makers: Callable[[Counts, Samples], Iterable[Maker]],
    config: IrfConfig,
) -> Products:
    """Put the scatter of resamplings in place of errors by formulas.

    Parameters
    ----------
    products : mapping of str to Component
        Of the events as they are.
    filled : mapping of str to Filled
        What was counted, by particle.
    makers : callable
        From counts and samples to what makes these products of them.
    config : IrfConfig
        Says how many resamplings there are.
    """
    others = defaultdict[str, list[Component]](list)
    for number in range(config.bootstrap):
        counts = {name: each.resampled[number] for name, each in filled.items()}
        samples = {
            name: _redrawn(each.sample, config.seed, number)
            for name, each in filled.items()
        }
        for make in makers(counts, samples):
            try:
                made = make()
            except NoEventsError:
                # By chance none of a few events; it counts as no value.
                continue
            for name, component in made.items():
                others[name].append(component)
    components = {
        name: with_bootstrap_errors(each, others[name]).told(
            errors=f"{config.bootstrap} resamplings"
        )
        for name, each in products.items()
    }
    missing = {name: config.bootstrap - len(others[name]) for name in products}
    return Products(components, {name: n for name, n in missing.items() if n})


def _redrawn(
    sample: Mapping[str, AnyArray], seed: int, number: int
) -> dict[str, AnyArray]:
    rows = resampled(seed, number, sample[RUN_KEY], sample["event_id"])
    return {name: values[rows] for name, values in sample.items()}


def tell_empty(
    products: Mapping[Cell, Products], n_resamplings: int
) -> tuple[dict[Cell, Mapping[str, Component]], list[str]]:
    """Say of products, and to the user, which errors are of fewer resamplings.

    Parameters
    ----------
    products : mapping of (int, int) to Products
        By point and event type.
    n_resamplings : int
        How many there were.

    Returns
    -------
    components : dict of (int, int) to mapping of str to Component
        The metadata of a product is the same at all points.
    warnings : list of str
        One for each product.
    """
    told: dict[str, list[str]] = {}
    for cell, each in products.items():
        for name, n in each.n_empty.items():
            told.setdefault(name, []).append(f"{n} at {cell_name(cell)}")
    errors = {
        name: f"{n_resamplings} resamplings, less those without an event: "
        + ", ".join(several)
        for name, several in told.items()
    }
    components: dict[Cell, Mapping[str, Component]] = {
        cell: {
            name: component.told(errors=errors[name]) if name in errors else component
            for name, component in each.components.items()
        }
        for cell, each in products.items()
    }
    return components, [f"errors of {name}: {text}" for name, text in errors.items()]
