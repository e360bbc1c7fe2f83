"""Values of options that are more than one word of Python: lists and ranges."""

import typer

_MOST_RUNS = 100_000
"""A list of more is a slip; it would not fit into memory long before it is done."""


class Integers(tuple[int, ...]):
    """Whole numbers, as ``"1-4,7"`` or ``"1:4,7"`` writes them."""

    __slots__ = ()


class Range(tuple[float, ...]):
    """Lower and upper end, as ``"0.02:100"`` writes them."""

    __slots__ = ()


def telescope_ids(text: str) -> Integers:
    """Read ``"1-4,7"``.

    Raises
    ------
    typer.BadParameter
        If it is no list of ids, or an empty one.
    """
    ids: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        try:
            some = range(int(first), int(last if dash else first) + 1)
        except ValueError:
            raise _bad_telescopes(f"{text!r} is no list of telescope ids") from None
        if not some:
            raise _bad_telescopes(f"{part.strip()!r} begins behind its end")
        ids += some
    return Integers(ids)


def _bad_telescopes(what: str) -> typer.BadParameter:
    return typer.BadParameter(f"{what}; write e.g. 1-4,7")


def runs(text: str) -> Integers:
    """Read ``"1:20"``, both ends included, or ``"3,5"``.

    Raises
    ------
    typer.BadParameter
        If it names no runs, or far too many.
    """
    found: list[int] = []
    try:
        for part in text.split(","):
            first, _, last = part.partition(":")
            several = range(int(first), int(last or first) + 1)
            if not several or len(several) > _MOST_RUNS:
                raise ValueError(part)
            found += several
    except ValueError:
        what = f"{text!r} names no runs, or more than {_MOST_RUNS}"
        raise typer.BadParameter(f"{what}; write e.g. 1, or 1:20") from None
    return Integers(found)


def limits(text: str) -> Range:
    """Read ``"0.02:100"``.

    Raises
    ------
    typer.BadParameter
        If it is not two numbers.
    """
    try:
        low, high = map(float, text.split(":"))
    except ValueError:
        what = f"{text!r} is no range; write e.g. 0.02:100"
        raise typer.BadParameter(what) from None
    return Range((low, high))


def cone(text: str) -> Range:
    """Read ``"3:10"``, or ``"10"`` for a full cone; see `limits`."""
    return limits(text if ":" in text else f"0:{text}")
