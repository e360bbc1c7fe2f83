"""The algorithms of the registry as text."""

import json
from collections.abc import Iterator

from cta_columnar import registry
from cta_columnar.errors import UserError, did_you_mean
from cta_columnar.registry import Algorithm


def listing(kind: str | None) -> Iterator[str]:
    """List all algorithms, or those of a kind with their options.

    Raises
    ------
    UserError
        If there is no such kind.
    """
    if kind is not None and kind not in registry.kinds():
        hint = did_you_mean(kind, registry.kinds())
        raise UserError(f"no algorithms of kind {kind!r}; {hint}")
    for each in registry.kinds() if kind is None else (kind,):
        names = registry.names(each)
        yield f"{each}:"
        width = max(map(len, names))
        for name in names:
            algorithm = registry.get(each, name)
            yield f"  {name.ljust(width)}  {algorithm.doc}"
            if kind is not None:
                yield from _options(algorithm)


def _options(algorithm: Algorithm) -> Iterator[str]:
    for name, spec in algorithm.options.items():
        unit = f" [{spec.unit}]" if spec.unit else ""
        words = "; ".join(each for each in (spec.doc, spec.range) if each)
        # As it is written in a configuration.
        default = spec.default
        text = default if isinstance(default, str) else json.dumps(default)
        yield f"      {name} = {text}{unit}  {words}"
