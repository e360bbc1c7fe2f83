"""Named algorithms: a function, what it reads, its options, the columns it writes.

A physicist writes one function and a schema of its columns::

    @register("parameters", "brightest", writes=BRIGHTEST)
    def brightest(
        image: NDArray[np.float32],
        image_mask: NDArray[np.bool_],
        *,
        floor: Annotated[float, Option(unit="p.e.", doc="least charge", ge=0)] = 0.0,
    ) -> Columns:
        kept = np.where(image_mask & (image > floor), image, 0.0)
        return {"brightest_fraction": kept.max(axis=1) / kept.sum(axis=1)}

Positional parameters name input columns or context: ``subarray``, and in stage 1
``camera`` (the telescope type), ``coefficients`` and ``noise``. All their arrays are
read-only. Keyword parameters with defaults are the configuration keys. What is returned
has a row per input row and fits the types of the schema. Algorithms of installed
packages, this one included, are found through the entry points
``cta_columnar.algorithms``, those of a single file through `load_plugin`.
"""

from cta_columnar.options import Option, OptionSpec
from cta_columnar.registry.algorithm import Algorithm, Columns
from cta_columnar.registry.catalogue import (
    get,
    kinds,
    load_plugin,
    names,
    plugins,
    register,
)

__all__ = [
    "Algorithm",
    "Columns",
    "Option",
    "OptionSpec",
    "get",
    "kinds",
    "load_plugin",
    "names",
    "plugins",
    "register",
]
