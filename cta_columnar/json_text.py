"""JSON that people can read, one piece of a large file at a time."""

import json
from collections.abc import Iterator, Mapping


def indented(plain: object, depth: int = 0) -> str:
    """Encode as `json.dumps` does with sorted keys and an indent of 1.

    That one makes functions anew in each call, which keep each other alive until
    garbage is collected: too much for 300,000 pieces.

    Parameters
    ----------
    plain : object
        Plain data; keys are texts.
    depth : int
        How deep in the file it stands: its first line begins elsewhere.
    """
    if isinstance(plain, Mapping):
        return _enclosed("{", _members(plain, depth + 1), "}", depth)
    if isinstance(plain, list | tuple):
        return _enclosed("[", (indented(e, depth + 1) for e in plain), "]", depth)
    return json.dumps(plain)


def _members(plain: Mapping[str, object], depth: int) -> Iterator[str]:
    for key in sorted(plain):
        yield f"{json.dumps(key)}: {indented(plain[key], depth)}"


def _enclosed(begin: str, members: Iterator[str], end: str, depth: int) -> str:
    line = "\n" + " " * (depth + 1)
    inside = f",{line}".join(members)
    if not inside:
        return begin + end
    return f"{begin}{line}{inside}\n{' ' * depth}{end}"
