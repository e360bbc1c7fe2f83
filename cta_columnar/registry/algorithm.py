"""One algorithm: a function with its inputs, options and outputs known."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from cta_columnar.errors import UserError, did_you_mean
from cta_columnar.options import OptionSpec, option_specs

if TYPE_CHECKING:
    import pyarrow as pa

    from cta_columnar.array_types import AnyArray
    from cta_columnar.registry.outputs import OutputColumn

    Columns = Mapping[str, AnyArray]
else:
    # No array library is loaded for a look at names and options.
    Columns = Mapping[str, Any]


# Of options that are complete; raises `UserError`.
OptionCheck = Callable[[Mapping[str, Any]], None]

_NO_ROWS: Mapping[str, int] = {}

# Options of all algorithms of a kind: for whoever runs them, the function does not see
# them.
COMMON_OPTIONS: Mapping[str, Mapping[str, OptionSpec]] = {
    "reconstructor": {
        "quality": OptionSpec(
            "quality",
            tuple[dict[str, str], ...] | None,
            None,
            doc='cuts of its own, a list of "name: expression" as under quality; null: '
            "the common ones",
        )
    }
}


@dataclass(frozen=True)
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
        The configuration keys, `COMMON_OPTIONS` of its kind among them.
    writes : pyarrow.Schema
        The columns it returns.
    plugin : pathlib.Path, optional
        The single file it came from.
    check : callable, optional
        Takes all options; raises `UserError` if they do not fit each other.
    """

    kind: str
    name: str
    func: Callable[..., Columns]
    reads: tuple[str, ...]
    options: Mapping[str, OptionSpec]
    writes: "pa.Schema"
    plugin: Path | None = None
    check: OptionCheck | None = None

    @classmethod
    def from_function(
        cls,
        kind: str,
        name: str,
        func: Callable[..., Columns],
        writes: "pa.Schema",
        check: "OptionCheck | None" = None,
    ) -> "Algorithm":
        """Read inputs and options off the signature."""
        parameters = inspect.signature(func).parameters.values()
        reads = tuple(p.name for p in parameters if p.kind is not p.KEYWORD_ONLY)
        options, common = option_specs(func), COMMON_OPTIONS.get(kind, {})
        if taken := sorted(options.keys() & common.keys()):
            raise TypeError(
                f"{func.__qualname__}: every {kind} has the option {taken[0]!r} already"
            )
        every = MappingProxyType({**options, **common})
        return cls(kind, name, func, reads, every, writes, check=check)

    @property
    def doc(self) -> str:
        """First line of the function's docstring."""
        return (inspect.getdoc(self.func) or "").partition("\n")[0]

    def validate_options(self, options: Mapping[str, object]) -> dict[str, Any]:
        """Check options and fill in the defaults, in the order of the signature.

        Raises
        ------
        UserError
            For an unknown option, naming the nearest known one, or a bad value; for
            options that do not fit each other.
        """
        for key in options:
            if key not in self.options:
                hint = did_you_mean(key, self.options)
                raise UserError(f"{key}: {self.name} has no such option; {hint}")
        complete = {
            key: spec.validate(options[key]) if key in options else spec.default
            for key, spec in self.options.items()
        }
        if self.check is not None:
            self.check(complete)
        return complete

    def run(
        self,
        columns: Mapping[str, Any],
        context: Mapping[str, object],
        options: Mapping[str, Any],
        n_rows: Mapping[str, int] = _NO_ROWS,
    ) -> Columns:
        """Call the function on arrays of one batch.

        Parameters
        ----------
        columns : mapping of str to numpy.ndarray
            The columns computed so far, rows along the first axis. The function sees
            them read-only.
        context : mapping of str to object
            What is not a column (``camera``, ``subarray``); comes before a column of
            the same name.
        options : mapping of str to object
            As `validate_options` returned them.
        n_rows : mapping of str to int
            Rows that the columns returned must have, where it is known.

        Returns
        -------
        mapping of str to array
            The columns of ``writes``, in its types.

        Raises
        ------
        KeyError
            If an input is neither in the columns nor in the context.
        ValueError
            If what the function returns does not fit ``writes``.
        UserError
            If the function is not one of ours and fails: that is no fault of ours.
        """
        # As above: names and options need no array library.
        from cta_columnar.registry import outputs  # noqa: PLC0415

        missing = [n for n in self.reads if n not in context and n not in columns]
        if missing:
            there = sorted({*columns, *context})
            raise KeyError(f"{self} reads {missing}, but there is only {there}")
        inputs = [
            context[n] if n in context else outputs.read_only(columns[n])
            for n in self.reads
        ]
        common = COMMON_OPTIONS.get(self.kind, {})
        own = {key: value for key, value in options.items() if key not in common}
        try:
            found = self.func(*inputs, **own)
            return outputs.fit(found, self._outputs, n_rows)
        except Exception as error:
            if self._is_ours:
                raise
            is_worded = isinstance(error, outputs.OutputError)
            what = f": {error}" if is_worded else f" failed: {error!r}{_hint(error)}"
            raise UserError(f"{self} of {self._origin}{what}") from error

    @cached_property
    def _outputs(self) -> tuple["OutputColumn", ...]:
        from cta_columnar.registry.outputs import outputs_of  # noqa: PLC0415

        return outputs_of(self.writes)

    @property
    def _is_ours(self) -> bool:
        return self.func.__module__.startswith(f"{__name__.partition('.')[0]}.")

    @property
    def _origin(self) -> str:
        return f"the plugin {self.plugin}" if self.plugin else self.func.__module__

    def __str__(self) -> str:
        return f"{self.kind} {self.name!r}"


def _hint(error: Exception) -> str:
    """Say what to do where NumPy and numba only say what they refuse."""
    text = str(error).lower()
    if "read-only" in text or "readonly" in text:
        return "; inputs are shared with other algorithms, write into a copy of yours"
    return ""
