"""Plain text in columns."""

from collections.abc import Collection, Iterator, Sequence


def columns(
    rows: Sequence[Sequence[str]],
    *,
    indent: str = "",
    right: Collection[int] = (),
) -> Iterator[str]:
    """Write rows with their cells below each other.

    Parameters
    ----------
    rows : sequence of sequence of str
        All of one length.
    indent : str
        In front of each line.
    right : collection of int
        Columns to write flush right, as numbers are.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            cell.rjust(width) if number in right else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield (indent + "  ".join(cells)).rstrip()


def in_bytes(size: float) -> str:
    """Write a number of bytes, e.g. ``"3.9 MB"``."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if size < 1000 or unit == "TB":
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    raise AssertionError(size)


def in_number(count: int, noun: str) -> str:
    """Write a number of things, e.g. ``"1 row"``, ``"24,000 rows"``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def in_seconds(seconds: float) -> str:
    """Write a time, e.g. ``"8 ms"``, ``"12.3 s"``, ``"2 h 03 min"``."""
    if 0 < seconds < 0.9995:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 120:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"
