"""Does every step of a chain find what it reads? Asked before anything runs."""

from collections.abc import Container, Iterable, Sequence

from cta_columnar import registry
from cta_columnar.errors import UserError, did_you_mean
from cta_columnar.registry import Algorithm
from cta_columnar.schemas import r0
from cta_columnar.schemas.columns import axes_of
from cta_columnar.stages.chain import Step

CONTEXT = frozenset({"camera", "coefficients", "subarray", "noise", "pedestal_std"})
_SOURCE = frozenset(
    [*r0.TELESCOPE_EVENTS.names, *r0.STORED_PIXELS.names, "pedestal_index"]
)
# Others set right what an earlier step wrote.
_ONLY_NEW = ("parameters", "muons", "true_parameters")


def check_wiring(steps: Sequence[Step], keep: Iterable[str]) -> None:
    """Check the steps of stage 1 against each other.

    Parameters
    ----------
    steps : sequence of Step
        In the order in which they run, on columns of `schemas.r0`.
    keep : iterable of str
        Columns that are written in the end.

    Raises
    ------
    UserError
        If a step reads what nothing before it writes, naming who does or the nearest
        name; if it writes what is there already, or parameters with axes; if a column
        is never written.
    """
    there = set(_SOURCE | CONTEXT)
    for position, step in enumerate(steps):
        algorithm = step.algorithm
        for name in algorithm.reads:
            if name not in there:
                advice = _advice(name, step, steps[position + 1 :], there)
                raise UserError(
                    f"{algorithm} reads {name!r}, which no step before it writes; "
                    f"{advice}"
                )
        taken = there if algorithm.kind in _ONLY_NEW else _SOURCE
        if twice := sorted(taken & set(algorithm.writes.names)):
            raise UserError(
                f"{algorithm} writes {', '.join(map(repr, twice))}, which is there "
                "already; choose another name"
            )
        if algorithm.kind in _ONLY_NEW:
            check_cells(algorithm)
        there |= set(algorithm.writes.names)
    if missing := sorted(set(keep) - there):
        names = ", ".join(str(step.algorithm) for step in steps)
        raise UserError(f"nothing writes {', '.join(missing)}; there are only {names}")


def check_reads(steps: Iterable[Step], there: Container[str], of: str) -> None:
    """Check that steps find what they read in data that are no raw data.

    Raises
    ------
    UserError
        If one reads what neither the data have nor a step before it writes.
    """
    written: set[str] = set()
    for step in steps:
        for name in step.algorithm.reads:
            if name not in there and name not in written:
                raise UserError(
                    f"{step.algorithm} reads {name!r}, which {of} do not have; give "
                    "the raw files, or what reduce made of them, as --input"
                )
        written |= set(step.algorithm.writes.names)


def check_cells(algorithm: Algorithm) -> None:
    """Check that cells are of one size on all telescopes, as in tables of parameters.

    Raises
    ------
    UserError
        If a column has an axis: cameras differ in the number of their pixels.
    """
    for field in algorithm.writes:
        if axes := axes_of(field):
            raise UserError(
                f"{algorithm} writes {field.name!r} with axes={axes}, which only "
                "images can have, for cameras differ in size; write one value per row, "
                "or declare a column of lists, column(..., pa.list_(...))"
            )


def _advice(
    name: str, reader: Step, later: Sequence[Step], there: Iterable[str]
) -> str:
    """Say who writes a column, if anybody does; else what it may have meant."""
    for step in later:
        if name in step.algorithm.writes.names:
            return f"put {step.algorithm.name} in front of it"
    writers = [
        registry.get(kind, other)
        for kind in registry.kinds()
        for other in registry.names(kind)
        if name in registry.get(kind, other).writes.names
    ]
    for writer in writers:
        if writer.kind == reader.algorithm.kind and writer != reader.algorithm:
            return f"add {writer.name} in front of it"
    if writers:
        return f"{writers[0]} does"
    return did_you_mean(name, there)
