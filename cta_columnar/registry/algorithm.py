"""One algorithm: a function with its inputs, options and outputs known."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cta_columnar.errors import UserError, did_you_mean
from cta_columnar.options import OptionSpec, option_specs

if TYPE_CHECKING:
    import pyarrow as pa

    from cta_columnar.array_types import AnyArray

    Columns = Mapping[str, AnyArray]
else:
    # No array library is loaded for a look at names and options.
    Columns = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Algorithm:
    """An entry of the registry; pickles by name, so it travels to any worker.

    Attributes
    ----------
    kind, name : str
        What it is looked up by, e.g. ``"extractor"``, ``"NeighborPeakWindowSum"``.
    func : callable
        Takes ``reads`` by position, ``options`` by keyword; returns its columns.
    reads : tuple of str
        Names of input columns and of context.
    options : mapping of str to OptionSpec
        The configuration keys.
    writes : pyarrow.Schema
        The columns it returns.
    plugin : pathlib.Path, optional
        The single file it came from.
    """

    kind: str
    name: str
    func: Callable[..., Columns]
    reads: tuple[str, ...]
    options: Mapping[str, OptionSpec]
    writes: "pa.Schema"
    plugin: Path | None = None

    @classmethod
    def from_function(
        cls, kind: str, name: str, func: Callable[..., Columns], writes: "pa.Schema"
    ) -> "Algorithm":
        """Read inputs and options off the signature."""
        parameters = inspect.signature(func).parameters.values()
        reads = tuple(p.name for p in parameters if p.kind is not p.KEYWORD_ONLY)
        return cls(kind, name, func, reads, option_specs(func), writes)

    @property
    def doc(self) -> str:
        """First line of the function's docstring."""
        return (inspect.getdoc(self.func) or "").partition("\n")[0]

    def validate_options(self, options: Mapping[str, object]) -> dict[str, Any]:
        """Check options and fill in the defaults, in the order of the signature.

        Raises
        ------
        UserError
            For an unknown option, naming the nearest known one, or a bad value.
        """
        for key in options:
            if key not in self.options:
                hint = did_you_mean(key, self.options)
                raise UserError(f"{key}: {self.name} has no such option; {hint}")
        return {
            key: spec.validate(options[key]) if key in options else spec.default
            for key, spec in self.options.items()
        }

    def run(
        self,
        columns: Mapping[str, Any],
        context: Mapping[str, object],
        options: Mapping[str, Any],
    ) -> Columns:
        """Call the function on arrays of one batch.

        Parameters
        ----------
        columns : mapping of str to numpy.ndarray
            The columns computed so far, rows along the first axis.
        context : mapping of str to object
            What is not a column (``camera``, ``subarray``); comes before a column of
            the same name.
        options : mapping of str to object
            As `validate_options` returned them.

        Raises
        ------
        KeyError
            If an input is neither in the columns nor in the context.
        ValueError
            If the columns returned are not those of ``writes``.
        UserError
            If it comes from a plugin and fails: not a fault of ours.
        """
        missing = [n for n in self.reads if n not in context and n not in columns]
        if missing:
            there = sorted({*columns, *context})
            raise KeyError(f"{self} reads {missing}, but there is only {there}")
        inputs = [context[n] if n in context else columns[n] for n in self.reads]
        try:
            outputs = self.func(*inputs, **options)
            if outputs.keys() != set(self.writes.names):
                raise ValueError(
                    f"{self} returned the columns {sorted(outputs)}, "
                    f"but its schema has {sorted(self.writes.names)}"
                )
        except Exception as error:
            if self.plugin is None:
                raise
            text = f"{self} of the plugin {self.plugin} failed: {error!r}"
            raise UserError(text) from error
        return outputs

    def __str__(self) -> str:
        return f"{self.kind} {self.name!r}"
