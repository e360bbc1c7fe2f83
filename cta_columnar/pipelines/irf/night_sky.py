"""The level of the night sky of an input, by the pattern of its folder."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatch
from pathlib import Path

from cta_columnar.errors import UserError


def night_sky(folder: Path, levels: Mapping[str, float]) -> float:
    """Return the level of an input: that of the first pattern of its folder, or 0."""
    pattern = _pattern_of(folder, levels)
    return 0.0 if pattern is None else levels[pattern]


def check_patterns(folders: Iterable[Path], levels: Mapping[str, float]) -> None:
    """Refuse patterns that say nothing of any input.

    Raises
    ------
    UserError
        If there is one.
    """
    known = sorted({path.absolute() for path in folders})
    used = {_pattern_of(folder, levels) for folder in known}
    idle = [pattern for pattern in levels if pattern not in used]
    if not idle:
        return
    taken = [
        f"those of {pattern!r} have the level of an earlier pattern"
        for pattern in idle
        if any(fnmatch(str(folder), pattern) for folder in known)
    ]
    listed = ", ".join(map(str, known))
    raise UserError(
        f"nsb: no input has the level of {', '.join(map(repr, idle))}; "
        + "".join(f"{each}; " for each in taken)
        + f"inputs are {listed}, and a pattern is of the whole path, as '*/moon/*'"
    )


def _pattern_of(folder: Path, levels: Mapping[str, float]) -> str | None:
    path = str(folder.absolute())
    return next((pattern for pattern in levels if fnmatch(path, pattern)), None)
